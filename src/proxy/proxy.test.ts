/** The proxy's one port over real sockets: what one address may hold before anybody knows who it is. */
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { nobodyCutOff } from '#authority-api'
import { PortunusError, type Log } from '#foundation'
import { nodeClock, nodeNetwork, nodeRandomness, nodeTls, openHttp2Client, openHttpServer } from '#world'
import { openProxy } from './proxy.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const unused = (): never => {
  throw new PortunusError('UNUSED', 'Cannot be asked in this test')
}
const certificate = { certificatePem: '', privateKeyPem: '' }

async function openPort(connectionCap: { readonly connectionsMax: number; readonly loopbackMax: number }) {
  const proxy = openProxy({
    clusterName: 'test',
    authority: { listDatabaseServers: unused, getRolesForAgent: unused, issueProxiedCertificate: unused },
    revocations: nobodyCutOff,
    handToAuthority: unused,
    credentials: { host: () => certificate, web: () => certificate, hostAuthoritiesPem: () => [], userAuthoritiesPem: () => [] },
    webHandler: unused,
    generateKeyPair: unused,
    serveHttp: openHttpServer,
    openControlClient: openHttp2Client,
    connectionCap,
    tls: nodeTls,
    clock: nodeClock,
    randomness: nodeRandomness,
    log: silent,
    audit: unused,
  })
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) => proxy.accept(connection))
  return {
    port: listener.address.port,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await listener[Symbol.asyncDispose]()
    },
  }
}

test('of an address that opens too many connections, those beyond the limit are closed, and places come free again', async () => {
  await using proxy = await openPort({ connectionsMax: 1, loopbackMax: 20 })
  const sockets: net.Socket[] = []
  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await new Promise((resolve) => socket.once('connect', resolve))
    return socket
  }
  for (let count = 0; count < 20; count++) await connect()
  const surplus = await connect()
  await new Promise((resolve) => surplus.once('close', resolve))
  const ask = async (socket: net.Socket): Promise<string> => {
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(chunk.toString()))
      socket.once('close', () => resolve('closed'))
    })
    socket.write('GET / HTTP/1.1\r\n\r\n')
    return await answer
  }
  const [first] = sockets
  assert.ok(first)
  assert.match(await ask(first), /^HTTP\/1\.1 400/)
  // The proxy sees the end of a connection a moment after us.
  while ((await ask(await connect())) === 'closed');
  for (const socket of sockets) socket.destroy()
})
