/**
 * A small cluster for the tests of clients: one port on loopback with a web API, an authority, a ticket API and an agent,
 * with real certificates and real TLS. The agent answers as the test says.
 */
import { randomBytes } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { PortunusError, errorDocument, httpStatusOf, toHex, type Connection, type Listener, type TlsConnection } from '#foundation'
import {
  agentServerName,
  authorityServerName,
  caPin,
  createCertificateAuthority,
  generateKeyPair,
  identityFromCertificate,
  issueCertificate,
  proxyServerName,
  type CertificateAuthorityMaterial,
  type CertificateRequest,
  type HostIdentity,
  type UserIdentity,
} from '#certificates'
import { nodeClock, nodeFiles, nodeNetwork, nodeTls, httpsJson, openHttp2Client, openHttpServer, presentedChain, serveHttp2 } from '#world'
import type { ClientWorld } from '#client'

export const cluster = 'test.example.com'
export const agentHostId = '3f2b8f0e-8f57-4b0d-9a53-f3f0a1f4c0aa'

const hourMilliseconds = 3_600_000

const silentLog: ClientWorld['log'] = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }

export const testWorld: ClientWorld = {
  clock: nodeClock,
  files: nodeFiles,
  network: nodeNetwork,
  tls: nodeTls,
  log: silentLog,
  openHttp2Client,
  httpsJson,
  presentedChain,
}

export interface TestClusterOptions {
  /** Speaks with a client that has come through; the stream is the inside of the TLS session. */
  readonly agent?: (stream: Duplex, person: UserIdentity) => void
  /** The host the agent's certificate names. */
  readonly agentIdentity?: Partial<HostIdentity>
  /** Whether a client certificate must come from the cluster's user authority; a stranger's otherwise. */
  readonly agentTrusts?: 'cluster' | 'stranger'
  /** Databases beside `my-redshift`, like it in all but the name and the label `env=<name>`. */
  readonly moreDatabases?: readonly string[]
  readonly onTicket?: (body: Readonly<Record<string, unknown>>) => void
  readonly onCancel?: (body: Readonly<Record<string, unknown>>) => void
  /** Answers what clients ask of the authority, instead of the few answers that are made up. */
  readonly authority?: {
    /** People with certificates of these authorities are let in as well. */
    readonly peopleAuthoritiesPem: readonly string[]
    readonly answer: (request: Request, certificate: X509Certificate) => Promise<Response>
  }
}

export interface TestCluster extends AsyncDisposable {
  readonly port: number
  readonly pin: string
  readonly hostAuthorityPem: string
  /** How many connections of the ticket API have been opened. */
  readonly apiConnections: () => number
  /** Breaks every connection that is open. */
  readonly breakConnections: () => void
  readonly issueUser: (request: IssueUser) => Promise<{ certificatePem: string; privateKeyPem: string }>
}

export interface IssueUser {
  readonly usage: 'login' | 'db'
  readonly service?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly publicKeyPem?: string
}

export async function openTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const hostAuthority = await authority('host')
  const userAuthority = await authority('user')
  const stranger = await authority('user')
  const issueUser = (request: IssueUser) => issueUserCertificate(userAuthority, request)
  const web = await serverKeys(hostAuthority, { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] })
  const agentHost: HostIdentity = {
    kind: 'host',
    hostId: agentHostId,
    hostname: 'agent',
    cluster,
    roles: ['Db'],
    certificateId: '0c5a9f1c-6a0a-4f4e-9b1c-0d7a8f6b2f11',
    ...options.agentIdentity,
  }
  const proxy = await serverKeys(hostAuthority, { dnsNames: [proxyServerName, authorityServerName] })
  const agent = await serverKeys(hostAuthority, {
    dnsNames: [agentServerName(agentHost.hostId, cluster)],
    identity: agentHost,
    usages: ['server', 'client'],
  })
  const people = (): readonly string[] => [userAuthority.certificatePem, ...(options.authority?.peopleAuthoritiesPem ?? [])]
  const doors = {
    web: nodeTls.acceptor({
      identity: () => ({ ...web, certificatePem: web.certificatePem + hostAuthority.certificatePem }),
      alpn: ['h2', 'http/1.1'],
    }),
    authority: nodeTls.acceptor({ identity: () => proxy, clientAuthoritiesPem: people, alpn: ['portunus-authority/1'] }),
    proxy: nodeTls.acceptor({ identity: () => proxy, clientAuthoritiesPem: people, alpn: ['portunus-proxy/1'] }),
    relay: nodeTls.acceptor({
      identity: () => agent,
      clientAuthoritiesPem: () => (options.agentTrusts === 'stranger' ? [stranger.certificatePem] : people()),
      alpn: ['portunus-relay/1'],
    }),
  }
  let apiConnections = 0
  const open = new Set<Duplex>()
  const tickets = new Set<string>()
  const webServer = openHttpServer<TlsConnection>((request) => answerWeb(request, { hostAuthority, issueUser }))
  const serve = async (connection: Connection): Promise<void> => {
    const door = await doorOf(connection.stream)
    const secure = await doors[door].accept(connection)
    switch (door) {
      case 'web':
        webServer.serve(secure, secure)
        break
      case 'authority':
        serveHttp2(secure.stream, (request) => answerPerson(request, { secure, options, issueUser }), secure)
        break
      case 'proxy':
        apiConnections += 1
        serveHttp2(secure.stream, (request) => answerProxy(request, options, tickets), secure)
        break
      case 'relay':
        if (secure.peerCertificate === undefined) throw new Error('no certificate')
        options.agent?.(secure.stream, personOf(secure))
        break
    }
  }
  const listener: Listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    open.add(connection.stream)
    connection.stream.allowHalfOpen = true
    connection.stream.once('close', () => open.delete(connection.stream))
    serve(connection).catch(() => connection.stream.destroy())
  })
  return {
    port: listener.address.port,
    pin: caPin(hostAuthority.certificatePem),
    hostAuthorityPem: hostAuthority.certificatePem,
    apiConnections: () => apiConnections,
    breakConnections: () => {
      for (const stream of open) stream.destroy()
    },
    issueUser,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
    },
  }
}

function personOf(secure: TlsConnection): UserIdentity {
  if (secure.peerCertificate === undefined) throw new Error('no certificate')
  const identity = identityFromCertificate(secure.peerCertificate)
  if (identity.kind !== 'user') throw new Error('no person')
  return identity
}

type Door = 'web' | 'authority' | 'proxy' | 'relay'

/** Which door a ClientHello wants: the names of our protocols stand in it in clear. */
async function doorOf(stream: Duplex): Promise<Door> {
  let hello = Buffer.alloc(0)
  for (;;) {
    const chunk: unknown = stream.read()
    if (chunk instanceof Uint8Array) hello = Buffer.concat([hello, chunk])
    if (hello.length > 5 && hello.length >= 5 + hello.readUInt16BE(3)) break
    await new Promise((resolve, reject) => {
      stream.once('readable', resolve)
      stream.once('close', () => reject(new Error('closed')))
    })
  }
  stream.unshift(hello)
  if (hello.includes('portunus-authority/1')) return 'authority'
  if (hello.includes('portunus-proxy/1')) return 'proxy'
  return hello.includes('portunus-relay/1') ? 'relay' : 'web'
}

async function answerProxy(request: Request, options: TestClusterOptions, tickets: Set<string>): Promise<Response> {
  const body = (await request.json()) as Record<string, unknown>
  try {
    if (new URL(request.url).pathname === '/v1/cancel') {
      options.onCancel?.(body)
      return Response.json({})
    }
    options.onTicket?.(body)
    const ticket = toHex(randomBytes(8))
    tickets.add(ticket)
    return Response.json({ ticket, serverName: `${ticket}.relay.portunus.internal`, agentHostId })
  } catch (error) {
    const document = errorDocument(error)
    return Response.json({ error: document }, { status: httpStatusOf(document.category) })
  }
}

type Issue = TestCluster['issueUser']

async function answerPerson(
  request: Request,
  { secure, options, issueUser }: { readonly secure: TlsConnection; readonly options: TestClusterOptions; readonly issueUser: Issue },
): Promise<Response> {
  if (options.authority === undefined || secure.peerCertificate === undefined) return await answerAuthority(request, issueUser, options)
  return await options.authority.answer(request, secure.peerCertificate)
}

async function answerAuthority(request: Request, issueUser: Issue, { moreDatabases = [] }: TestClusterOptions): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/v1/databases') return Response.json({ databases: [listedDatabase, ...moreDatabases.map(databaseLike)] })
  const body = (await request.json()) as { publicKeyPem: string; route: { service: string } }
  const { certificatePem } = await issueUser({ usage: 'db', service: body.route.service, publicKeyPem: body.publicKeyPem })
  return Response.json({ certificatePem, validUntil: new Date(Date.now() + hourMilliseconds).toISOString() })
}

const listedDatabase = {
  database: {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift', description: 'rows', labels: { env: 'dev' } },
    spec: { protocol: 'postgres', uri: 'localhost:5439', tls: { mode: 'verify-full' } },
  },
  allowedUsers: ['*'],
  deniedUsers: [],
  allowedNames: ['*'],
  deniedNames: [],
}

function databaseLike(name: string): unknown {
  const { database } = listedDatabase
  return { ...listedDatabase, database: { ...database, metadata: { ...database.metadata, name, labels: { env: name } } } }
}

export const goodPassword = 'correct horse battery'
export const goodCode = '123456'

interface WebAnswers {
  readonly hostAuthority: CertificateAuthorityMaterial
  readonly issueUser: Issue
}

async function answerWeb(request: Request, { hostAuthority, issueUser }: WebAnswers): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/v1/webapi/ping') {
    return Response.json({
      auth: { type: 'local', second_factor: 'otp' },
      server_version: '0.1.0',
      cluster_name: cluster,
      ca_pins: [caPin(hostAuthority.certificatePem)],
    })
  }
  const body = (await request.json()) as Record<string, string>
  if (body['password'] !== goodPassword || body['otp'] !== goodCode) {
    const refused = new PortunusError('LOGIN_REFUSED', 'Cannot log in: user name, password or second factor do not match', {
      category: 'unauthenticated',
      hint: 'try again',
    })
    return Response.json({ error: errorDocument(refused) }, { status: 401 })
  }
  const { certificatePem } = await issueUser({ usage: 'login', publicKeyPem: body['public_key'] ?? '' })
  return Response.json({
    certificate: certificatePem,
    host_authorities: [hostAuthority.certificatePem],
    cluster_name: cluster,
    user: body['user'],
    valid_until: new Date(Date.now() + hourMilliseconds).toISOString(),
  })
}

function authority(type: 'host' | 'user'): Promise<CertificateAuthorityMaterial> {
  return createCertificateAuthority({
    type,
    cluster,
    notBefore: new Date(Date.now() - hourMilliseconds),
    notAfter: new Date(Date.now() + 24 * hourMilliseconds),
    serial: randomBytes(16),
  })
}

async function serverKeys(
  issuer: CertificateAuthorityMaterial,
  request: Partial<CertificateRequest>,
): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const certificatePem = await issueCertificate({
    authority: issuer,
    publicKeyPem,
    commonName: 'server',
    notBefore: new Date(Date.now() - hourMilliseconds),
    notAfter: new Date(Date.now() + hourMilliseconds),
    serial: randomBytes(16),
    usages: ['server'],
    ...request,
  })
  return { certificatePem, privateKeyPem }
}

async function issueUserCertificate(
  issuer: CertificateAuthorityMaterial,
  { usage, service = 'my-redshift', notBefore, notAfter, publicKeyPem }: IssueUser,
): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const pair = await generateKeyPair()
  const identity: UserIdentity = {
    kind: 'user',
    user: 'alice',
    roles: ['access'],
    traits: { db_users: ['*'], db_names: ['*'] },
    cluster,
    usage,
    certificateId: '0c5a9f1c-6a0a-4f4e-9b1c-0d7a8f6b2f12',
    ...(usage === 'db' ? { route: { service, protocol: 'postgres', user: 'alice', name: 'dev' } } : {}),
  }
  const certificatePem = await issueCertificate({
    authority: issuer,
    publicKeyPem: publicKeyPem ?? pair.publicKeyPem,
    commonName: 'alice',
    identity,
    notBefore: notBefore ?? new Date(Date.now() - 2 * hourMilliseconds),
    notAfter: notAfter ?? new Date(Date.now() + hourMilliseconds),
    serial: randomBytes(16),
    usages: ['client'],
  })
  return { certificatePem, privateKeyPem: pair.privateKeyPem }
}
