/** What `tsh` asks a proxy over its kept connection: tickets for database connections, and cancels. */
import { requireUserIdentity, type UserIdentity } from '#certificates'
import { PortunusError, errorDocument, fromHex, httpStatusOf, messageOf, type TlsConnection } from '#foundation'
import { isRecord } from './record.ts'
import type { AgentConnection, DatabaseRequest } from './database-route.ts'
import type { Tickets } from './tickets.ts'

export interface ProxyApiOptions {
  readonly clusterName: string
  readonly connect: (request: DatabaseRequest) => Promise<AgentConnection>
  readonly tickets: Tickets
  readonly cancel: (call: CancelFromUser) => Promise<boolean>
  readonly now: () => Date
  readonly onUnexpected: (error: unknown) => void
}

export interface CancelFromUser {
  readonly processId: number
  readonly secretKeyHex: string
  readonly clientAddress: string
  readonly user: string
}

/** Answers requests of one connection; the certificate is checked at each, because the connection may outlive it. */
export async function answerProxyApi(request: Request, connection: TlsConnection, options: ProxyApiOptions): Promise<Response> {
  try {
    const identity = requireUserIdentity(connection.peerCertificate, {
      cluster: options.clusterName,
      now: options.now(),
      usages: ['login', 'db'],
    })
    const path = `${request.method} ${new URL(request.url).pathname}`
    switch (path) {
      case 'POST /v1/tickets':
        return Response.json(await issueTicket(await readBody(request), identity, connection, options))
      case 'POST /v1/cancel':
        return Response.json(await cancel(await readBody(request), identity, connection, options))
      default:
        throw new PortunusError('OPERATION_UNKNOWN', `Cannot call "${path}": this proxy has no such operation`, { category: 'not-found' })
    }
  } catch (error) {
    if (!(error instanceof PortunusError)) options.onUnexpected(messageOf(error))
    const document = errorDocument(error)
    return Response.json({ error: document }, { status: httpStatusOf(document.category) })
  }
}

const bodyBytesMax = 16_384

async function readBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = JSON.parse(await readText(request))
    if (isRecord(body)) return body
  } catch (error) {
    // A body that is no JSON is answered below, like any other that is no object.
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new PortunusError('REQUEST_MALFORMED', 'Cannot read the request: it is no JSON object of reasonable size', {
    category: 'bad-input',
  })
}

/** Empty for a body that is too long: no more of it is read, because HTTP/2 need not tell a length beforehand. */
async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function issueTicket(
  body: Readonly<Record<string, unknown>>,
  identity: UserIdentity,
  connection: TlsConnection,
  options: ProxyApiOptions,
): Promise<unknown> {
  const { service, databaseUser, databaseName } = body
  if (typeof service !== 'string' || typeof databaseUser !== 'string' || typeof databaseName !== 'string') {
    throw new PortunusError('REQUEST_MALFORMED', 'Cannot issue a ticket: service, databaseUser and databaseName must be texts', {
      category: 'bad-input',
    })
  }
  if (identity.usage === 'db' && identity.route?.service !== service) {
    throw new PortunusError(
      'CERTIFICATE_ROUTE_MISMATCH',
      `Cannot connect to "${service}": the certificate is for the database "${identity.route?.service ?? ''}"`,
      { category: 'access-denied', hint: `get one with: tsh db login ${service}` },
    )
  }
  const agent = await options.connect({ identity, service, databaseUser, databaseName, clientAddress: connection.remoteAddress })
  const { ticket, serverName } = options.tickets.issue(agent.connection)
  return { ticket, serverName, agentHostId: agent.hostId }
}

async function cancel(
  body: Readonly<Record<string, unknown>>,
  identity: UserIdentity,
  connection: TlsConnection,
  options: ProxyApiOptions,
): Promise<unknown> {
  const { processId, secretKeyHex } = body
  const secretKey = typeof secretKeyHex === 'string' ? fromHex(secretKeyHex) : undefined
  if (
    typeof processId !== 'number' ||
    !Number.isInteger(processId) ||
    secretKey === undefined ||
    secretKey.length < 4 ||
    secretKey.length > 256
  ) {
    throw new PortunusError('REQUEST_MALFORMED', 'Cannot cancel: processId must be a number and secretKeyHex a key of 4 to 256 bytes', {
      category: 'bad-input',
    })
  }
  await options.cancel({ processId, secretKeyHex: String(secretKeyHex), clientAddress: connection.remoteAddress, user: identity.user })
  return {} // whether the key was known is nobody's business, as in PostgreSQL itself
}
