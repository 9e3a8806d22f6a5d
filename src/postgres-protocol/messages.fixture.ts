/** Messages as clients and servers write them, and a recorder of what the assembler makes of them; for tests. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatenate, cString, frame, uint32 } from './bytes.ts'
import { writeErrorResponse, writeReadyForQuery } from './door.ts'
import { createStatementAssembler, type StatementAssemblerOptions, type Surprise } from './statement-assembler.ts'
import type { StatementBegun, StatementFinished } from './statement.ts'

const uint16 = (value: number): Uint8Array => new Uint8Array([value >> 8, value])
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

export function sizedValue(value: string | null | Uint8Array): Uint8Array {
  if (value === null) return uint32(0xffff_ffff)
  const bytes = typeof value === 'string' ? utf8(value) : value
  return concatenate([uint32(bytes.length), bytes])
}

/** What stands between the names and the result formats of Bind. */
export function valuesBlock(formats: readonly number[], values: readonly (string | null | Uint8Array)[]): Uint8Array {
  return concatenate([uint16(formats.length), ...formats.map(uint16), uint16(values.length), ...values.map(sizedValue)])
}

export const client = {
  query: (sql: string) => frame('Q', cString(sql)),
  parse: (name: string, sql: string) => frame('P', cString(name), cString(sql), uint16(0)),
  bind: (portal: string, statement: string, values: readonly (string | null | Uint8Array)[] = [], formats: readonly number[] = []) =>
    frame('B', cString(portal), cString(statement), valuesBlock(formats, values), uint16(0)),
  describe: (kind: 'S' | 'P', name: string) => frame('D', cString(kind + name)),
  execute: (portal: string, rowsMax = 0) => frame('E', cString(portal), uint32(rowsMax)),
  close: (kind: 'S' | 'P', name: string) => frame('C', cString(kind + name)),
  sync: () => frame('S'),
  flush: () => frame('H'),
  copyData: (text: string) => frame('d', utf8(text)),
  copyDone: () => frame('c'),
  copyFail: (reason: string) => frame('f', cString(reason)),
  functionCall: (objectId: number, values: readonly (string | null | Uint8Array)[], formats: readonly number[] = []) =>
    frame('F', uint32(objectId), valuesBlock(formats, values), uint16(0)),
  terminate: () => frame('X'),
}

export const server = {
  parsed: () => frame('1'),
  bound: () => frame('2'),
  closed: () => frame('3'),
  row: (...values: readonly (string | null)[]) => frame('D', uint16(values.length), ...values.map(sizedValue)),
  rowDescription: () => frame('T', uint16(1), cString('a'), new Uint8Array(18)),
  parameterDescription: () => frame('t', uint16(0)),
  noData: () => frame('n'),
  complete: (tag: string) => frame('C', cString(tag)),
  empty: () => frame('I'),
  suspended: () => frame('s'),
  copyIn: () => frame('G', new Uint8Array(3)),
  copyOut: () => frame('H', new Uint8Array(3)),
  copyData: (text: string) => frame('d', utf8(text)),
  copyDone: () => frame('c'),
  functionResult: (value: string) => frame('V', sizedValue(value)),
  notice: (message: string) => concatenate([frame('N', cString(`M${message}`), new Uint8Array(1))]),
  notification: () => frame('A', uint32(1), cString('channel'), cString('payload')),
  error: (sqlState: string, message: string) => writeErrorResponse({ severity: 'ERROR', sqlState, message }),
  ready: writeReadyForQuery,
}

export function newHash() {
  const hash = createHash('sha256')
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
}

export type Event = { readonly begun: StatementBegun } | { readonly finished: StatementFinished } | { readonly surprise: Surprise }

/** An assembler that writes down what it tells; its clock moves by one millisecond at each look, unless told otherwise. */
export function recordingAssembler(options: Partial<StatementAssemblerOptions> = {}) {
  const events: Event[] = []
  let milliseconds = 0
  const assembler = createStatementAssembler({
    sqlBytesMax: 1000,
    parametersBytesMax: 1000,
    preparedBytesMax: 100_000,
    createHash: newHash,
    now: () => milliseconds++,
    onBegun: (begun) => events.push({ begun }),
    onFinished: (finished) => events.push({ finished }),
    onSurprise: (surprise) => events.push({ surprise }),
    ...options,
  })
  return {
    assembler,
    events,
    begun: () => events.flatMap((event) => ('begun' in event ? [event.begun] : [])),
    finished: () => events.flatMap((event) => ('finished' in event ? [event.finished] : [])),
    surprises: () => events.flatMap((event) => ('surprise' in event ? [event.surprise] : [])),
  }
}

export interface Turn {
  readonly from: 'client' | 'server'
  readonly messages: readonly Uint8Array[]
}

/** A session after its startup phase, played message by message. */
export function play(turns: readonly Turn[], options: Partial<StatementAssemblerOptions> = {}) {
  const recording = recordingAssembler(options)
  recording.assembler.backend(server.ready('idle'))
  for (const { from, messages } of turns) {
    for (const message of messages) {
      if (from === 'client') recording.assembler.frontend(message)
      else recording.assembler.backend(message)
    }
  }
  return recording
}

export const fromClient = (...messages: readonly Uint8Array[]): Turn => ({ from: 'client', messages })
export const fromServer = (...messages: readonly Uint8Array[]): Turn => ({ from: 'server', messages })

/** One line for each statement: text, values, outcome, rows, tag or SQLSTATE. */
export function summary(recording: ReturnType<typeof recordingAssembler>): readonly string[] {
  const finished = new Map(recording.finished().map((each) => [each.index, each]))
  return recording.begun().map(({ index, sql, parameters }) => {
    const end = finished.get(index)
    const values = parameters === undefined || parameters.length === 0 ? '' : ` ${JSON.stringify(parameters)}`
    if (end === undefined) return `${sql}${values}: open`
    return `${sql}${values}: ${[end.outcome, end.rows, end.commandTag ?? end.sqlState ?? '-'].join(' ')}`
  })
}

/** Sizes of chunks, to be used again and again; small ones are the interesting ones. */
export const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 400 })), {
  minLength: 1,
  maxLength: 8,
})

/** Copies of the pieces, so that whoever keeps a view of one is found out. */
export function cutInto(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(bytes.slice(offset, offset + size))
    offset += size
  }
  return pieces
}

/** A sentence, what was said, and the statements it shows. */
export type Conversation = readonly [sentence: string, turns: readonly Turn[], statements: readonly string[]]

export function testConversations(conversations: readonly Conversation[]): void {
  for (const [sentence, turns, statements] of conversations) {
    test(sentence, () => {
      const recording = play(turns)
      recording.assembler.end()
      assert.deepEqual(summary(recording), statements)
      assert.deepEqual(recording.surprises(), [])
      assert.equal(recording.finished().length, statements.length)
    })
  }
}
