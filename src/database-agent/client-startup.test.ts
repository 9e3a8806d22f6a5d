/** The startup packet of a client inside TLS: read in any chunks, and refused in words when it is none. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PortunusError } from '#foundation'
import { writeCancelRequest, writeGssencRequest, writeSslRequest, writeStartupMessage } from '#postgres-protocol'
import { memoryPair, nodeClock } from '#world'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { readClientStartup } from './client-startup.ts'

type Parameters = Readonly<Record<string, string>>

function startupBytes(parameters: Parameters, version: { readonly major?: number; readonly minor?: number } = {}): Buffer {
  return Buffer.from(writeStartupMessage({ major: 3, minor: 0, ...version, parameters: new Map(Object.entries(parameters)) }))
}

async function read(bytes: Uint8Array) {
  const [near, far] = memoryPair('memory')
  far.stream.end(bytes)
  return await readClientStartup(near.stream, nodeClock)
}

describe('a startup packet', () => {
  test('gives the database user, the database name, the version and every parameter', async () => {
    const parameters = { user: 'alice', database: 'dev', application_name: 'psql', '_pq_.option': '1' }
    const startup = await read(startupBytes(parameters, { minor: 2 }))
    assert.deepEqual([startup.user, startup.database, startup.protocol], ['alice', 'dev', { major: 3, minor: 2 }])
    assert.deepEqual(Object.fromEntries(startup.parameters), parameters)
  })

  test('that names no database means the one of the name of the user, as in PostgreSQL', async () => {
    assert.equal((await read(startupBytes({ user: 'alice' }))).database, 'alice')
    assert.equal((await read(startupBytes({ user: 'alice', database: '' }))).database, 'alice')
  })

  test('is read from any chunks, and what follows it is left in the stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), async (rest, sizes) => {
        const [near, far] = memoryPair('memory')
        const bytes = Buffer.concat([startupBytes({ user: 'alice', database: 'dev' }), rest])
        const writing = (async () => {
          for (let offset = 0; offset < bytes.length;) {
            const size = sizes.next().value
            far.stream.write(bytes.subarray(offset, offset + size))
            offset += size
            if (size % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
          }
          far.stream.end()
        })()
        assert.equal((await readClientStartup(near.stream, nodeClock)).user, 'alice')
        await writing
        const left: Buffer[] = []
        for await (const chunk of near.stream) left.push(Buffer.from(chunk))
        assert.deepEqual(Buffer.concat(left), Buffer.from(rest))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a client is refused in words', () => {
  const oversize = Buffer.alloc(10_001)
  oversize.writeUInt32BE(10_001)
  const refusals: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['that says nothing', new Uint8Array(0), '08P01', /left before its startup packet/],
    ['that leaves in the middle', startupBytes({ user: 'alice' }).subarray(0, 12), '08P01', /left before/],
    ['that talks HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), '08P01', /length/],
    ['whose packet is too long', oversize, '08P01', /length of 10001 bytes/],
    ['whose packet has no end', Buffer.from([0, 0, 0, 12, 0, 3, 0, 0, 0x75, 0x73, 0x65, 0x72]), '08P01', /no end/],
    ['whose user is not UTF-8', Buffer.from([0, 0, 0, 16, 0, 3, 0, 0, 0x75, 0x73, 0x65, 0x72, 0, 0xff, 0, 0]), '08P01', /not UTF-8/],
    ['that asks for TLS inside TLS', writeSslRequest(), '08P01', /"ssl-request" inside TLS/],
    ['that asks for GSSAPI inside TLS', writeGssencRequest(), '08P01', /"gssenc-request" inside TLS/],
    ['that cancels here', writeCancelRequest({ processId: 1, secretKey: Buffer.alloc(4) }), '08P01', /"cancel-request" inside TLS/],
    ['of protocol 2', startupBytes({ user: 'alice' }, { major: 2 }), '08P01', /2\.0 is not supported/],
    ['of protocol 4', startupBytes({ user: 'alice' }, { major: 4 }), '08P01', /4\.0 is not supported/],
    ['without a database user', startupBytes({ database: 'dev' }), '28000', /no database user/],
    ['with an empty database user', startupBytes({ user: '' }), '28000', /no database user/],
  ]
  for (const [who, bytes, sqlState, words] of refusals) {
    test(who, async () => {
      await assert.rejects(read(bytes), (error: unknown) => {
        assert.ok(error instanceof PortunusError)
        assert.deepEqual([error.code, error.sqlState], ['CLIENT_STARTUP_REFUSED', sqlState])
        assert.match(error.message, words)
        return true
      })
    })
  }

  test('that takes longer than fifteen seconds, however busily it drips', async () => {
    const clock = new SteppedClock()
    const [near, far] = memoryPair('memory')
    const reading = readClientStartup(near.stream, clock)
    for (const byte of startupBytes({ user: 'alice' }).subarray(0, 14)) {
      far.stream.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
      clock.step(1_000)
    }
    clock.step(1_000)
    await assert.rejects(reading, { code: 'CLIENT_STARTUP_REFUSED', message: /did not come in time/ })
  })

  test('whose connection breaks', async () => {
    const [near] = memoryPair('memory')
    const reading = readClientStartup(near.stream, nodeClock)
    near.stream.destroy(new Error('reset'))
    await assert.rejects(reading, { code: 'CLIENT_STARTUP_REFUSED' })
  })
})

test('nothing is left waiting when a startup packet has been read', async () => {
  const clock = new SteppedClock()
  const [near, far] = memoryPair('memory')
  far.stream.write(startupBytes({ user: 'alice' }))
  await readClientStartup(near.stream, clock)
  assert.equal(clock.waiting(), 0)
  assert.equal(near.stream.listenerCount('readable'), 0)
})
