/** From an endpoint and a login to a database that has authenticated us: TCP, SSLRequest, verified TLS, startup, password. */
import type { Duplex } from 'node:stream'
import { PortunusError, type Address, type TlsConnection } from '#foundation'
import {
  md5Password,
  readAuthenticationRequest,
  readErrorFields,
  writeCancelRequest,
  writeNegotiateProtocolVersion,
  writePasswordMessage,
  writeSslRequest,
  writeStartupMessage,
} from '#postgres-protocol'
import type { Database } from '#resources'
import type { AgentOptions, DatabaseLogin } from './agent-options.ts'
import { openMessageReader, type MessageReader } from './message-reader.ts'

export interface DatabaseConnection {
  readonly stream: Duplex
  /** Messages the server sent before AuthenticationOk that the client must see (protocol negotiation, notices). */
  readonly head: readonly Uint8Array[]
  /** What it said after AuthenticationOk, up to its first ReadyForQuery and whatever was read beyond. */
  readonly rest: Uint8Array
}

export interface ConnectDatabaseRequest {
  readonly database: Database
  readonly login: DatabaseLogin
  readonly databaseName: string
  /** As the client asked. */
  readonly protocol: { readonly major: number; readonly minor: number }
  /** The client's own parameters; user and database are replaced. */
  readonly parameters: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

type World = Pick<AgentOptions, 'network' | 'tls' | 'md5Hex'>

const letters = { R: 0x52, E: 0x45, N: 0x4e, S: 0x53, Z: 0x5a } as const

/**
 * Throws NETWORK_DIAL_FAILED, DATABASE_TLS_REFUSED, the TLS_* errors, DATABASE_LOGIN_REFUSED (with the server's SQLSTATE),
 * DATABASE_AUTHENTICATION_UNSUPPORTED, DATABASE_CLOSED or DATABASE_PROTOCOL. There is never a fallback to plain text.
 */
export async function connectDatabase(request: ConnectDatabaseRequest, world: World): Promise<DatabaseConnection> {
  const { stream } = await openDatabaseTls(request.database, request.signal, world)
  try {
    const reader = openMessageReader(stream)
    stream.write(writeStartupMessage({ major: 3, minor: 0, parameters: startupParameters(request) }))
    const head = await authenticate(stream, reader, request, world)
    const greeting = await readGreeting(reader, request)
    return { stream, head: [...negotiation(request), ...head], rest: Buffer.concat([...greeting, reader.takeRest()]) }
  } catch (error) {
    stream.destroy()
    throw error
  }
}

const greetingBytesMax = 1024 * 1024

/**
 * What the server says between AuthenticationOk and the first ReadyForQuery, as it came. A database may still refuse here:
 * one that does not exist, one with no connection left (SQLSTATE 3D000, 53300).
 */
async function readGreeting(reader: MessageReader, request: ConnectDatabaseRequest): Promise<readonly Uint8Array[]> {
  const greeting: Uint8Array[] = []
  let sizeBytes = 0
  for (;;) {
    const message = await reader.nextMessage(request.signal)
    if (message.type === letters.E) throw loginRefused(request, message.body)
    greeting.push(message.frame)
    sizeBytes += message.frame.length
    if (message.type === letters.Z) return greeting
    if (sizeBytes > greetingBytesMax) {
      throw new PortunusError('DATABASE_GREETING_ENDLESS', 'Cannot log in to the database: it never gets ready for a query', {
        category: 'unavailable',
        sqlState: '08P01',
      })
    }
  }
}

/** Asks the database to cancel (PostgreSQL manual, 54.2.8) over TLS, and waits until it has taken the request. */
export async function sendCancel(
  request: { readonly database: Database; readonly processId: number; readonly secretKey: Uint8Array; readonly signal: AbortSignal },
  world: World,
): Promise<void> {
  const { stream } = await openDatabaseTls(request.database, request.signal, world)
  await new Promise<void>((resolve) => {
    stream.once('close', resolve)
    stream.once('end', resolve)
    stream.on('error', () => resolve())
    request.signal.addEventListener('abort', () => resolve(), { once: true })
    stream.resume()
    stream.write(writeCancelRequest({ processId: request.processId, secretKey: request.secretKey }))
  })
  stream.destroy()
}

async function openDatabaseTls(database: Database, signal: AbortSignal, world: World): Promise<TlsConnection> {
  const address = addressOf(database.spec.uri)
  const connection = await world.network.dial(address, { signal })
  try {
    const reader = openMessageReader(connection.stream)
    connection.stream.write(writeSslRequest())
    const answer = await reader.nextByte(signal)
    // Bytes sent along with the answer could be smuggled past the upgrade (CVE-2021-23222).
    if (answer !== letters.S || reader.takeRest().length > 0) throw tlsRefused(database)
  } catch (error) {
    connection.stream.destroy()
    throw error
  }
  const { tls } = database.spec
  return world.tls.connect(connection, {
    serverName: tls.serverName ?? address.host,
    authoritiesPem: tls.caCert === undefined ? undefined : [tls.caCert],
    insecure: tls.mode === 'insecure',
    ...(tls.mode === 'verify-ca' ? { verifyPeer: () => {} } : {}),
    signal,
  })
}

function addressOf(uri: string): Address {
  const colon = uri.lastIndexOf(':')
  return { host: uri.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(uri.slice(colon + 1)) }
}

/**
 * Towards the database we speak 3.0, which Redshift knows and PostgreSQL will know for ever. A client that asked for more is
 * told so (PostgreSQL manual, 54.2.1); one that asked for 3.0 is not, because Amazon's drivers take the message for an error.
 */
function negotiation(request: ConnectDatabaseRequest): readonly Uint8Array[] {
  if (request.protocol.minor === 0) return []
  const unsupportedOptions = [...request.parameters.keys()].filter((name) => name.startsWith('_pq_.'))
  return [writeNegotiateProtocolVersion({ major: 3, minor: 0, unsupportedOptions })]
}

/** Protocol options (`_pq_.`) are between a client and its own server; ours are not theirs. */
function startupParameters(request: ConnectDatabaseRequest): ReadonlyMap<string, string> {
  const forwarded = [...request.parameters].filter(([name]) => name !== 'user' && name !== 'database' && !name.startsWith('_pq_.'))
  return new Map([['user', request.login.user], ['database', request.databaseName], ...forwarded])
}

async function authenticate(
  stream: Duplex,
  reader: MessageReader,
  request: ConnectDatabaseRequest,
  world: World,
): Promise<readonly Uint8Array[]> {
  const head: Uint8Array[] = []
  for (;;) {
    const message = await reader.nextMessage(request.signal)
    switch (message.type) {
      case letters.N:
        head.push(message.frame)
        break
      case letters.E:
        throw loginRefused(request, message.body)
      case letters.R:
        if (answerAuthentication(stream, message.body, request, world) === 'done') return head
        break
      default:
        throw new PortunusError(
          'DATABASE_PROTOCOL',
          `Cannot log in to the database: it sent the message "${String.fromCharCode(message.type)}" too early`,
          {
            category: 'unavailable',
            sqlState: '08P01',
          },
        )
    }
  }
}

function answerAuthentication(stream: Duplex, body: Uint8Array, request: ConnectDatabaseRequest, world: World): 'done' | 'continue' {
  const { user, password } = request.login
  const asked = readAuthenticationRequest(body)
  switch (asked.kind) {
    case 'ok':
      return 'done'
    case 'cleartext-password':
      stream.write(writePasswordMessage(password.reveal()))
      return 'continue'
    case 'md5-password':
      stream.write(writePasswordMessage(md5Password({ user, password: password.reveal(), salt: asked.salt }, world.md5Hex)))
      return 'continue'
    default:
      throw new PortunusError(
        'DATABASE_AUTHENTICATION_UNSUPPORTED',
        `Cannot log in to "${request.database.metadata.name}": it asks for the authentication method ${describe(asked)}`,
        { category: 'unsupported', sqlState: '0A000', hint: 'let the database ask for a password (md5 or cleartext) over TLS' },
      )
  }
}

function describe(asked: { readonly kind: string }): string {
  return `"${asked.kind}"`
}

function tlsRefused(database: Database): PortunusError {
  return new PortunusError('DATABASE_TLS_REFUSED', `Cannot connect to "${database.spec.uri}": the server refuses TLS`, {
    category: 'unavailable',
    sqlState: '08001',
    hint: 'turn TLS on in the database; a connection without it is never made',
  })
}

function loginRefused(request: ConnectDatabaseRequest, body: Uint8Array): PortunusError {
  const fields = readErrorFields(body)
  const missingUser = /user ".*" does not exist/i.test(fields.message ?? '') && !request.login.user.startsWith('IAMR:')
  const userName = request.login.user.replace(/^IAMA?:/, '')
  return new PortunusError(
    'DATABASE_LOGIN_REFUSED',
    `Cannot log in to "${request.database.metadata.name}" as "${request.login.user}": ${fields.message ?? 'the server gave no reason'}`,
    {
      category: 'access-denied',
      sqlState: fields.sqlState ?? '28000',
      hint: missingUser
        ? `the database user must exist: CREATE USER "${userName}" PASSWORD DISABLE; or connect as an IAM role with --db-user=role/<name>`
        : (fields.hint ?? "look at the database's own log"),
    },
  )
}
