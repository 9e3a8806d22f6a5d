/** Reading single messages before the relay starts: in any chunks, and not one byte too many. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { memoryPair } from '#world'
import { openMessageReader } from './message-reader.ts'

const patience = AbortSignal.timeout(10_000)

function frame(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head[0] = type
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function openRig() {
  const [near, far] = memoryPair('memory')
  return { near: near.stream, far: far.stream, reader: openMessageReader(near.stream) }
}

const messages = fc.array(fc.record({ type: fc.integer({ min: 1, max: 255 }), body: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 8 })

test('messages come out as they went in, and the rest is left, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.uint8Array({ maxLength: 200 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
      async (wanted, tail, sizes) => {
        const { near, far, reader } = openRig()
        const frames = wanted.map(({ type, body }) => frame(type, body))
        const bytes = Buffer.concat([Buffer.from('S'), ...frames, tail])
        const writing = (async () => {
          for (let offset = 0; offset < bytes.length;) {
            const size = sizes.next().value
            far.write(bytes.subarray(offset, offset + size))
            offset += size
            if (size % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
          }
          far.end()
        })()
        assert.equal(await reader.nextByte(patience), 0x53)
        for (const [index, { type, body }] of wanted.entries()) {
          const message = await reader.nextMessage(patience)
          assert.equal(message.type, type)
          assert.deepEqual(Buffer.from(message.body), Buffer.from(body))
          assert.deepEqual(Buffer.from(message.frame), frames[index])
        }
        await writing
        const left: Buffer[] = [Buffer.from(reader.takeRest())]
        for await (const chunk of near) left.push(Buffer.from(chunk))
        assert.deepEqual(Buffer.concat(left), Buffer.from(tail))
      },
    ),
    { numRuns: 100 },
  )
})

describe('what is no message', () => {
  for (const [what, bytes, code] of [
    ['a length below four', Buffer.from([0x52, 0, 0, 0, 3]), 'DATABASE_PROTOCOL'],
    ['a length beyond all reason', Buffer.from([0x52, 0, 1, 0, 1]), 'DATABASE_PROTOCOL'],
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request'), 'DATABASE_PROTOCOL'],
    ['half a message and an end', Buffer.from([0x52, 0, 0, 0, 8, 0]), 'DATABASE_CLOSED'],
    ['nothing and an end', Buffer.alloc(0), 'DATABASE_CLOSED'],
  ] as const) {
    test(`is refused: ${what}`, async () => {
      const { far, reader } = openRig()
      far.end(bytes)
      await assert.rejects(reader.nextMessage(patience), { code })
    })
  }

  test('is not waited for beyond the signal, nor is an end', async () => {
    const { near, reader } = openRig()
    const controller = new AbortController()
    const reading = reader.nextMessage(controller.signal)
    controller.abort(new Error('the client left'))
    await assert.rejects(reading, /the client left/)
    await assert.rejects(reader.nextByte(AbortSignal.abort(new Error('too late'))), /too late/)
    near.destroy()
    await assert.rejects(reader.nextByte(patience), { code: 'DATABASE_CLOSED' })
  })

  test('is told from a connection that failed', async () => {
    const { near, reader } = openRig()
    const reading = reader.nextMessage(patience)
    near.destroy(new Error('reset'))
    await assert.rejects(reading, /reset/)
  })
})

test('nothing listens on the stream any more when a message has been read', async () => {
  const { near, far, reader } = openRig()
  const before = ['readable', 'end', 'close', 'error'].map((event) => near.listenerCount(event))
  far.write(frame(0x52, Buffer.alloc(4)))
  await reader.nextMessage(patience)
  assert.deepEqual(
    ['readable', 'end', 'close', 'error'].map((event) => near.listenerCount(event)),
    before,
  )
})
