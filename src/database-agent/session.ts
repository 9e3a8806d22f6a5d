/** One database session, told in the order it happens. */
import { databaseTarget, decideDatabaseAccess } from '#access'
import { auditEvent, type AuditEventBody } from '#audit-events'
import { databaseKindOf, planRedshiftLogin } from '#aws-model'
import { requireUserIdentity } from '#certificates'
import {
  PortunusError,
  errorDocument,
  messageOf,
  sqlStateOf,
  type Clock,
  type Connection,
  type TlsAcceptor,
  type TlsConnection,
} from '#foundation'
import { createBackendKeyRewriter, writeAuthenticationOk, writeErrorResponse } from '#postgres-protocol'
import type { Database } from '#resources'
import { endWith } from '#tunnel'
import type { AgentOptions, DatabaseLogin } from './agent-options.ts'
import type { AuditTurn } from './audit-turn.ts'
import type { CancelRegistry } from './cancel-registry.ts'
import { connectDatabase, sendCancel, type DatabaseConnection } from './connect-database.ts'
import { readClientStartup, type ClientStartup } from './client-startup.ts'
import { relay } from './relay.ts'
import type { RoleDirectory } from './role-directory.ts'
import {
  cancelEvent,
  connectFailedEvent,
  deniedEvent,
  endedEvent,
  startedEvent,
  type SessionFacts,
  type UpstreamFacts,
} from './session-facts.ts'
import { openSessionRecorder } from './session-recorder.ts'

export interface SessionContext {
  readonly agent: AgentOptions
  readonly acceptor: TlsAcceptor
  readonly turn: AuditTurn
  readonly cancelRegistry: CancelRegistry
  readonly roles: RoleDirectory
  readonly databaseNamed: (name: string) => Database | undefined
}

const connectMillisecondsMax = 60_000
const cancelMillisecondsMax = 15_000

/** Serves a connection that was dialled back for a client. Failures are told to the client and logged; never rejects. */
export async function runSession(connection: Connection, context: SessionContext): Promise<void> {
  const { log } = context.agent
  let client: TlsConnection
  try {
    client = await context.acceptor.accept(connection)
  } catch (error) {
    log.info('client refused', { error: messageOf(error) })
    connection.stream.destroy()
    return
  }
  client.stream.on('error', (error) => log.debug('client connection failed', { error: messageOf(error) }))
  try {
    await serveClient(client, context)
  } catch (error) {
    log.info('database session refused', { error: messageOf(error), code: errorDocument(error).code })
    if (!(error instanceof PortunusError))
      log.error('database session failed', { error, stack: error instanceof Error ? error.stack : undefined })
    tellClient(client, error, context.agent.clock)
  }
}

async function serveClient(client: TlsConnection, context: SessionContext): Promise<void> {
  // 1. Who is it? Only the person's own certificate is believed.
  const identity = requireUserIdentity(client.peerCertificate, {
    cluster: context.agent.identity.cluster,
    now: context.agent.clock.now(),
    usages: ['db'],
  })
  // 2. Which database, database user and database name?
  const startup = await readClientStartup(client.stream, context.agent.clock)
  const database = context.databaseNamed(identity.route?.service ?? '')
  if (database === undefined) throw databaseUnknown(identity.route?.service ?? '')
  const facts: SessionFacts = {
    sessionId: context.agent.randomness.uuid(),
    identity,
    database,
    databaseType: databaseKindOf(database),
    databaseUser: startup.user,
    databaseName: startup.database,
    applicationName: startup.parameters.get('application_name'),
    clientAddress: identity.clientAddress ?? client.remoteAddress,
    agentHostId: context.agent.identity.hostId,
    startedAt: context.agent.clock.now(),
  }
  // 3. May this person? The only decision that counts.
  await authorize(facts, context)
  // 4. The start is on disk before the database hears of it.
  record(startedEvent(facts), context)
  context.agent.log.info('database session started', { session: facts.sessionId, user: identity.user, database: database.metadata.name })
  const upstream: UpstreamFacts = { user: '', processId: undefined }
  const endedBy = await connectAndRelay(client, startup, facts, upstream, context)
  context.agent.log.info('database session ended', { session: facts.sessionId, ended_by: endedBy })
}

async function authorize(facts: SessionFacts, context: SessionContext): Promise<void> {
  const { identity, database } = facts
  const roles = await context.roles.roles(identity.roles)
  const decision = decideDatabaseAccess(
    { user: identity.user, roles, traits: identity.traits },
    {
      database: databaseTarget(database),
      databaseUser: facts.databaseUser,
      databaseName: facts.databaseName,
    },
  )
  if (decision.allowed) return
  const error = new PortunusError(
    'DATABASE_ACCESS_DENIED',
    `Cannot connect to "${database.metadata.name}" as "${facts.databaseUser}" (database name "${facts.databaseName}"): ${decision.reason}`,
    { category: 'access-denied', sqlState: '28000', hint: decision.hint },
  )
  record(deniedEvent(facts, error), context)
  throw error
}

async function connectAndRelay(
  client: TlsConnection,
  startup: ClientStartup,
  facts: SessionFacts,
  upstream: UpstreamFacts,
  context: SessionContext,
): Promise<string> {
  const abandoned = new AbortController()
  const leave = (): void => abandoned.abort(clientLeft())
  client.stream.once('close', leave)
  let connected: { readonly login: DatabaseLogin; readonly connection: DatabaseConnection }
  try {
    connected = await connectUpstream(startup, facts, context, abandoned.signal)
  } catch (error) {
    record(connectFailedEvent(facts, error), context)
    throw error
  } finally {
    client.stream.removeListener('close', leave)
  }
  const { login, connection } = connected
  const actual = Object.assign(upstream, { user: login.user })
  return await relaySession(client, connection, facts, actual, context)
}

async function connectUpstream(
  startup: ClientStartup,
  facts: SessionFacts,
  context: SessionContext,
  abandoned: AbortSignal,
): Promise<{ readonly login: DatabaseLogin; readonly connection: DatabaseConnection }> {
  const signal = AbortSignal.any([abandoned, context.agent.clock.deadline(connectMillisecondsMax)])
  // 5. Temporary credentials, as a database user or by an IAM role.
  const plan = planRedshiftLogin({
    database: facts.database,
    databaseUser: facts.databaseUser,
    databaseName: facts.databaseName,
    person: facts.identity.user,
    sessionId: facts.sessionId,
  })
  const logIn = async (fresh: boolean): Promise<{ readonly login: DatabaseLogin; readonly connection: DatabaseConnection }> => {
    const login = await context.agent.redshiftLogins.issue(plan, { signal, fresh })
    // 6. Verified TLS to the database, and its login.
    const { protocol, parameters } = startup
    const request = { database: facts.database, login, databaseName: facts.databaseName, protocol, parameters, signal }
    return { login, connection: await connectDatabase(request, context.agent) }
  }
  try {
    return await logIn(false)
  } catch (error) {
    // A kept password that the database refuses may have been revoked; a new one is asked for once.
    if (!(error instanceof PortunusError) || error.code !== 'DATABASE_LOGIN_REFUSED' || error.sqlState !== '28P01') throw error
    return await logIn(true)
  }
}

async function relaySession(
  client: TlsConnection,
  connection: DatabaseConnection,
  facts: SessionFacts,
  upstream: UpstreamFacts,
  context: SessionContext,
): Promise<string> {
  const { agent, turn } = context
  const recorder = openSessionRecorder({ facts, upstream, turn, agent })
  const rewriter = createBackendKeyRewriter({ mint: (lengthBytes) => context.cancelRegistry.mint(lengthBytes) })
  let registration: Disposable | undefined
  for (const message of connection.head) client.stream.write(message)
  client.stream.write(writeAuthenticationOk())
  // 7. Bytes, both ways.
  const end = await relay({
    client: client.stream,
    database: connection.stream,
    firstServerBytes: connection.rest,
    tap: recorder,
    rewriter,
    turn,
    clock: agent.clock,
    onReady() {
      upstream.processId = rewriter.key?.processId
      registration = registerCancel(rewriter.key, facts, context)
    },
    onUnrecorded(error) {
      recorder.refuse()
      tellClient(client, error, context.agent.clock)
    },
  })
  // 8. The end, with its totals and who ended it.
  registration?.[Symbol.dispose]()
  recorder.end()
  record(endedEvent(facts, { ...recorder.totals, endedBy: end.endedBy, error: end.error?.message }, agent.clock.now()), context)
  return end.endedBy
}

type BackendKey = NonNullable<ReturnType<typeof createBackendKeyRewriter>['key']>

function registerCancel(key: BackendKey | undefined, facts: SessionFacts, context: SessionContext): Disposable | undefined {
  if (key === undefined) return undefined // some poolers give no key; then there is nothing to cancel with
  return context.cancelRegistry.add({
    processId: key.processId,
    mintedKey: key.mintedKey,
    async cancel(request) {
      record(cancelEvent(facts, key.processId, request.clientAddress), context)
      const signal = context.agent.clock.deadline(cancelMillisecondsMax)
      await sendCancel({ database: facts.database, processId: key.processId, secretKey: key.realKey, signal }, context.agent)
    },
  })
}

/** Puts an event on disk now. Throws AUDIT_WRITE_FAILED. */
function record(body: AuditEventBody, context: SessionContext): void {
  const { identity, randomness, clock, journal } = context.agent
  journal.append(auditEvent(body, { uid: randomness.uuid(), time: clock.now(), clusterName: identity.cluster }))
  context.turn.writeNow()
}

function tellClient(client: TlsConnection, error: unknown, clock: Clock): void {
  const { message, hint } = errorDocument(error)
  const bytes = writeErrorResponse({ severity: 'FATAL', sqlState: sqlStateOf(error), message, ...(hint === undefined ? {} : { hint }) })
  endWith(client.stream, bytes, clock)
}

function clientLeft(): PortunusError {
  return new PortunusError('CLIENT_LEFT', 'Cannot connect to the database: the client left before the login was done', {
    category: 'unavailable',
  })
}

function databaseUnknown(name: string): PortunusError {
  return new PortunusError('DATABASE_NOT_SERVED', `Cannot connect to "${name}": this Database Service does not serve it`, {
    category: 'not-found',
    sqlState: '08004',
    hint: 'list the databases with: tsh db ls',
  })
}
