/** Splicing over real sockets: every byte arrives, in order, also the last ones of a direction that outlives the other. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { splice } from './splice.ts'

/** Two TCP connections whose inner ends are spliced; the outer ends are returned. */
async function spliced(): Promise<{ left: net.Socket; right: net.Socket; end: ReturnType<typeof splice> }> {
  const inner: net.Socket[] = []
  const server = net.createServer({ allowHalfOpen: true }, (socket) => inner.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const outer: net.Socket[] = []
  for (let count = 0; count < 2; count++) {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    outer.push(socket)
  }
  while (inner.length < 2) await once(server, 'connection')
  server.close()
  const [a, b] = inner
  const [left, right] = outer
  assert.ok(a && b && left && right)
  return { left, right, end: splice(a, b) }
}

test('bytes go both ways unchanged', async () => {
  const { left, right, end } = await spliced()
  const sent = randomBytes(3_000_000)
  left.end(sent)
  const received = await buffer(right)
  assert.ok(received.equals(sent))
  right.end('and back')
  assert.equal((await buffer(left)).toString(), 'and back')
  assert.deepEqual(await end, { endedBy: 'left', error: undefined })
})

test('what is sent after the other side ended still arrives', async () => {
  const { left, right, end } = await spliced()
  left.end('query')
  assert.equal((await buffer(right)).toString(), 'query')
  right.write('row 1,')
  setImmediate(() => right.end('row 2'))
  assert.equal((await buffer(left)).toString(), 'row 1,row 2')
  assert.equal((await end).endedBy, 'left')
})

test('a reset of one side ends the other', async () => {
  const { left, right, end } = await spliced()
  left.on('error', () => {})
  right.on('error', () => {})
  left.write('half a query')
  await once(right, 'data')
  left.resetAndDestroy()
  await once(right, 'end')
  right.end()
  assert.equal((await end).endedBy, 'left')
})

test('a reader that stalls makes the writer wait instead of filling memory', async () => {
  const { left, right, end } = await spliced()
  right.pause()
  const chunk = Buffer.alloc(1 << 20)
  let accepted = 0
  while (left.write(chunk) && accepted < 64) accepted += 1
  await new Promise((resolve) => setImmediate(resolve))
  const before = left.writableLength
  assert.ok(before > 0, 'the writer has bytes it could not hand over')
  left.end()
  const received = await buffer(right)
  assert.equal(received.length, (accepted + 1) * chunk.length)
  right.end()
  left.resume()
  await end
})
