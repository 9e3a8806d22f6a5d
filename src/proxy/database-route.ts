/** From a person who wants a database to a connection with an agent that serves it. */
import {
  combineSessionOptions,
  databaseTarget,
  decideDatabaseAccess,
  decideRevocation,
  decideStaleness,
  heldRoles,
  revocationError,
} from '#access'
import { databaseSessionStart, type AuditEventBody } from '#audit-events'
import type { RevocationView } from '#authority-api'
import type { UserIdentity } from '#certificates'
import { PortunusError, messageOf, type Clock, type Connection, type Log } from '#foundation'
import type { DatabaseServer } from '#resources'
import type { TunnelHub } from '#tunnel'
import type { Directory } from './directory.ts'

export interface DatabaseRequest {
  readonly identity: UserIdentity
  readonly service: string
  readonly databaseUser: string
  readonly databaseName: string
  readonly clientAddress: string
}

export interface AgentConnection {
  readonly hostId: string
  readonly connection: Connection
}

export interface DatabaseRouteOptions {
  readonly directory: Directory
  readonly hub: TunnelHub
  readonly revocations: RevocationView
  /** Resolves when the event is stored. */
  readonly audit: (event: AuditEventBody) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Checks access early, so that a refusal comes back with its reason before anything is dialled; the agent decides again
 * from the certificate. Then dials the connected agents, the least busy first, until one answers.
 * Throws DATABASE_NOT_FOUND, DATABASE_ACCESS_DENIED, LOCK_IN_FORCE, USER_GONE, LOCKS_STALE, DATABASE_AGENT_MISSING or TUNNEL_AGENT_UNREACHABLE.
 */
export async function connectToAgent(request: DatabaseRequest, options: DatabaseRouteOptions): Promise<AgentConnection> {
  const servers = await options.directory.serversOf(request.service)
  const server = servers[0]
  if (server === undefined) throw notFound(request.service)
  await authorize(request, server, options)
  const hostIds = await connectedAgents(servers, options)
  if (hostIds.length === 0) throw agentMissing(request.service, servers)
  let failure: unknown
  for (const hostId of hostIds) {
    try {
      return { hostId, connection: await options.hub.dial(hostId) }
    } catch (error) {
      failure = error
      options.log.warn('agent not reached', { host_id: hostId, database: request.service, error: messageOf(error) })
    }
  }
  throw failure
}

async function authorize(request: DatabaseRequest, server: DatabaseServer, options: DatabaseRouteOptions): Promise<void> {
  const { identity } = request
  const { user, traits } = identity
  await options.revocations.known()
  const { state } = options.revocations
  const revocable = {
    user,
    roles: identity.roles,
    accessRequests: identity.activeRequests,
    database: request.service,
    databaseUser: request.databaseUser,
  }
  const roles = await options.directory.roles(heldRoles(revocable, state))
  const revocation =
    decideRevocation(revocable, state, options.clock.now()) ??
    decideStaleness(options.revocations.ageMilliseconds(), combineSessionOptions(roles).lock)
  if (revocation !== undefined) {
    const error = revocationError(revocation, `connect to "${request.service}"`)
    await options.audit(deniedEvent(request, server, error))
    throw error
  }
  const decision = decideDatabaseAccess(
    { user, roles, traits },
    {
      database: databaseTarget(server.spec.database),
      databaseUser: request.databaseUser,
      databaseName: request.databaseName,
    },
  )
  if (decision.allowed) return
  const error = accessDenied(request, decision.reason, decision.hint)
  await options.audit(deniedEvent(request, server, error))
  throw error
}

function deniedEvent(request: DatabaseRequest, server: DatabaseServer, error: PortunusError): AuditEventBody {
  const { spec } = server.spec.database
  return databaseSessionStart({
    success: false,
    error: error.message,
    error_code: error.code,
    user: request.identity.user,
    db_service: request.service,
    db_protocol: spec.protocol,
    db_uri: spec.uri,
    db_user: request.databaseUser,
    db_name: request.databaseName,
    client_address: request.clientAddress,
  })
}

/** An agent that restarts is back in a moment; a client that comes meanwhile waits for it instead of being refused. */
const agentReturnMilliseconds = 2_000
const agentPollMilliseconds = 50

async function connectedAgents(servers: readonly DatabaseServer[], options: DatabaseRouteOptions): Promise<readonly string[]> {
  const until = options.clock.monotonicMilliseconds() + agentReturnMilliseconds
  for (;;) {
    const hostIds = agentsByLoad(servers, options.hub)
    if (hostIds.length > 0 || options.clock.monotonicMilliseconds() >= until) return hostIds
    await options.clock.sleep(agentPollMilliseconds)
  }
}

function agentsByLoad(servers: readonly DatabaseServer[], hub: TunnelHub): readonly string[] {
  const hostIds = [...new Set(servers.map((server) => server.spec.hostId))]
  return hostIds.filter((hostId) => hub.isConnected(hostId)).sort((left, right) => hub.openConnections(left) - hub.openConnections(right))
}

function accessDenied(request: DatabaseRequest, reason: string, hint: string): PortunusError {
  return new PortunusError(
    'DATABASE_ACCESS_DENIED',
    `Cannot connect to "${request.service}" as "${request.databaseUser}" (database name "${request.databaseName}"): ${reason}`,
    { category: 'access-denied', sqlState: '28000', hint },
  )
}

function notFound(service: string): PortunusError {
  return new PortunusError('DATABASE_NOT_FOUND', `Cannot connect to "${service}": no Database Service announces such a database now`, {
    category: 'not-found',
    sqlState: '08004',
    hint: 'list the databases with: tsh db ls',
  })
}

function agentMissing(service: string, servers: readonly DatabaseServer[]): PortunusError {
  const hosts = servers.map((server) => `"${server.spec.hostname}"`).join(', ')
  return new PortunusError(
    'DATABASE_AGENT_MISSING',
    `Cannot connect to "${service}": no healthy Database Service is connected, it was last served by ${hosts}`,
    { category: 'unavailable', sqlState: '57P03', hint: 'start it on that host: sudo systemctl start teleport' },
  )
}
