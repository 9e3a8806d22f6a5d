/** Knocking at the TLS doors of a cluster: one way in per door, and what came of it. */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { authorityServerName, proxyServerName } from '#certificates'
import { readErrorAnswer, type Address, type Connection, type KeyPairPem, type TlsConnection } from '#foundation'
import { readErrorFields, writeSslRequest, writeStartupMessage } from '#postgres-protocol'
import { nodeNetwork, openHttp2Client } from '#world'
import { service, type Cluster } from './cluster.ts'

/** What a door did: served, closed without a word, or refused in words under an error code or SQLSTATE. */
export type Answer =
  | { readonly kind: 'served'; readonly body: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

export interface Knocker {
  readonly credential: KeyPairPem | undefined
  /** TLS 1.3 unless told; with 1.2 a refused certificate shows before the handshake is over. */
  readonly version?: tls.SecureVersion
}

export type Door = (cluster: Cluster, knocker: Knocker) => Promise<Answer>

const answerMillisecondsMax = 8_000

export const authorityThroughProxy: Door = (cluster, knocker) => ping(cluster, cluster.proxy, knocker)

export const authorityPort: Door = (cluster, knocker) => ping(cluster, cluster.authority, knocker)

function ping(cluster: Cluster, address: Address, knocker: Knocker): Promise<Answer> {
  return call(cluster, address, knocker, {
    alpn: 'portunus-authority/1',
    serverName: authorityServerName,
    request: { method: 'GET', path: '/v1/ping' },
  })
}

export const proxyApi: Door = (cluster, knocker) => askForTicket(cluster, knocker, {})

export interface TicketRequest {
  readonly service?: string
  readonly databaseUser?: string
  readonly databaseName?: string
}

export function askForTicket(cluster: Cluster, knocker: Knocker, ticket: TicketRequest): Promise<Answer> {
  return call(cluster, cluster.proxy, knocker, {
    alpn: 'portunus-proxy/1',
    serverName: proxyServerName,
    request: {
      method: 'POST',
      path: '/v1/tickets',
      body: JSON.stringify({ service, databaseUser: 'alice', databaseName: 'dev', ...ticket }),
    },
  })
}

/** The proxy speaks first when it takes an agent: the preface of HTTP/2 (RFC 9113, section 3.4). */
export const tunnel: Door = (cluster, knocker) =>
  knock(cluster, knocker, { address: cluster.proxy, alpn: 'portunus-tunnel/1', serverName: proxyServerName }, async ({ stream }) => {
    const bytes = await readUntil(stream, (read) => read.length >= 14)
    if (bytes.length === 0) return { kind: 'closed' }
    return { kind: 'served', body: bytes.toString('latin1') }
  })

/** Opens the agent's door with a ticket that somebody who may have one got. */
export function relay(ticketOf: () => Promise<string>, startup: Startup = {}): Door {
  return async (cluster, knocker) => {
    const serverName = await ticketOf()
    const endpoint = { address: cluster.proxy, alpn: 'portunus-relay/1', serverName }
    return await knock(cluster, knocker, endpoint, ({ stream }) => startPostgres(stream, startup))
  }
}

export interface Startup {
  readonly user?: string
  readonly database?: string
}

export const postgresByAlpn: Door = (cluster, knocker) =>
  knock(cluster, knocker, { address: cluster.proxy, alpn: 'postgresql', serverName: 'localhost' }, ({ stream }) => startPostgres(stream))

export const postgresBySslRequest: Door = async (cluster, knocker) => {
  const connection = await nodeNetwork.dial(cluster.proxy)
  connection.stream.write(writeSslRequest())
  const answer = await readUntil(connection.stream, (read) => read.length > 0)
  if (answer.toString('latin1') !== 'S') return { kind: 'refused', code: 'no TLS', message: answer.toString('latin1') }
  const endpoint = { connection, alpn: undefined, serverName: 'localhost' }
  return await knock(cluster, knocker, endpoint, ({ stream }) => startPostgres(stream))
}

interface HttpCall {
  readonly alpn: string
  readonly serverName: string
  readonly request: { readonly method: string; readonly path: string; readonly body?: string }
}

function call(cluster: Cluster, address: Address, knocker: Knocker, { request, ...names }: HttpCall): Promise<Answer> {
  return knock(cluster, knocker, { address, ...names }, async (connection) => {
    await using client = openHttp2Client(connection)
    const { status, body } = await client.request({ ...request, signal: AbortSignal.timeout(answerMillisecondsMax) })
    if (status === 200) return { kind: 'served', body }
    const error = readErrorAnswer(JSON.parse(body))
    if (error === undefined) throw new Error(`an answer ${status} without an error: ${body}`)
    return { kind: 'refused', code: error.code, message: error.message }
  })
}

interface Endpoint {
  readonly address?: Address
  /** A connection that has been opened already. */
  readonly connection?: Connection
  readonly alpn: string | undefined
  readonly serverName: string
}

/** Any way of losing the connection is `closed`: TLS 1.3 tells a refused client only once it reads. */
async function knock(
  cluster: Cluster,
  knocker: Knocker,
  endpoint: Endpoint,
  converse: (connection: TlsConnection) => Promise<Answer>,
): Promise<Answer> {
  const connection = endpoint.connection ?? (await nodeNetwork.dial(endpoint.address ?? cluster.proxy))
  try {
    return await converse(await openTls(cluster, knocker, { ...endpoint, connection }))
  } catch (error) {
    if (isLoss(error)) return { kind: 'closed' }
    throw error
  } finally {
    connection.stream.destroy()
  }
}

/** A lost connection, or one that the door's TLS ended with an alert (RFC 8446, section 6). */
function isLoss(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ECONNRESET', 'EPIPE', 'API_UNREACHABLE'].includes(code) || /^ERR_SSL_.*ALERT/.test(code)
}

/** The server is believed by its chain to the host authority; whether its name is right is another test's matter. */
async function openTls(
  cluster: Cluster,
  knocker: Knocker,
  endpoint: Endpoint & { readonly connection: Connection },
): Promise<TlsConnection> {
  const { credential, version } = knocker
  const { stream, remoteAddress } = endpoint.connection
  const socket = tls.connect({
    socket: stream,
    servername: endpoint.serverName,
    ca: cluster.hostAuthority.certificatePem,
    checkServerIdentity: () => undefined,
    minVersion: version ?? 'TLSv1.3',
    maxVersion: version ?? 'TLSv1.3',
    ...(endpoint.alpn === undefined ? {} : { ALPNProtocols: [endpoint.alpn] }),
    ...(credential === undefined ? {} : { cert: credential.certificatePem, key: credential.privateKeyPem }),
  })
  const failed = once(socket, 'close').then(() => {
    throw Object.assign(new Error('closed'), { code: 'ECONNRESET' })
  })
  failed.catch(() => {})
  await Promise.race([once(socket, 'secureConnect'), failed])
  socket.on('error', () => {})
  return {
    stream: socket,
    remoteAddress,
    alpn: endpoint.alpn,
    peerCertificate: socket.getPeerX509Certificate(),
    exportKeyingMaterial: (length, label) => socket.exportKeyingMaterial(length, label, Buffer.alloc(0)),
  }
}

async function startPostgres(stream: Duplex, startup: Startup = {}): Promise<Answer> {
  const { user = 'alice', database = 'dev' } = startup
  stream.write(writeStartupMessage({ major: 3, minor: 0, parameters: new Map(Object.entries({ user, database })) }))
  return readPostgresAnswer(await readUntil(stream, (read) => read.length > 4 && read.length > read.readUInt32BE(1)))
}

/** AuthenticationOk is what nobody without the right certificate may see. */
export function readPostgresAnswer(bytes: Buffer): Answer {
  const type = String.fromCharCode(bytes[0] ?? 0)
  if (bytes.length === 0) return { kind: 'closed' }
  if (type !== 'E') return { kind: 'served', body: bytes.toString('latin1') }
  const { sqlState = '', message = '' } = readErrorFields(bytes.subarray(5))
  return { kind: 'refused', code: sqlState, message }
}

/** Everything that comes until it is enough or the stream ends; a reset is an end. Fails when neither happens in time. */
export function readUntil(stream: Duplex, isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const timer = setTimeout(
      () => reject(new Error(`neither an answer nor an end in time: ${bytes.toString('latin1')}`)),
      answerMillisecondsMax,
    )
    const settle = (): void => {
      clearTimeout(timer)
      stream.removeListener('data', take)
      stream.pause()
      resolve(bytes)
    }
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      if (isEnough(bytes)) settle()
    }
    stream.on('data', take)
    stream.on('error', settle)
    stream.once('end', settle)
    stream.once('close', settle)
  })
}
