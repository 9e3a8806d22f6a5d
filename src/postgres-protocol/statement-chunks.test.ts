/** The same events whatever the chunks; any bytes at all without a throw and within the limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatenate, frame } from './bytes.ts'
import { chunkSizes, client, cutInto, fromClient, fromServer, recordingAssembler, server, type Turn } from './messages.fixture.ts'

const name = fc.constantFrom('', 'a', 'b')
const sql = fc.oneof(
  fc.constantFrom('select 1', '', "insert 'é'"),
  fc.string({ minLength: 200, maxLength: 400 }).map((text) => text.replaceAll('\0', '')),
)
const value = fc.oneof(fc.constant(null), fc.string(), fc.uint8Array({ maxLength: 90 }))

const clientMessage = fc.oneof(
  sql.map(client.query),
  fc.tuple(name, sql).map(([statement, text]) => client.parse(statement, text)),
  fc
    .tuple(name, name, fc.array(value, { maxLength: 4 }), fc.array(fc.constantFrom(0, 1), { maxLength: 4 }))
    .map(([portal, statement, values, formats]) => client.bind(portal, statement, values, formats)),
  name.map((portal) => client.execute(portal)),
  fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map(([kind, target]) => client.close(kind, target)),
  fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map(([kind, target]) => client.describe(kind, target)),
  fc.constantFrom(
    client.sync(),
    client.sync(),
    client.flush(),
    client.copyData('data'),
    client.copyDone(),
    client.copyFail('no'),
    client.terminate(),
  ),
  fc.array(value, { maxLength: 3 }).map((values) => client.functionCall(7, values)),
  fc.uint8Array({ maxLength: 20 }).map((body) => frame('p', body)),
)

const serverMessage = fc.oneof(
  fc.constantFrom(
    server.parsed(),
    server.bound(),
    server.closed(),
    server.rowDescription(),
    server.noData(),
    server.empty(),
    server.suspended(),
  ),
  fc.constantFrom(server.ready('idle'), server.ready('idle'), server.ready('in-transaction'), server.ready('failed-transaction')),
  fc.constantFrom(server.copyIn(), server.copyOut(), server.copyData('data'), server.copyDone(), server.functionResult('1')),
  fc.constantFrom(server.row('1', null), server.row('x'.repeat(300)), server.complete('SELECT 2'), server.complete('SELECT')),
  fc.constantFrom(server.notice('hello'), server.notification(), server.error('42601', 'no'), server.error('57P01', 'x'.repeat(9000))),
  fc.uint8Array({ maxLength: 20 }).map((body) => frame('Y', body)),
)

const turn = fc.oneof(
  fc.array(clientMessage, { minLength: 1, maxLength: 12 }).map((messages) => fromClient(...messages)),
  fc.array(serverMessage, { minLength: 1, maxLength: 12 }).map((messages) => fromServer(...messages)),
)

/** Limits small enough to be hit; a clock that stands still, since the chunks decide how often it is looked at. */
const options = { sqlBytesMax: 150, parametersBytesMax: 100, preparedBytesMax: 4000, now: () => 0 }

function eventsOf(turns: readonly Turn[], cut: (bytes: Uint8Array) => readonly Uint8Array[]): readonly unknown[] {
  const { assembler, events } = recordingAssembler(options)
  for (const { from, messages } of turns) {
    for (const chunk of cut(concatenate(messages))) {
      if (from === 'client') assembler.frontend(chunk)
      else assembler.backend(chunk)
      // What was a chunk may be anything by the next call.
      chunk.fill(0x5a)
    }
  }
  assembler.end()
  return events
}

test('the events are the same in any chunking', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), chunkSizes, (turns, sizes) => {
      const whole = eventsOf(turns, (bytes) => [bytes.slice()])
      assert.deepEqual(
        eventsOf(turns, (bytes) => cutInto(bytes, sizes)),
        whole,
      )
      assert.deepEqual(
        eventsOf(turns, (bytes) => cutInto(bytes, [1])),
        whole,
      )
    }),
    { numRuns: 150 },
  )
})

test('whatever is said, each statement begins once, ends once and in between', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
      const { assembler, begun, finished, events } = recordingAssembler(options)
      for (const { from, messages } of turns) {
        for (const message of messages) {
          if (from === 'client') assembler.frontend(message)
          else assembler.backend(message)
          assert.ok(assembler.heldBytes >= 0 && assembler.heldBytes <= options.preparedBytesMax)
        }
      }
      assembler.end()
      assembler.end()
      assert.deepEqual(
        begun().map(({ index }) => index),
        Array.from(begun(), (_, index) => index),
      )
      assert.deepEqual(
        finished()
          .map(({ index }) => index)
          .sort((left, right) => left - right),
        begun().map(({ index }) => index),
      )
      const open = new Set<number>()
      for (const event of events) {
        if ('begun' in event) open.add(event.begun.index)
        if ('finished' in event) assert.ok(open.delete(event.finished.index))
      }
      for (const { rows, serverBytes, clientBytes } of finished()) assert.ok(rows >= 0 && serverBytes >= 0 && clientBytes >= 0)
    }),
    { numRuns: 300 },
  )
})

test('no bytes make it throw, and each direction surprises at most once', () => {
  const chunk = fc.oneof(fc.uint8Array({ maxLength: 100 }), clientMessage, serverMessage)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), chunk), { maxLength: 40 }), (chunks) => {
      const { assembler, surprises } = recordingAssembler(options)
      for (const [isClient, bytes] of chunks) {
        if (isClient) assembler.frontend(bytes.slice())
        else assembler.backend(bytes.slice())
      }
      assembler.end()
      const directions = surprises().map(({ direction }) => direction)
      assert.equal(new Set(directions).size, directions.length)
      assert.ok(assembler.heldBytes <= options.preparedBytesMax)
    }),
    { numRuns: 500 },
  )
})

const surprises: readonly (readonly [sentence: string, bytes: Uint8Array, reason: string])[] = [
  ["Redshift's compression acknowledgement", frame('z', new Uint8Array(4)), 'a compressed message of type "z"'],
  ["Redshift's compression method", frame('k', new Uint8Array(1)), 'a compressed message of type "k"'],
  ["Redshift's compressed data", frame('m', new Uint8Array(100)), 'a compressed message of type "m"'],
  ['a length under four', new Uint8Array([0x44, 0, 0, 0, 3]), 'a message of type "D" with the impossible length of 3 bytes'],
  [
    'a length over two gibibytes',
    new Uint8Array([0x44, 0x80, 0, 0, 0]),
    'a message of type "D" with the impossible length of more than 2147483647 bytes',
  ],
  ['a type that is no letter', new Uint8Array([0x16, 0, 0, 0, 8]), 'a message of the impossible type 0x16'],
  ['a ReadyForQuery of five bytes', frame('Z', new Uint8Array(5)), 'a message of type "Z" with the impossible length of 9 bytes'],
]

for (const [sentence, bytes, reason] of surprises) {
  test(`${sentence} switches off the server's direction, and statements go on being told`, () => {
    const { assembler, begun, finished, surprises: told } = recordingAssembler()
    assembler.backend(server.ready('idle'))
    assembler.frontend(client.query('before'))
    assembler.backend(concatenate([server.row('1'), bytes, server.row('2')]))
    assembler.frontend(concatenate([client.query('after'), client.parse('', 'later'), client.bind('', ''), client.execute('')]))
    assembler.backend(concatenate([server.complete('SELECT 2'), server.ready('idle'), bytes]))
    assert.deepEqual(told(), [{ direction: 'backend', reason }])
    assert.deepEqual(
      begun().map(({ sql: text }) => text),
      ['before', 'after', 'later'],
    )
    assert.deepEqual(
      finished().map(({ outcome, rows }) => [outcome, rows]),
      [
        ['unknown', 1],
        ['unknown', 0],
        ['unknown', 0],
      ],
    )
  })
}

test("bytes that are no messages switch off the client's direction only", () => {
  const { assembler, finished, surprises: told } = recordingAssembler()
  assembler.backend(server.ready('idle'))
  assembler.frontend(concatenate([client.query('select 1'), new Uint8Array([0, 0, 0, 0, 0]), client.query('select 2')]))
  assembler.backend(concatenate([server.row('1'), server.complete('SELECT 1'), server.ready('idle')]))
  assert.equal(told().length, 1)
  assert.equal(told()[0]?.direction, 'frontend')
  assert.deepEqual(
    finished().map(({ outcome, rows }) => [outcome, rows]),
    [['ok', 1]],
  )
})

test('a client that is never answered is bounded', () => {
  const { assembler, finished, surprises: told } = recordingAssembler()
  const messages = concatenate(Array.from({ length: 1000 }, () => client.query('q')))
  for (let count = 0; count < 70; count++) assembler.frontend(messages)
  assert.deepEqual(told(), [{ direction: 'backend', reason: 'no answer to 65537 messages' }])
  assert.equal(finished().length, 70_000)
})
