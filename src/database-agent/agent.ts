/** The Database Service: its databases, its live sessions, its word to the cluster. */
import { PortunusError, fromHex, messageOf, type Clock, type Connection } from '#foundation'
import { admit } from './admission.ts'
import type { AgentOptions } from './agent-options.ts'
import { openAuditTurn } from './audit-turn.ts'
import { openCancelRegistry } from './cancel-registry.ts'
import { runHeartbeat, withdrawAll } from './heartbeat.ts'
import { openRoleDirectory } from './role-directory.ts'
import { openSessionGuards, type SessionGuards } from './session-guards.ts'
import { runSessionReporter } from './session-reporter.ts'
import { openServedDatabases } from './served-databases.ts'
import { runSession, type SessionContext } from './session.ts'

export const agentAlpn = 'portunus-relay/1'

/** How long a connection that was dialled ahead may wait for its client. */
const idleDialBackMillisecondsMax = 10 * 60_000
const drainMilliseconds = 10_000
const lastWordsMilliseconds = 2_000
const cutMilliseconds = 5_000

export interface DatabaseAgent extends AsyncDisposable {
  readonly databaseNames: readonly string[]
  /** Takes over a dialled-back connection, once its client says its first byte. */
  accept(connection: Connection): void
  /** Cancels what a session runs; false when the key is not of a session here. */
  cancel(call: {
    readonly processId: number
    readonly secretKeyHex: string
    readonly clientAddress: string
    readonly user?: string | undefined
  }): Promise<boolean>
  readonly sessions: number
}

/** Begins to announce the databases; disposing takes the announcements back, and then ends the sessions in words. */
export function openDatabaseAgent(options: AgentOptions): DatabaseAgent {
  const served = openServedDatabases(options)
  const cancelRegistry = openCancelRegistry(options.randomness)
  const roles = openRoleDirectory(options)
  const guards = openSessionGuards({ ...options, decideAgain: (facts) => admit(facts, { ...options, roles }) })
  const context: SessionContext = {
    agent: options,
    acceptor: options.tls.acceptor({
      identity: options.credentials.host,
      clientAuthoritiesPem: options.credentials.userAuthoritiesPem,
      alpn: [agentAlpn],
    }),
    turn: openAuditTurn(options.journal, options.atEndOfTurn, options.clock),
    cancelRegistry,
    roles,
    guards,
    databaseNamed: (name) => served.named(name),
  }
  const sessions = new Map<Connection, Promise<void>>()
  const stopping = new AbortController()
  const announced = {
    ...options,
    get databases() {
      return served.all()
    },
  }
  const heartbeat = Promise.all([runHeartbeat(announced, stopping.signal), served.follow(stopping.signal)])
  const reporter = runSessionReporter({ ...options, guards }, stopping.signal)
  return {
    get databaseNames() {
      return served.all().map(({ metadata }) => metadata.name)
    },
    get sessions() {
      return sessions.size
    },
    accept(connection) {
      connection.stream.on('error', (error) => options.log.debug('connection failed', { error: messageOf(error) }))
      whenFirstByteComes(connection, options, () => {
        const session = runSession(connection, context).finally(() => sessions.delete(connection))
        sessions.set(connection, session)
      })
    },
    async cancel(call) {
      const key = fromHex(call.secretKeyHex)
      const session = key === undefined ? undefined : cancelRegistry.find(call.processId, key)
      if (session === undefined) return false
      await session.cancel(call)
      return true
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await heartbeat
      await withdrawAll(announced)
      await drain(sessions, guards, options)
      guards[Symbol.dispose]()
      await reporter
    },
  }
}

/** Live sessions may come to their end for a while; then they are told, and at last cut. */
async function drain(sessions: ReadonlyMap<Connection, Promise<void>>, guards: SessionGuards, options: AgentOptions): Promise<void> {
  if (guards.sessions.length > 0) {
    options.log.info('live sessions may go on for a while', { sessions: guards.sessions.length })
    await settled(sessions, options.drainMilliseconds ?? drainMilliseconds, options.clock)
    for (const session of guards.sessions) session.end(agentStopping())
    await settled(sessions, lastWordsMilliseconds, options.clock)
  }
  for (const connection of sessions.keys()) connection.stream.destroy()
  await settled(sessions, cutMilliseconds, options.clock)
}

async function settled(sessions: ReadonlyMap<Connection, Promise<void>>, milliseconds: number, clock: Clock): Promise<void> {
  const waited = new AbortController()
  await Promise.race([Promise.allSettled(sessions.values()), clock.sleep(milliseconds, { signal: waited.signal }).catch(ignore)])
  waited.abort() // a sleep left behind would keep the process alive
}

function agentStopping(): PortunusError {
  return new PortunusError('AGENT_STOPPING', 'Cannot go on with the session: the Database Service stops', {
    category: 'unavailable',
    sqlState: '57P01',
    hint: 'connect again; another Database Service takes over where there is one',
  })
}

/** TLS has a deadline for its handshake, so it begins only when the client does. */
function whenFirstByteComes(connection: Connection, options: AgentOptions, begin: () => void): void {
  const { stream } = connection
  const settle = (): void => {
    timer[Symbol.dispose]()
    stream.removeListener('readable', look)
    stream.removeListener('close', settle)
  }
  const look = (): void => {
    settle()
    if (stream.readableLength > 0) begin()
    else stream.destroy()
  }
  const timer = options.clock.timer(idleDialBackMillisecondsMax, () => {
    settle()
    stream.destroy()
  })
  stream.once('readable', look)
  stream.once('close', settle)
}

function ignore(): void {}
