/** A relay that is stopped from outside: the last words of the agent come between messages, whole, and neither side is kept. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  createBackendKeyRewriter,
  createStatementAssembler,
  readErrorFields,
  writeErrorResponse,
  writeReadyForQuery,
} from '#postgres-protocol'
import { endWith } from '#tunnel'
import { atEndOfTurn, nodeClock } from '#world'
import { openAuditTurn } from './audit-turn.ts'
import { relay } from './relay.ts'
import { inMemory, overTcp, readAll, settled, type OpenStreamPair } from './testing/stream-pair.ts'

const lastWords = writeErrorResponse({ severity: 'FATAL', sqlState: '57P01', message: 'it is over' })
const ready = writeReadyForQuery('idle')

function row(bytes: number): Buffer {
  const head = Buffer.alloc(5)
  head.write('D')
  head.writeUInt32BE(bytes + 4, 1)
  return Buffer.concat([head, Buffer.alloc(bytes, 0x61)])
}

async function openRig(pair: OpenStreamPair, firstServerBytes: Uint8Array = ready) {
  const [client, database] = [await pair(), await pair()]
  const stopping = new AbortController()
  const stopped: unknown[] = []
  const assembler = createStatementAssembler({
    sqlBytesMax: 1000,
    parametersBytesMax: 1000,
    preparedBytesMax: 1000,
    createHash: () => {
      const hash = createHash('sha256')
      return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
    },
    now: () => 0,
    onBegun() {},
    onFinished() {},
    onSurprise() {},
  })
  const forwarded: Buffer[] = []
  database.far.on('data', (chunk: Buffer) => forwarded.push(chunk))
  database.far.on('error', () => {})
  const answered = readAll(client.far)
  const end = relay({
    client: client.near,
    database: database.near,
    firstServerBytes,
    tap: {
      frontend(chunk) {
        assembler.frontend(chunk)
        return false
      },
      backend: (chunk) => assembler.backend(chunk),
      missing: () => assembler.missingServerBytes,
    },
    rewriter: createBackendKeyRewriter({ mint: (length) => new Uint8Array(length) }),
    turn: openAuditTurn({ flushSync() {} }, atEndOfTurn),
    clock: nodeClock,
    onReady() {},
    onUnrecorded() {},
    stop: stopping.signal,
    onStopped(reason) {
      stopped.push(reason)
      endWith(client.near, lastWords, nodeClock)
    },
  })
  const reason = new Error('locked')
  return { client: client.far, database: database.far, end, answered, stopped, forwarded, reason, stop: () => stopping.abort(reason) }
}

/** Where a message of the server begins behind the given bytes. */
function isAtBoundary(bytes: Buffer): boolean {
  let offset = 0
  while (offset + 5 <= bytes.length) offset += 1 + bytes.readUInt32BE(offset + 1)
  return offset === bytes.length
}

for (const [name, pair] of [
  ['in memory', inMemory],
  ['over TCP', overTcp],
] as const) {
  test(`an idle session is told and closed, and what the client says afterwards goes nowhere (${name})`, async () => {
    const rig = await openRig(pair)
    await settled()
    rig.stop()
    rig.client.write('too late')
    rig.client.end()
    assert.deepEqual(await rig.answered, Buffer.concat([ready, lastWords]))
    assert.deepEqual(await rig.end, { endedBy: 'agent', error: rig.reason })
    assert.deepEqual([rig.stopped, rig.forwarded], [[rig.reason], []])
    assert.ok(rig.database.readableEnded || rig.database.destroyed)
  })

  test(`a message that is under way is completed before the last words, wherever it was cut (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }), fc.nat(200), async (lengths, cut) => {
        const rig = await openRig(pair)
        const rows = Buffer.concat(lengths.map(row))
        const first = rows.subarray(0, Math.min(cut, rows.length))
        rig.database.write(first)
        await settled()
        rig.stop()
        rig.database.write(rows.subarray(first.length))
        rig.client.end()
        const answered = await rig.answered
        assert.ok(answered.subarray(-lastWords.length).equals(lastWords))
        const before = answered.subarray(ready.length, -lastWords.length)
        assert.ok(isAtBoundary(before))
        assert.ok(rows.subarray(0, before.length).equals(before))
        await rig.end
      }),
      { numRuns: name === 'in memory' ? 60 : 15 },
    )
  })
}

test('a message that does not come to its end is broken off, with nothing said inside it', async () => {
  const rig = await openRig(inMemory)
  const half = row(1000).subarray(0, 500)
  rig.database.write(half)
  await settled()
  rig.stop()
  rig.client.end()
  assert.deepEqual(await rig.answered, Buffer.concat([ready, half]))
  assert.equal((await rig.end).endedBy, 'agent')
})

test('a session that is stopped before the database is ready is told, too', async () => {
  const rig = await openRig(inMemory, new Uint8Array(0))
  await settled()
  rig.stop()
  rig.client.end()
  const answered = await rig.answered
  assert.equal(readErrorFields(answered.subarray(5))?.sqlState, '57P01')
  await rig.end
})

test('a session that was ended before it began passes nothing on', async () => {
  const rig = await openRig(inMemory)
  rig.stop()
  rig.stop()
  rig.client.end()
  await rig.end
  assert.equal(rig.stopped.length, 1)
})
