/** The relay between a client and a database: what goes in comes out, records come first, and no end leaves anything behind. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PortunusError, toHex, type Clock } from '#foundation'
import {
  createBackendKeyRewriter,
  readErrorFields,
  writeBackendKeyData,
  writeErrorResponse,
  writeParameterStatus,
  writeReadyForQuery,
  type BackendKeyRewriter,
} from '#postgres-protocol'
import { endWith } from '#tunnel'
import { atEndOfTurn, nodeClock } from '#world'
import { openAuditTurn } from './audit-turn.ts'
import { relay, type RelayEnd } from './relay.ts'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { inMemory, overTcp, readAll, readBytes, settled, type OpenStreamPair } from './testing/stream-pair.ts'

interface RigOptions {
  readonly pair?: OpenStreamPair
  readonly firstServerBytes?: Uint8Array
  /** Whether a chunk holds a statement. */
  readonly isStatement?: (chunk: Uint8Array) => boolean
  readonly flush?: () => void
  readonly atEndOfTurn?: (callback: () => void) => void
  readonly clock?: Clock
}

interface Rig {
  readonly client: Duplex
  readonly database: Duplex
  readonly end: Promise<RelayEnd>
  readonly unrecorded: unknown[]
  readonly rewriter: BackendKeyRewriter
  readonly ready: () => number
  readonly tapped: { frontend: number; backend: number }
}

async function openRig(options: RigOptions = {}): Promise<Rig> {
  const pair = options.pair ?? inMemory
  const [client, database] = [await pair(), await pair()]
  const unrecorded: unknown[] = []
  const tapped = { frontend: 0, backend: 0 }
  let ready = 0
  const journal = { flushSync: options.flush ?? (() => {}) }
  const rewriter = createBackendKeyRewriter({ mint: (length) => new Uint8Array(length).fill(0xee) })
  const end = relay({
    client: client.near,
    database: database.near,
    firstServerBytes: options.firstServerBytes ?? writeReadyForQuery('idle'),
    tap: {
      frontend(chunk) {
        tapped.frontend += chunk.length
        return options.isStatement?.(chunk) ?? false
      },
      backend: (chunk) => void (tapped.backend += chunk.length),
      missing: () => 0,
    },
    rewriter,
    turn: openAuditTurn(journal, options.atEndOfTurn ?? atEndOfTurn),
    clock: options.clock ?? nodeClock,
    onReady: () => void (ready += 1),
    onUnrecorded(error) {
      unrecorded.push(error)
      endWith(client.near, writeErrorResponse({ severity: 'FATAL', sqlState: '58030', message: 'not recorded' }), nodeClock)
    },
  })
  if (options.firstServerBytes === undefined) await readBytes(client.far, writeReadyForQuery('idle').length)
  return { client: client.far, database: database.far, end, unrecorded, rewriter, ready: () => ready, tapped }
}

/** Writes with back-pressure, in the chunks given, with pauses between some of them. */
async function writeChunks(stream: Duplex, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
    else if (chunk.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

const chunksOfBytes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 20 })

for (const [name, pair] of [
  ['in memory', inMemory],
  ['over TCP', overTcp],
] as const) {
  test(`bytes out are bytes in, whatever their chunks and wherever the statements are (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(chunksOfBytes, chunksOfBytes, async (questions, answers) => {
        const rig = await openRig({ pair, isStatement: (chunk) => (chunk[0] ?? 0) % 3 === 0 })
        const reading = readAll(rig.database)
        const answering = readAll(rig.client)
        const asking = writeChunks(rig.client, questions).then(() => rig.client.end())
        await Promise.all([asking, writeChunks(rig.database, answers)])
        const asked = await reading
        rig.database.end() // as with PostgreSQL, the server goes when the client has gone
        const answered = await answering
        assert.ok(asked.equals(Buffer.concat(questions)))
        assert.ok(answered.equals(Buffer.concat(answers)))
        assert.equal(rig.tapped.frontend, asked.length)
        assert.equal(rig.tapped.backend, answered.length + writeReadyForQuery('idle').length)
        assert.equal((await rig.end).error, undefined)
      }),
      { numRuns: name === 'in memory' ? 60 : 20 },
    )
  })
}

describe('a statement', () => {
  const isStatement = (chunk: Uint8Array): boolean => chunk[0] === 0x51
  const statement = Buffer.from('Q select 1')

  test('goes on only after its record is on disk', async () => {
    const turns: (() => void)[] = []
    const order: string[] = []
    const rig = await openRig({ isStatement, atEndOfTurn: (run) => turns.push(run), flush: () => order.push('flushed') })
    rig.database.on('data', (chunk: Buffer) => order.push(chunk.toString()))
    rig.client.write(statement)
    await settled()
    assert.deepEqual(order, [])
    turns.shift()?.()
    await settled()
    assert.deepEqual(order, ['flushed', 'Q select 1'])
  })

  test('holds back what comes behind it, also what needs no record', async () => {
    const turns: (() => void)[] = []
    const rig = await openRig({ isStatement, atEndOfTurn: (run) => turns.push(run) })
    rig.client.write('first,')
    assert.equal((await readBytes(rig.database, 6)).toString(), 'first,')
    for (const text of ['Q second,', 'third,', 'Q fourth,', 'fifth']) {
      rig.client.write(text)
      await settled()
    }
    rig.client.end()
    await settled()
    assert.equal(rig.database.readableLength, 0)
    assert.equal(turns.length, 1)
    turns.shift()?.()
    assert.equal((await readAll(rig.database)).toString(), 'Q second,third,Q fourth,fifth')
  })

  test('shares one write with the statements of other sessions in the same turn', async () => {
    let flushes = 0
    const flush = (): void => void (flushes += 1)
    const turn = openAuditTurn({ flushSync: flush }, atEndOfTurn)
    await Promise.all(Array.from({ length: 5 }, () => new Promise((resolve) => turn.afterWrite(resolve))))
    assert.equal(flushes, 1)
  })

  test('that cannot be recorded is not sent: the client is told with an SQLSTATE, and the session ends', async () => {
    const failure = new PortunusError('AUDIT_WRITE_FAILED', 'Cannot write the audit journal: the disk is full')
    const flush = (): void => {
      throw failure
    }
    const rig = await openRig({ isStatement, flush })
    const received = Promise.all([readAll(rig.database), readAll(rig.client)])
    rig.client.write('harmless')
    rig.client.write(statement)
    const [sent, told] = await received
    assert.equal(sent.toString(), 'harmless')
    assert.equal(readErrorFields(told.subarray(5)).sqlState, '58030')
    rig.client.end()
    assert.deepEqual(await rig.end, { endedBy: 'agent', error: failure })
    assert.deepEqual(rig.unrecorded, [failure])
  })

  test('that cannot be read is not sent, nor what was held before it', async () => {
    const failure = new PortunusError('CLIENT_MESSAGE_UNREADABLE', 'Cannot go on with the session')
    const unreadable = Buffer.from('unreadable')
    const turns: (() => void)[] = []
    const rig = await openRig({
      isStatement(chunk) {
        if (unreadable.equals(chunk)) throw failure
        return isStatement(chunk)
      },
      atEndOfTurn: (run) => turns.push(run),
    })
    const received = Promise.all([readAll(rig.database), readAll(rig.client)])
    for (const chunk of [Buffer.from('harmless'), statement, unreadable, Buffer.from('more')]) {
      rig.client.write(chunk)
      await settled()
    }
    for (const run of turns) run()
    const [sent] = await received
    assert.equal(sent.toString(), 'harmless')
    rig.client.end()
    assert.deepEqual(await rig.end, { endedBy: 'agent', error: failure })
    assert.deepEqual(rig.unrecorded, [failure])
  })

  test('that cannot be recorded is told of once, however much the client has sent behind it', async () => {
    const turns: (() => void)[] = []
    const flush = (): void => {
      throw new PortunusError('AUDIT_WRITE_FAILED', 'Cannot write the audit journal: the disk is full')
    }
    const rig = await openRig({ isStatement, flush, atEndOfTurn: (run) => turns.push(run) })
    rig.client.write(statement)
    await settled()
    turns.shift()?.()
    for (let count = 0; count < 3; count++) {
      rig.client.write(statement)
      await settled()
      turns.shift()?.()
    }
    assert.equal(readErrorFields((await readAll(rig.client)).subarray(5)).sqlState, '58030')
    assert.equal(rig.unrecorded.length, 1)
    rig.client.end()
    await rig.end
  })
})

describe('the cancel key', () => {
  const beforeReady = (key: Uint8Array): Buffer =>
    Buffer.concat([
      writeParameterStatus('server_version', '8.0.2'),
      writeBackendKeyData({ processId: 77, secretKey: key }),
      writeReadyForQuery('idle'),
    ])
  const realKey = Buffer.from([1, 2, 3, 4])

  for (const [name, pieces] of [
    ['in one piece with the login', (bytes: Buffer) => [bytes]],
    ['byte by byte', (bytes: Buffer) => [Buffer.alloc(0), ...[...bytes].map((byte) => Buffer.of(byte))]],
  ] as const) {
    test(`is replaced in place and nothing else is: ${name}`, async () => {
      const [first = Buffer.alloc(0), ...rest] = pieces(beforeReady(realKey))
      const rig = await openRig({ firstServerBytes: Buffer.from(first) })
      for (const piece of rest) {
        rig.database.write(piece)
        await settled()
      }
      rig.database.write('rows')
      const expected = Buffer.concat([beforeReady(Buffer.alloc(4, 0xee)), Buffer.from('rows')])
      assert.deepEqual(await readBytes(rig.client, expected.length), expected)
      assert.equal(rig.ready(), 1)
      assert.equal(rig.rewriter.key?.processId, 77)
      assert.equal(toHex(rig.rewriter.key?.realKey ?? new Uint8Array(0)), toHex(realKey))
      rig.client.destroy()
      await rig.end
    })
  }

  test('is not waited for where the server refuses: its words arrive, and then the end', async () => {
    const words = Buffer.from(writeErrorResponse({ severity: 'FATAL', sqlState: '53300', message: 'too many connections' }))
    const rig = await openRig({ firstServerBytes: words })
    rig.database.resume().end()
    assert.deepEqual(await readAll(rig.client), words)
    rig.client.end()
    assert.equal((await rig.end).endedBy, 'database')
  })
})

for (const [name, pair] of [
  ['in memory', inMemory],
  ['over TCP', overTcp],
] as const) {
  describe(`ends and stalls (${name})`, () => {
    test('the last bytes of a server that closes arrive', async () => {
      const rig = await openRig({ pair })
      const last = randomBytes(2_000_000)
      rig.database.resume().end(last)
      assert.ok((await readAll(rig.client)).equals(last))
      rig.client.end()
      assert.equal((await rig.end).endedBy, 'database')
    })

    test('a client that has said all still gets the answer', async () => {
      const rig = await openRig({ pair, isStatement: () => true })
      rig.client.end('Q select 1')
      assert.equal((await readAll(rig.database)).toString(), 'Q select 1')
      rig.database.write('row 1,')
      await settled()
      rig.database.end('row 2')
      assert.equal((await readAll(rig.client)).toString(), 'row 1,row 2')
      assert.deepEqual(await rig.end, { endedBy: 'client', error: undefined })
    })

    for (const [what, from, to] of [
      ['a client that does not read makes the server wait', 'database', 'client'],
      ['a server that does not read makes the client wait', 'client', 'database'],
    ] as const) {
      test(what, async () => {
        const rig = await openRig({ pair })
        const chunk = Buffer.alloc(1 << 18, 7)
        let written = 0
        while (written < 256 && !rig[from].writableNeedDrain) {
          rig[from].write(chunk)
          written += 1
          await settled()
        }
        assert.ok(rig[from].writableNeedDrain, 'the writer was never made to wait')
        const received = readAll(rig[to])
        rig[from].resume().end()
        assert.equal((await received).length, written * chunk.length)
        rig[to].end()
        await rig.end
      })
    }

    test('a client that breaks off in the middle of a long answer ends the session', async () => {
      const rig = await openRig({ pair })
      const chunk = Buffer.alloc(1 << 18)
      while (rig.database.write(chunk)) await settled()
      rig.client.destroy()
      assert.equal((await rig.end).endedBy, 'client')
      assert.ok(rig.database.destroyed || (await closes(rig.database)))
    })

    test('a server that breaks off while the client sends ends the session', async () => {
      const rig = await openRig({ pair })
      const chunk = Buffer.alloc(1 << 18)
      while (rig.client.write(chunk)) await settled()
      rig.database.destroy()
      await readAll(rig.client)
      rig.client.end()
      assert.equal((await rig.end).endedBy, 'database')
    })

    test('a client that does not notice the end of its server is closed in time', async () => {
      const clock = new SteppedClock()
      const rig = await openRig({ pair, clock })
      rig.database.resume().end()
      while (clock.waiting() === 0) await settled()
      assert.equal(rig.client.destroyed, false)
      clock.step(10_000)
      assert.equal((await rig.end).endedBy, 'database')
    })
  })
}

function closes(stream: Duplex): Promise<boolean> {
  stream.resume()
  return new Promise((resolve) => stream.once('close', () => resolve(true)))
}
