/** What cuts somebody off at once: locks, a deleted user, a role taken away, a session that was ended. */
import { PortunusError } from '#foundation'
import type { Lock, LockTarget } from '#resources'

/** What is known of who asks; a lock matches only what is known. */
export interface RevocableSubject {
  readonly user: string
  readonly roles: readonly string[]
  readonly accessRequests?: readonly string[] | undefined
  readonly mfaDevice?: string | undefined
  readonly database?: string | undefined
  readonly databaseUser?: string | undefined
  readonly serverId?: string | undefined
  readonly session?: string | undefined
}

/** What the authority has told so far. */
export interface RevocationState {
  readonly locks: readonly Lock[]
  /** The roles each user holds now; undefined as long as nothing is known of users. */
  readonly rolesByUser: ReadonlyMap<string, readonly string[]> | undefined
  /** Sessions ended by an administrator, with the reason. */
  readonly endedSessions: ReadonlyMap<string, string>
  /** The access requests that are approved and not over, by id; undefined as long as nothing is known of them. */
  readonly grantsByRequest?: ReadonlyMap<string, RequestGrant> | undefined
}

/** What an approved access request gives to whom. */
export interface RequestGrant {
  readonly user: string
  readonly roles: readonly string[]
  /** RFC 3339. Certificates end with it; a session that began before goes on, unless a role says otherwise. */
  readonly expires?: string | undefined
}

/** Whether the time of the grant was over, as opposed to its having been taken away. */
export function hasRunOut({ expires }: RequestGrant, now: Date): boolean {
  return expires !== undefined && new Date(expires).getTime() <= now.getTime() + clockDifferenceMilliseconds
}

const clockDifferenceMilliseconds = 2_000

export const nothingRevoked: RevocationState = { locks: [], rolesByUser: undefined, endedSessions: new Map() }

/** `reason` completes "Cannot connect to ...: " and "Cannot go on with the session: "; `hint` begins with a verb. */
export interface Revocation {
  readonly kind: 'lock' | 'user-gone' | 'session-ended' | 'locks-stale'
  readonly reason: string
  readonly hint: string
}

/** Whether the subject is cut off now; undefined when nothing speaks against it. */
export function decideRevocation(subject: RevocableSubject, state: RevocationState, now: Date): Revocation | undefined {
  const lock = lockInForce(state.locks, subject, now)
  if (lock !== undefined)
    return {
      kind: 'lock',
      reason: lockReason(lock),
      hint: `ask an administrator, who can remove it with: tctl rm lock/${lock.metadata.name}`,
    }
  if (state.rolesByUser !== undefined && !state.rolesByUser.has(subject.user)) {
    return {
      kind: 'user-gone',
      reason: `the user "${subject.user}" does not exist any more`,
      hint: 'ask an administrator, then log in again',
    }
  }
  const ended = subject.session === undefined ? undefined : state.endedSessions.get(subject.session)
  if (ended !== undefined) return { kind: 'session-ended', reason: ended, hint: 'connect again, or ask an administrator' }
  return undefined
}

const codes: Readonly<Record<Revocation['kind'], string>> = {
  lock: 'LOCK_IN_FORCE',
  'user-gone': 'USER_GONE',
  'session-ended': 'SESSION_ENDED',
  'locks-stale': 'LOCKS_STALE',
}

/**
 * LOCK_IN_FORCE, USER_GONE, SESSION_ENDED or LOCKS_STALE (access-denied), for what completes "Cannot ...", such as
 * `connect to "my-redshift"`; SQLSTATE 28000 unless told.
 */
export function revocationError(revocation: Revocation, action: string, sqlState = '28000'): PortunusError {
  const { kind, reason, hint } = revocation
  return new PortunusError(codes[kind], `Cannot ${action}: ${reason}`, { category: 'access-denied', sqlState, hint })
}

/** Locks older than this count as unknown where a role is strict. */
export const lockAgeMillisecondsMax = 5 * 60_000

/** In strict mode nobody is let in by locks of long ago; in best-effort mode the last ones known count. */
export function decideStaleness(ageMilliseconds: number, mode: 'strict' | 'best_effort' | undefined): Revocation | undefined {
  if (mode !== 'strict' || ageMilliseconds <= lockAgeMillisecondsMax) return undefined
  return {
    kind: 'locks-stale',
    reason: 'the Auth Service has not been heard of for more than 5 minutes, and a role demands to know the locks (lock: strict)',
    hint: 'try again when the Auth Service is back',
  }
}

/** The first lock in force whose every target field matches. */
function lockInForce(locks: readonly Lock[], subject: RevocableSubject, now: Date): Lock | undefined {
  return locks.find((lock) => isInForce(lock, now) && matches(lock.spec.target, subject))
}

/**
 * The roles of a certificate that its owner still holds: those the user has, and those of the certificate's access requests
 * that are approved and not over.
 */
export function heldRoles(subject: RevocableSubject, state: RevocationState): readonly string[] {
  const held = state.rolesByUser?.get(subject.user)
  if (held === undefined) return subject.roles
  const requests = subject.accessRequests ?? []
  const grants = state.grantsByRequest
  if (requests.length > 0 && grants === undefined) return subject.roles
  const own = requests.flatMap((id) => grants?.get(id) ?? []).filter(({ user }) => user === subject.user)
  const granted = own.flatMap(({ roles }) => roles)
  return subject.roles.filter((role) => held.includes(role) || granted.includes(role))
}

/** Such as `lock targeting user "alice" is in force: laptop stolen`. */
export function lockReason(lock: Lock): string {
  const { target, message } = lock.spec
  const parts = targetFields.filter((field) => target[field] !== undefined).map((field) => `${words[field]} "${target[field] ?? ''}"`)
  return `lock targeting ${parts.join(' and ')} is in force${message === undefined || message === '' ? '' : `: ${message}`}`
}

function isInForce(lock: Lock, now: Date): boolean {
  return lock.spec.expires === undefined || new Date(lock.spec.expires) > now
}

const words: Readonly<Record<keyof LockTarget, string>> = {
  user: 'user',
  role: 'role',
  login: 'database user',
  mfaDevice: 'second factor',
  accessRequest: 'access request',
  serverId: 'server',
  db: 'database',
  session: 'session',
}

const targetFields = Object.keys(words).filter((field): field is keyof LockTarget => field in words)

function matches(target: LockTarget, subject: RevocableSubject): boolean {
  const given = targetFields.filter((field) => target[field] !== undefined)
  return given.length > 0 && given.every((field) => valuesOf(field, subject).includes(target[field]))
}

function valuesOf(field: keyof LockTarget, subject: RevocableSubject): readonly (string | undefined)[] {
  switch (field) {
    case 'user':
      return [subject.user]
    case 'role':
      return subject.roles
    case 'login':
      return [subject.databaseUser]
    case 'mfaDevice':
      return [subject.mfaDevice]
    case 'accessRequest':
      return subject.accessRequests ?? []
    case 'serverId':
      return [subject.serverId]
    case 'db':
      return [subject.database]
    case 'session':
      return [subject.session]
  }
  field satisfies never
}
