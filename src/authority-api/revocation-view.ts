/** What a proxy or an agent knows of who is cut off: followed at the authority with long polls, and never older than it says. */
import { hasRunOut, nothingRevoked, type RevocationState } from '#access'
import { messageOf, type Clock, type Log, type Randomness } from '#foundation'
import type { AuthorityClient } from './client.ts'
import type { ResponseOf } from './operations.ts'

export interface RevocationView {
  /** As the authority said it last. */
  readonly state: RevocationState
  /** Since the authority last vouched for the state; infinite before it ever did. */
  ageMilliseconds(): number
  /** Resolves when the authority has answered once, but after two seconds at the latest. */
  known(): Promise<void>
  /** Calls back after every change, and whenever the authority does not answer. */
  onChange(callback: () => void): Disposable
}

/** The view where nobody is ever cut off; for measurements and tests of other things. */
export const nobodyCutOff: RevocationView = {
  state: nothingRevoked,
  ageMilliseconds: () => 0,
  known: () => Promise.resolve(),
  onChange: () => ({ [Symbol.dispose]() {} }),
}

export interface RevocationViewOptions {
  readonly authority: Pick<AuthorityClient, 'watchRevocations'>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

const waitMilliseconds = 20_000
const answerMillisecondsMax = waitMilliseconds + 10_000
const firstAnswerMillisecondsMax = 2_000
const retryMillisecondsMin = 100
const retryMillisecondsMax = 5_000

type Changes = ResponseOf<'watchRevocations'>

/** Follows until disposed; an authority that is away is asked again, at the latest every five seconds. */
export function openRevocationView(options: RevocationViewOptions): RevocationView & AsyncDisposable {
  const { clock, log } = options
  const stopping = new AbortController()
  const listeners = new Set<() => void>()
  let current: { readonly state: RevocationState; readonly revision: number | undefined } = { state: nothingRevoked, revision: undefined }
  let confirmedAt: number | undefined
  let failures = 0
  const firstAnswer = Promise.withResolvers<void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  async function ask(): Promise<void> {
    // After a silence the authority is asked for an answer at once: only an answer makes the view young.
    const request = { sinceRevision: current.revision, waitMilliseconds: failures > 0 ? 0 : waitMilliseconds }
    const changes = await within(options.authority.watchRevocations(request), {
      milliseconds: answerMillisecondsMax,
      clock,
      signal: stopping.signal,
    })
    if (failures > 0) log.info('locks are followed again')
    failures = 0
    confirmedAt = clock.monotonicMilliseconds()
    current = { state: apply(current.state, changes, clock.now()), revision: changes.revision }
    firstAnswer.resolve()
    if (hasChanges(changes)) tell()
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await ask()
      } catch (error) {
        if (stopping.signal.aborted) return
        failures += 1
        if (failures === 1) log.warn('locks are not followed, the authority does not answer', { error: messageOf(error) })
        tell()
        const pause = Math.min(retryMillisecondsMax, retryMillisecondsMin * 2 ** Math.min(failures, 10))
        await clock.sleep(pause * (0.5 + options.randomness.fraction() / 2), { signal: stopping.signal }).catch(ignore)
      }
    }
  }

  const following = follow()
  return {
    get state() {
      return current.state
    },
    ageMilliseconds: () => (confirmedAt === undefined ? Infinity : clock.monotonicMilliseconds() - confirmedAt),
    async known() {
      if (confirmedAt !== undefined) return
      const late = Promise.withResolvers<void>()
      using _timer = clock.timer(firstAnswerMillisecondsMax, late.resolve)
      await Promise.race([firstAnswer.promise, late.promise])
    },
    onChange(callback) {
      listeners.add(callback)
      return { [Symbol.dispose]: () => void listeners.delete(callback) }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the service stops'))
      await following
    },
  }
}

function hasChanges(changes: Changes): boolean {
  const { complete, locks, deletedLocks, users, deletedUsers, endedSessions, accessRequests = [], endedAccessRequests = [] } = changes
  const lists = [locks, deletedLocks, users, deletedUsers, endedSessions, accessRequests, endedAccessRequests]
  return complete || lists.some((list) => list.length > 0)
}

/** What ran out in its time is kept: sessions that began with it may go on. Undefined while the authority tells of no requests. */
function grantsAfter(state: RevocationState, changes: Changes, now: Date): RevocationState['grantsByRequest'] {
  if (state.grantsByRequest === undefined && changes.accessRequests === undefined) return undefined
  const ended = new Set(changes.endedAccessRequests)
  const kept = [...(state.grantsByRequest ?? [])].filter(([id, grant]) => (!changes.complete && !ended.has(id)) || hasRunOut(grant, now))
  const grants = new Map(kept)
  for (const { id, ...grant } of changes.accessRequests ?? []) grants.set(id, grant)
  return grants
}

function apply(state: RevocationState, changes: Changes, now: Date): RevocationState {
  const before = changes.complete ? { ...nothingRevoked, rolesByUser: new Map<string, readonly string[]>() } : state
  const locks = new Map(before.locks.map((lock) => [lock.metadata.name, lock]))
  const rolesByUser = new Map(before.rolesByUser)
  const endedSessions = new Map(before.endedSessions)
  for (const lock of changes.locks) locks.set(lock.metadata.name, lock)
  for (const name of changes.deletedLocks) locks.delete(name)
  for (const { name, roles } of changes.users) rolesByUser.set(name, roles)
  for (const name of changes.deletedUsers) rolesByUser.delete(name)
  for (const { id, reason } of changes.endedSessions) endedSessions.set(id, reason)
  return { locks: [...locks.values()], rolesByUser, endedSessions, grantsByRequest: grantsAfter(state, changes, now) }
}

/** The answer, or a rejection when it takes too long or the signal aborts: the answer itself cannot be called off. */
async function within<T>(
  answer: Promise<T>,
  options: { readonly milliseconds: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  const cut = Promise.withResolvers<never>()
  using _timer = options.clock.timer(options.milliseconds, () => cut.reject(new Error('no answer in time')))
  const abort = (): void => cut.reject(options.signal.reason)
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([answer, cut.promise])
  } finally {
    options.signal.removeEventListener('abort', abort)
  }
}

function ignore(): void {}
