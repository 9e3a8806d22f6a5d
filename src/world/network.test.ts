/** TCP on loopback: dialling, listening, and what is said when either fails. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { PortunusError, type Connection } from '#foundation'
import { memoryPair } from './memory-pair.ts'
import { nodeNetwork } from './network.ts'

const loopback = { host: '127.0.0.1', port: 0 }

test('a connection carries bytes both ways, knows its peer, and outlives the end of one direction', async () => {
  const accepted = Promise.withResolvers<Connection>()
  await using listener = await nodeNetwork.listen(loopback, accepted.resolve)
  assert.ok(listener.address.port > 0)
  const client = await nodeNetwork.dial(listener.address)
  const server = await accepted.promise
  assert.equal(client.remoteAddress, `127.0.0.1:${listener.address.port}`)
  assert.match(server.remoteAddress, /^127\.0\.0\.1:\d+$/)
  client.stream.end('question')
  assert.equal((await buffer(server.stream)).toString(), 'question')
  server.stream.end('answer')
  assert.equal((await buffer(client.stream)).toString(), 'answer')
})

test('a listener over IPv6 writes addresses in brackets', async (context) => {
  const accepted = Promise.withResolvers<Connection>()
  const listening = await nodeNetwork.listen({ host: '::1', port: 0 }, accepted.resolve).catch(() => undefined)
  if (listening === undefined) return context.skip('this machine has no IPv6')
  await using listener = listening
  const client = await nodeNetwork.dial(listener.address)
  assert.match((await accepted.promise).remoteAddress, /^\[::1\]:\d+$/)
  client.stream.destroy()
})

test('a listener that is disposed closes its connections and frees its port', async () => {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await nodeNetwork.listen(loopback, accepted.resolve)
  const client = await nodeNetwork.dial(listener.address)
  await accepted.promise
  await listener[Symbol.asyncDispose]()
  await buffer(client.stream)
  await using again = await nodeNetwork.listen(listener.address, () => {})
  assert.equal(again.address.port, listener.address.port)
})

test('a port in use is told with the command that finds the program', async () => {
  await using listener = await nodeNetwork.listen(loopback, () => {})
  await assert.rejects(
    nodeNetwork.listen(listener.address, () => {}),
    (error: unknown) => {
      assert.ok(error instanceof PortunusError)
      assert.equal(error.code, 'NETWORK_PORT_IN_USE')
      assert.ok(error.message.includes(`"127.0.0.1:${listener.address.port}"`))
      assert.ok(error.hint?.includes(`ss -ltnp 'sport = :${listener.address.port}'`))
      return true
    },
  )
})

test('an address that is not of this machine cannot be listened on', async () => {
  await assert.rejects(
    nodeNetwork.listen({ host: '192.0.2.1', port: 0 }, () => {}),
    { code: 'NETWORK_LISTEN_FAILED' },
  )
})

describe('a dial that fails names the stage', () => {
  async function closedPort(): Promise<number> {
    const listener = await nodeNetwork.listen(loopback, () => {})
    await listener[Symbol.asyncDispose]()
    return listener.address.port
  }

  test('nothing listens', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const address = { host, port: await closedPort() }
      await assert.rejects(nodeNetwork.dial(address), (error: unknown) => {
        assert.ok(error instanceof PortunusError)
        assert.deepEqual([error.code, error.category, error.sqlState], ['NETWORK_DIAL_FAILED', 'unavailable', '08001'])
        assert.ok(error.message.startsWith(`Cannot connect to "${host}:${address.port}": connection refused`), error.message)
        assert.deepEqual(error.details, { reason: 'ECONNREFUSED' })
        return true
      })
    }
  })

  test('the name does not resolve', async () => {
    await assert.rejects(nodeNetwork.dial({ host: 'nowhere.invalid', port: 1 }), {
      code: 'NETWORK_DIAL_FAILED',
      message: /does not resolve|name server/,
    })
  })

  test('the time is up', async () => {
    await using listener = await nodeNetwork.listen(loopback, () => {})
    const signal = AbortSignal.abort()
    await assert.rejects(nodeNetwork.dial(listener.address, { signal }), { code: 'NETWORK_DIAL_FAILED', message: /no answer in time/ })
  })
})

test('a reset that comes before anybody looks at the connection does no harm', async () => {
  const accepted = Promise.withResolvers<net.Socket>()
  const server = net.createServer(accepted.resolve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const { stream } = await nodeNetwork.dial({ host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 })
  const peer = await accepted.promise
  peer.resetAndDestroy()
  server.close()
  await new Promise((resolve) => stream.once('close', resolve))
})

test('a connection in memory gives its last bytes before its end, and breaks off at both ends', async () => {
  const [left, right] = memoryPair('memory')
  left.stream.write('last ')
  left.stream.end('words')
  assert.equal((await buffer(right.stream)).toString(), 'last words')
  right.stream.end('and the answer')
  assert.equal((await buffer(left.stream)).toString(), 'and the answer')
  const [one, other] = memoryPair('memory')
  one.stream.destroy(new Error('cut'))
  await once(other.stream, 'close')
  assert.deepEqual([one.remoteAddress, other.remoteAddress], ['memory', 'memory'])
})
