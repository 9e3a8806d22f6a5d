/** One database session, told in the order it happens. */
import type { SessionOptions } from '#access'
import { auditEvent, type AuditEventBody } from '#audit-events'
import { databaseKindOf } from '#aws-model'
import { requireUserIdentity, type UserIdentity } from '#certificates'
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
import { admit } from './admission.ts'
import type { AgentOptions } from './agent-options.ts'
import type { AuditTurn } from './audit-turn.ts'
import type { CancelRegistry } from './cancel-registry.ts'
import { sendCancel } from './connect-database.ts'
import { connectUpstream, type UpstreamConnection } from './connect-upstream.ts'
import { readClientStartup, refuseReplication, type ClientStartup } from './client-startup.ts'
import { relay } from './relay.ts'
import type { RoleDirectory } from './role-directory.ts'
import {
  cancelEvent,
  connectFailedEvent,
  deniedEvent,
  disconnectEvent,
  endedEvent,
  startedEvent,
  type SessionFacts,
  type UpstreamFacts,
} from './session-facts.ts'
import type { Guard, GuardedSession, SessionGuards } from './session-guards.ts'
import { openSessionRecorder } from './session-recorder.ts'

export interface SessionContext {
  readonly agent: AgentOptions
  readonly acceptor: TlsAcceptor
  readonly turn: AuditTurn
  readonly cancelRegistry: CancelRegistry
  readonly roles: RoleDirectory
  readonly guards: SessionGuards
  readonly databaseNamed: (name: string) => Database | undefined
}

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
    startupParameters: startup.parameters,
    clientAddress: identity.clientAddress ?? client.remoteAddress,
    agentHostId: context.agent.identity.hostId,
    startedAt: context.agent.clock.now(),
  }
  // 3. May this person? The only decision that counts.
  const options = await authorize(facts, context)
  const ending = new AbortController()
  using guard = guardOf({ facts, options, expiry: expiryOf(identity, client), end: (error) => ending.abort(error) }, context)
  // 4. The start is on disk before the database hears of it.
  record(startedEvent(facts), context)
  context.agent.log.info('database session started', { session: facts.sessionId, user: identity.user, database: database.metadata.name })
  const endedBy = await connectAndRelay(client, startup, { facts, guard, ending }, context)
  context.agent.log.info('database session ended', { session: facts.sessionId, ended_by: endedBy })
}

/** The login that the certificate came from; a certificate for one session alone is shorter. */
function expiryOf(identity: UserIdentity, client: TlsConnection): Date {
  const own = client.peerCertificate?.validToDate ?? new Date(0)
  return identity.previousExpiry === undefined ? own : new Date(identity.previousExpiry)
}

async function authorize(facts: SessionFacts, context: SessionContext): Promise<SessionOptions> {
  try {
    refuseReplication(facts.startupParameters)
    return await admit(facts, { ...context.agent, roles: context.roles })
  } catch (error) {
    refuse(facts, error, context)
    throw error
  }
}

/** What the cluster cannot answer is no refusal of the person. */
function refuse(facts: SessionFacts, error: unknown, context: SessionContext): void {
  if (error instanceof PortunusError && error.category !== 'unavailable') record(deniedEvent(facts, error), context)
}

function guardOf(session: GuardedSession, context: SessionContext): Guard {
  try {
    return context.guards.guard(session)
  } catch (error) {
    refuse(session.facts, error, context)
    throw error
  }
}

/** A session that may begin. */
interface Session {
  readonly facts: SessionFacts
  readonly guard: Guard
  /** Aborted, with an error, when the session has to end. */
  readonly ending: AbortController
}

async function connectAndRelay(client: TlsConnection, startup: ClientStartup, session: Session, context: SessionContext): Promise<string> {
  const { facts, ending } = session
  const abandoned = new AbortController()
  const leave = (): void => abandoned.abort(clientLeft())
  client.stream.once('close', leave)
  if (client.stream.destroyed) leave() // gone while its roles were asked for
  let upstream: UpstreamConnection
  try {
    upstream = await connectUpstream(startup, facts, context.agent, AbortSignal.any([abandoned.signal, ending.signal]))
  } catch (error) {
    if (ending.signal.aborted) {
      record(disconnectEvent(facts, ending.signal.reason), context)
      throw ending.signal.reason
    }
    const failure: unknown = abandoned.signal.aborted ? abandoned.signal.reason : error
    record(connectFailedEvent(facts, failure), context)
    throw failure
  } finally {
    client.stream.removeListener('close', leave)
  }
  return await relaySession(client, upstream, session, context)
}

async function relaySession(
  client: TlsConnection,
  { login, connection }: UpstreamConnection,
  { facts, guard, ending }: Session,
  context: SessionContext,
): Promise<string> {
  const { agent, turn } = context
  const upstream: UpstreamFacts = { user: login.user, processId: undefined }
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
      guard.watchIdleness(() => ({
        bytes: recorder.totals.clientBytes + recorder.totals.serverBytes,
        isRunning: recorder.running() > 0,
      }))
    },
    onUnrecorded(error) {
      recorder.refuse()
      tellClient(client, error, agent.clock)
    },
    stop: ending.signal,
    onStopped(reason) {
      agent.log.info('database session is ended', { session: facts.sessionId, reason: messageOf(reason) })
      record(disconnectEvent(facts, reason), context)
      if (recorder.running() > 0) cancelRunning(rewriter.key, facts, context)
      recorder.refuse()
      tellClient(client, reason, agent.clock)
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

/** A database goes on with a statement whose client is gone, until it has something to send; so it is told. */
function cancelRunning(key: BackendKey | undefined, facts: SessionFacts, { agent }: SessionContext): void {
  if (key === undefined) return
  const signal = agent.clock.deadline(cancelMillisecondsMax)
  const request = { database: facts.database, processId: key.processId, secretKey: key.realKey, signal }
  sendCancel(request, agent).catch((error: unknown) =>
    agent.log.warn('statement of an ended session not cancelled', { session: facts.sessionId, error: messageOf(error) }),
  )
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
