/** The local proxy over real sockets and real TLS, against a small cluster in this process. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, test } from 'node:test'
import { PortunusError, Secret } from '#foundation'
import {
  readErrorFields,
  writeAuthenticationCleartextPassword,
  writeCancelRequest,
  writeGssencRequest,
  writePasswordMessage,
  writeSslRequest,
  writeStartupMessage,
} from '#postgres-protocol'
import { DatabaseKeys } from './database-keys.ts'
import { LocalProxy } from './local-proxy.ts'
import { startupMillisecondsMax } from './startup-conversation.ts'
import { writeProfile } from './profile-directory.ts'
import { ProxySession } from './proxy-session.ts'
import { heldIdentity, readDatabaseKeys, writeHostAuthorities, writeLoginKeys } from './stored-keys.ts'
import type { Login } from './stored-login.ts'
import { cluster, openTestCluster, testWorld, type TestCluster, type TestClusterOptions } from '../../test/worlds/small-cluster.ts'

interface Opened extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly port: number
  readonly directory: { readonly files: typeof testWorld.files; readonly path: string }
  readonly login: Login
}

interface OpenOptions extends TestClusterOptions {
  readonly loginUntil?: Date
  readonly databaseUntil?: Date
  readonly connectionsMax?: number
  readonly password?: Secret<string>
}

const folders: string[] = []
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

async function open(options: OpenOptions = {}): Promise<Opened> {
  const testCluster = await openTestCluster(options)
  const path = await mkdtemp(join(tmpdir(), 'client-'))
  folders.push(path)
  const directory = { files: testWorld.files, path }
  const loginKeys = await testCluster.issueUser({ usage: 'login', ...(options.loginUntil && { notAfter: options.loginUntil }) })
  const base = heldIdentity(loginKeys)
  const login: Login = {
    profile: {
      proxyHost: '127.0.0.1',
      address: { host: '127.0.0.1', port: testCluster.port },
      user: 'alice',
      cluster,
      webTrust: 'cluster',
    },
    held: base,
    base,
    hostAuthoritiesPem: [testCluster.hostAuthorityPem],
  }
  await writeProfile(directory, login.profile)
  await writeLoginKeys(directory, login.profile, login.held.keyPair)
  await writeHostAuthorities(directory, login.profile, login.hostAuthoritiesPem)
  const held = heldIdentity(await testCluster.issueUser({ usage: 'db', ...(options.databaseUntil && { notAfter: options.databaseUntil }) }))
  const route = { service: 'my-redshift', protocol: 'postgres', user: 'alice', name: 'dev' }
  const keys = new DatabaseKeys(testWorld, { directory, login, route, held })
  const session = new ProxySession(testWorld, { login, credentials: async () => (await keys.current()).keyPair })
  const { connectionsMax } = options
  const proxy = await LocalProxy.open(testWorld, {
    login,
    service: 'my-redshift',
    keys,
    session,
    password: options.password,
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
  })
  return {
    cluster: testCluster,
    port: proxy.port,
    directory,
    login,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await session[Symbol.asyncDispose]()
      await testCluster[Symbol.asyncDispose]()
    },
  }
}

function startup(parameters: Readonly<Record<string, string>>): Uint8Array {
  return writeStartupMessage({ major: 3, minor: 0, parameters: new Map(Object.entries(parameters)) })
}

/** A client that sends, and collects everything that comes until the end. */
class Client {
  readonly socket: net.Socket
  readonly #chunks: Buffer[] = []
  readonly ended: Promise<Buffer>

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', (chunk) => this.#chunks.push(chunk))
    this.ended = new Promise((resolve, reject) => {
      this.socket.once('end', () => resolve(Buffer.concat(this.#chunks)))
      this.socket.once('error', reject)
    })
  }

  async received(length: number): Promise<Buffer> {
    while (Buffer.concat(this.#chunks).length < length) await new Promise((resolve) => this.socket.once('data', resolve))
    return Buffer.concat(this.#chunks)
  }
}

/** The fields of the ErrorResponse that ends what came. */
function errorOf(bytes: Buffer): ReturnType<typeof readErrorFields> {
  assert.equal(String.fromCharCode(bytes[0] ?? 0), 'E')
  return readErrorFields(bytes.subarray(5))
}

/** Says back what it hears, and ends when the other side does. */
const echo = (stream: Duplex): void => {
  stream.pipe(stream)
}

test('encryption is declined, then the startup packet and everything after it reach the agent as they were sent', async () => {
  const tickets: unknown[] = []
  await using opened = await open({ agent: echo, onTicket: (body) => tickets.push(body) })
  const client = new Client(opened.port)
  client.socket.write(writeGssencRequest())
  assert.equal((await client.received(1)).toString(), 'N')
  client.socket.write(writeSslRequest())
  assert.equal((await client.received(2)).toString(), 'NN')
  const packet = startup({ user: 'alice', database: 'dev', '_pq_.compression': 'lz4', application_name: 'psql' })
  client.socket.write(packet)
  client.socket.end('after the packet')
  assert.equal((await client.ended).subarray(2).toString('latin1'), Buffer.from(packet).toString('latin1') + 'after the packet')
  assert.deepEqual(tickets, [{ service: 'my-redshift', databaseUser: 'alice', databaseName: 'dev' }])
})

test('a client that knows the password of the port gets in, in whatever pieces it says it', async () => {
  await using opened = await open({ agent: echo, password: new Secret('sesame') })
  const packet = startup({ user: 'alice' })
  const asked = Buffer.from(writeAuthenticationCleartextPassword())
  const client = new Client(opened.port)
  client.socket.write(packet)
  assert.deepEqual(await client.received(asked.length), asked)
  for (const byte of writePasswordMessage('sesame')) {
    client.socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.socket.end('after the password')
  assert.deepEqual(await client.ended, Buffer.concat([asked, packet, Buffer.from('after the password')]))
})

for (const [what, bytes] of [
  ['guesses', writePasswordMessage('sesamo')],
  ['guesses a beginning', writePasswordMessage('sesam')],
  ['says more', writePasswordMessage('sesame!')],
  ['says something else', Buffer.from('Q\0\0\0\x0bselect\0')],
  ['claims a message without an end', Buffer.from([0x70, 0x7f, 0xff, 0xff, 0xff])],
  ['says nothing', new Uint8Array(0)],
] as const) {
  test(`somebody else on this machine who ${what} gets no ticket`, async () => {
    const tickets: unknown[] = []
    await using opened = await open({ agent: echo, onTicket: (body) => tickets.push(body), password: new Secret('sesame') })
    const client = new Client(opened.port)
    client.socket.write(startup({ user: 'alice' }))
    client.socket.end(bytes)
    const answer = await client.ended
    const fields = errorOf(answer.subarray(writeAuthenticationCleartextPassword().length))
    assert.equal(fields.sqlState, '28P01')
    assert.deepEqual(tickets, [])
  })
}

test('no database in the packet means the one named like the user', async () => {
  const tickets: unknown[] = []
  await using opened = await open({ agent: echo, onTicket: (body) => tickets.push(body) })
  const client = new Client(opened.port)
  client.socket.end(startup({ user: 'bob' }))
  await client.ended
  assert.deepEqual(tickets, [{ service: 'my-redshift', databaseUser: 'bob', databaseName: 'bob' }])
})

test('a packet in single bytes is understood, and bytes sent along with it are kept', async () => {
  await using opened = await open({ agent: echo })
  const client = new Client(opened.port)
  client.socket.setNoDelay(true)
  const packet = startup({ user: 'alice', database: 'dev' })
  for (const byte of packet) client.socket.write(new Uint8Array([byte]))
  client.socket.end('more')
  assert.equal((await client.ended).length, packet.length + 4)
})

test('32 MB come back whole through both directions', async () => {
  await using opened = await open({ agent: echo })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice', database: 'dev' }))
  const block = Buffer.alloc(1024 * 1024, 'x')
  for (let index = 0; index < 32; index++) client.socket.write(block)
  client.socket.end()
  assert.equal((await client.ended).length, 32 * block.length + startup({ user: 'alice', database: 'dev' }).length)
})

test('the last bytes of an agent that ends first arrive', async () => {
  await using opened = await open({ agent: (stream) => stream.end(Buffer.alloc(3_000_000, 'z')).resume() })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice', database: 'dev' }))
  assert.equal((await client.ended).length, 3_000_000)
})

test('a client that breaks off ends the connection to the agent', async () => {
  const gone = Promise.withResolvers<void>()
  await using opened = await open({
    agent(stream) {
      stream.write('R')
      stream.on('error', () => {})
      stream.once('end', () => gone.resolve())
      stream.resume()
    },
  })
  const client = new Client(opened.port)
  client.ended.catch(() => {})
  client.socket.write(startup({ user: 'alice', database: 'dev' }))
  await client.received(1)
  client.socket.resetAndDestroy()
  await gone.promise
})

test('a refused ticket becomes an ErrorResponse with its SQLSTATE, message and hint', async () => {
  await using opened = await open({
    onTicket() {
      throw new PortunusError('ACCESS_DENIED', 'Cannot connect to "my-redshift" as "root": no role lets you use the database user "root"', {
        category: 'access-denied',
        hint: 'ask for a role with db_users: [root]',
      })
    },
  })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'root', database: 'dev' }))
  assert.deepEqual(errorOf(await client.ended), {
    severity: 'FATAL',
    sqlState: '28000',
    message: 'Cannot connect to "my-redshift" as "root": no role lets you use the database user "root"',
    hint: 'ask for a role with db_users: [root]',
  })
})

test('a CancelRequest is passed on with all bits of its key, and the connection closes without a word', async () => {
  const cancels: unknown[] = []
  await using opened = await open({ onCancel: (body) => cancels.push(body) })
  const client = new Client(opened.port)
  client.socket.write(writeCancelRequest({ processId: 0xfedcba98, secretKey: new Uint8Array([0xff, 0, 1, 2, 3, 4]) }))
  assert.equal((await client.ended).length, 0)
  assert.deepEqual(cancels, [{ processId: 0xfedcba98, secretKeyHex: 'ff0001020304' }])
})

const malformed = [
  ['a length beyond the limit', Buffer.from([0x7f, 0, 0, 0, 0, 3, 0, 0])],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a second SSLRequest', Buffer.concat([writeSslRequest(), writeSslRequest()])],
] as const

for (const [sentence, bytes] of malformed) {
  test(`${sentence} is answered with 08P01`, async () => {
    await using opened = await open()
    const client = new Client(opened.port)
    client.socket.write(bytes)
    const answer = await client.ended
    assert.equal(errorOf(answer[0] === 0x4e ? answer.subarray(1) : answer).sqlState, '08P01')
  })
}

test('a client that says nothing and leaves disturbs nobody', async () => {
  await using opened = await open({ agent: echo })
  const client = new Client(opened.port)
  client.socket.end()
  await client.ended
  const next = new Client(opened.port)
  next.socket.end(startup({ user: 'alice' }))
  assert((await next.ended).length > 0)
})

test('two thousand silent connections do not keep one out that speaks', async () => {
  await using opened = await open({ agent: echo })
  const silent = Array.from({ length: 2000 }, () => new Client(opened.port))
  const closed = Promise.all(silent.slice(0, 800).map((client) => client.ended.catch(() => {})))
  await Promise.all(silent.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))))
  const speaking = new Client(opened.port)
  const packet = startup({ user: 'alice' })
  speaking.socket.end(packet)
  assert.deepEqual(await speaking.ended, Buffer.from(packet))
  await closed
  for (const { socket } of silent) socket.destroy()
})

test('a client has ten seconds for its first words', () => {
  assert.equal(startupMillisecondsMax, 10_000)
})

test('connections beyond the limit are refused with 53300, and others work on', async () => {
  await using opened = await open({ agent: echo, connectionsMax: 1 })
  const first = new Client(opened.port)
  first.socket.write(startup({ user: 'alice' }))
  await first.received(1)
  const second = new Client(opened.port)
  second.socket.write(startup({ user: 'alice' }))
  assert.equal(errorOf(await second.ended).sqlState, '53300')
  first.socket.end()
  await first.ended
})

test('one connection to the proxy serves many tickets, and a lost one is replaced', async () => {
  await using opened = await open({ agent: echo })
  for (let index = 0; index < 5; index++) {
    const client = new Client(opened.port)
    client.socket.end(startup({ user: 'alice' }))
    await client.ended
  }
  assert.equal(opened.cluster.apiConnections(), 1)
  opened.cluster.breakConnections()
  const client = new Client(opened.port)
  client.socket.end(startup({ user: 'alice' }))
  assert((await client.ended).length > 0)
  assert.equal(opened.cluster.apiConnections(), 2)
})

test('an agent that the ticket does not name is not spoken to', async () => {
  await using opened = await open({ agent: echo, agentIdentity: { hostId: 'another-host' } })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice' }))
  assert.match(errorOf(await client.ended).message ?? '', /not the certificate of the agent/)
})

test('a host that is no Database Service is not spoken to', async () => {
  await using opened = await open({ agent: echo, agentIdentity: { roles: ['Proxy'] } })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice' }))
  assert.match(errorOf(await client.ended).message ?? '', /no role Db/)
})

test('an agent that refuses the certificate after the handshake is reported, not just gone', async () => {
  await using opened = await open({ agent: echo, agentTrusts: 'stranger' })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice' }))
  const error = errorOf(await client.ended)
  assert.equal(error.sqlState, '08006')
  assert.match(error.message ?? '', /Cannot connect to "my-redshift"/)
})

test('an expired certificate is renewed while the login lasts, and kept', async () => {
  await using opened = await open({ agent: echo, databaseUntil: new Date(Date.now() - 1000) })
  const client = new Client(opened.port)
  client.socket.end(startup({ user: 'alice' }))
  assert((await client.ended).length > 0)
  const kept = await readDatabaseKeys(opened.directory, opened.login.profile, 'my-redshift')
  assert(kept !== undefined && kept.validUntil.getTime() > Date.now())
})

test('when the login has expired too, the client is told how to log in again', async () => {
  const past = new Date(Date.now() - 1000)
  await using opened = await open({ agent: echo, databaseUntil: past, loginUntil: past })
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice' }))
  const error = errorOf(await client.ended)
  assert.equal(error.sqlState, '28000')
  assert.match(error.message ?? '', /login expired/)
  assert.match(error.hint ?? '', new RegExp(`tsh login --proxy=127.0.0.1:${opened.cluster.port} --user=alice`))
})

test('a proxy that is gone is reported', async () => {
  await using opened = await open({ agent: echo })
  await opened.cluster[Symbol.asyncDispose]()
  const client = new Client(opened.port)
  client.socket.write(startup({ user: 'alice' }))
  const error = errorOf(await client.ended)
  assert.equal(error.sqlState, '08001')
  assert.match(error.message ?? '', /connection refused/)
})
