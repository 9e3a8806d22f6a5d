/** Watches over live sessions: locks and the like, the end of the certificate, idleness, and how many a person has. */
import { decideRevocation, decideStaleness, heldRoles, revocationError, type SessionOptions } from '#access'
import type { RevocationView } from '#authority-api'
import { PortunusError, formatDuration, messageOf, type Clock, type Log } from '#foundation'
import { subjectOf } from './admission.ts'
import type { SessionFacts } from './session-facts.ts'

export interface GuardedSession {
  readonly facts: SessionFacts
  readonly options: SessionOptions
  /** When the login it came from ends. */
  readonly expiry: Date
  /** Ends the session with the reason of the error; the first call counts. */
  end(error: PortunusError): void
}

/** What has happened in a session so far. */
export interface Activity {
  /** In both directions. */
  readonly bytes: number
  readonly isRunning: boolean
}

export interface Guard extends Disposable {
  /** From now on idleness counts; the activity is looked at now and then. */
  watchIdleness(activity: () => Activity): void
}

export interface SessionGuards extends Disposable {
  /** Throws DATABASE_CONNECTIONS_EXHAUSTED (SQLSTATE 53300). */
  guard(session: GuardedSession): Guard
  readonly sessions: readonly GuardedSession[]
  /** Called back when a session has come or gone. */
  onChange(callback: () => void): void
}

export interface SessionGuardsOptions {
  readonly revocations: RevocationView
  /** Decides again for a session whose person has lost a role; rejects when it may not go on. */
  readonly decideAgain: (facts: SessionFacts) => Promise<unknown>
  readonly clock: Clock
  readonly log: Log
}

const idleChecksPerTimeout = 10
const idleCheckMillisecondsMin = 20
const idleCheckMillisecondsMax = 5_000

interface Entry {
  readonly session: GuardedSession
  heldRoles: string
}

export function openSessionGuards(options: SessionGuardsOptions): SessionGuards {
  const { revocations, clock } = options
  const entries = new Set<Entry>()
  const callbacks: (() => void)[] = []
  const changed = (): void => {
    for (const callback of callbacks) callback()
  }
  const check = (entry: Entry): void => {
    const { session } = entry
    const subject = subjectOf(session.facts)
    const revocation =
      decideRevocation(subject, revocations.state, clock.now()) ?? decideStaleness(revocations.ageMilliseconds(), session.options.lock)
    if (revocation !== undefined) return session.end(revocationError(revocation, 'go on with the session', '57P01'))
    const held = heldRoles(subject, revocations.state).join('\n')
    if (held !== entry.heldRoles) void recheck(session, options)
    entry.heldRoles = held
  }
  const subscription = revocations.onChange(() => {
    for (const entry of entries) check(entry)
  })
  return {
    guard(session) {
      refuseTooMany(session, [...entries])
      const entry = { session, heldRoles: heldRoles(subjectOf(session.facts), revocations.state).join('\n') }
      entries.add(entry)
      changed()
      const timers = new DisposableStack()
      if (session.options.disconnectExpiredCert) timers.use(endAtExpiry(session, clock))
      check(entry) // what changed between the decision and now
      return {
        watchIdleness(activity) {
          const limit = session.options.clientIdleTimeoutMilliseconds
          if (limit !== undefined && !timers.disposed) timers.use(endWhenIdle(session, { limit, activity, clock }))
        },
        [Symbol.dispose]() {
          timers.dispose()
          entries.delete(entry)
          changed()
        },
      }
    },
    get sessions() {
      return [...entries].map(({ session }) => session)
    },
    onChange: (callback) => void callbacks.push(callback),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  }
}

/** A role is gone; the others may still be enough. */
async function recheck(session: GuardedSession, { decideAgain, log }: SessionGuardsOptions): Promise<void> {
  try {
    await decideAgain(session.facts)
  } catch (error) {
    if (!(error instanceof PortunusError) || error.category !== 'access-denied') {
      log.warn('session not decided again', { session: session.facts.sessionId, error: messageOf(error) })
      return
    }
    session.end(
      new PortunusError('SESSION_ACCESS_LOST', `Cannot go on with the session: a role was taken away. ${error.message}`, {
        category: 'access-denied',
        sqlState: '57P01',
        hint: error.hint,
      }),
    )
  }
}

function refuseTooMany(session: GuardedSession, others: readonly Entry[]): void {
  const limit = session.options.maxDatabaseConnections
  if (limit === undefined) return
  const { identity, database } = session.facts
  const same = others.filter(
    ({ session: { facts } }) => facts.identity.user === identity.user && facts.database.metadata.name === database.metadata.name,
  )
  if (same.length < limit) return
  throw new PortunusError(
    'DATABASE_CONNECTIONS_EXHAUSTED',
    `Cannot connect to "${database.metadata.name}": "${identity.user}" has ${same.length} sessions there, and no more than ${limit} are allowed`,
    { category: 'limit-exceeded', sqlState: '53300', hint: 'close a session, or ask for a role with a higher max_db_connections' },
  )
}

function endAtExpiry(session: GuardedSession, clock: Clock): Disposable {
  const left = Math.max(0, session.expiry.getTime() - clock.now().getTime())
  return clock.timer(left, () =>
    session.end(
      new PortunusError('SESSION_LOGIN_ENDED', `Cannot go on with the session: the login ended at ${session.expiry.toISOString()}`, {
        category: 'unauthenticated',
        sqlState: '28000',
        hint: 'run: tsh login',
      }),
    ),
  )
}

/** Bytes in either direction and running statements count as activity; looking at them now and then costs the relay nothing. */
function endWhenIdle(
  session: GuardedSession,
  { limit, activity, clock }: { readonly limit: number; readonly activity: () => Activity; readonly clock: Clock },
): Disposable {
  const pause = Math.min(Math.max(limit / idleChecksPerTimeout, idleCheckMillisecondsMin), idleCheckMillisecondsMax)
  let bytes = -1
  let activeAt = clock.monotonicMilliseconds()
  const look = (): void => {
    const now = clock.monotonicMilliseconds()
    const seen = activity()
    if (seen.isRunning || seen.bytes !== bytes) activeAt = now
    bytes = seen.bytes
    if (now - activeAt >= limit) return session.end(idle(limit))
    timer = clock.timer(Math.min(pause, Math.max(1, limit - (now - activeAt))), look)
  }
  let timer: Disposable = { [Symbol.dispose]() {} }
  look()
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() }
}

function idle(limit: number): PortunusError {
  const time = limit < 1000 ? `${limit}ms` : formatDuration(limit)
  return new PortunusError('SESSION_IDLE', `Cannot keep the session: nothing happened in it for ${time}`, {
    category: 'limit-exceeded',
    sqlState: '57P05',
    hint: 'connect again; the time comes from client_idle_timeout of a role',
  })
}
