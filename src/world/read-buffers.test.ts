/** Reading with early collection: the bytes are the same, and garbage does not pile up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { nodeNetwork } from './network.ts'

test('a relay of many bytes does not keep the buffers it read them into', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const chunks = 3_000
  await using source = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, ({ stream }) => {
    void (async () => {
      for (let count = 0; count < chunks; count++) if (!stream.write(chunk)) await once(stream, 'drain')
      stream.end()
    })()
  })
  const { stream } = await nodeNetwork.dial(source.address)
  let bytes = 0
  let most = 0
  stream.on('data', (read: Buffer) => {
    bytes += read.length
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  })
  await once(stream, 'end')
  stream.destroy()
  assert.equal(bytes, chunks * chunk.length)
  assert.ok(most < 40 * 1024 * 1024, `${Math.round(most / 1024 / 1024)} MiB of buffers at once`)
})
