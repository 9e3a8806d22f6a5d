/** What proxies and agents must hear of at once, as changes after a revision of the store: locks, users, ended sessions. */
import type { RequestGrant } from '#access'
import { PortunusError, type Clock } from '#foundation'
import { parseAccessRequest, parseLock, parseUser, type Lock } from '#resources'
import type { Store, StoreEvent, StoreItem } from '#storage'
import { accessRequestPrefix } from './access-requests.ts'
import { lockPrefix } from './locks.ts'
import { endedSessionPrefix, endedSessionSchema } from './session-presence.ts'

/** `complete`: this is all there is, and what is not in it is gone. Otherwise it is what changed. */
export interface RevocationChanges {
  readonly revision: number
  readonly complete: boolean
  readonly locks: readonly Lock[]
  readonly deletedLocks: readonly string[]
  readonly users: readonly { readonly name: string; readonly roles: readonly string[] }[]
  readonly deletedUsers: readonly string[]
  readonly endedSessions: readonly { readonly id: string; readonly reason: string }[]
  /** Those that are approved. */
  readonly accessRequests: readonly (RequestGrant & { readonly id: string })[]
  /** Those that are over, deleted, or not approved. */
  readonly endedAccessRequests: readonly string[]
}

export interface RevocationFeed {
  /** Answers as soon as something has changed after the revision, else after the wait. Without a revision, or with one too old, everything. */
  changesAfter(request: { readonly sinceRevision: number | undefined; readonly waitMilliseconds: number }): Promise<RevocationChanges>
}

const keys = { locks: `${lockPrefix}/`, users: 'users/', ended: `${endedSessionPrefix}/`, requests: `${accessRequestPrefix}/` } as const

export function openRevocationFeed(store: Store, clock: Clock): RevocationFeed {
  return {
    async changesAfter({ sinceRevision, waitMilliseconds }) {
      if (sinceRevision === undefined) return await everything(store)
      try {
        return await follow(store, clock, { sinceRevision, waitMilliseconds })
      } catch (error) {
        if (error instanceof PortunusError && error.code === 'STORE_REVISION_TOO_OLD') return await everything(store)
        throw error
      }
    },
  }
}

async function everything(store: Store): Promise<RevocationChanges> {
  const revision = await store.revision()
  const changes = new Changes()
  for (const prefix of Object.values(keys)) {
    for (const item of await store.list(prefix)) changes.put(item)
  }
  return changes.answer(revision, true)
}

async function follow(
  store: Store,
  clock: Clock,
  request: { readonly sinceRevision: number; readonly waitMilliseconds: number },
): Promise<RevocationChanges> {
  const changes = new Changes()
  let position = request.sinceRevision
  const isDrained = async (): Promise<boolean> => position >= (await store.revision())
  if (request.waitMilliseconds === 0 && position === (await store.revision())) return changes.answer(position, false)
  const waited = new AbortController()
  using _timer = clock.timer(request.waitMilliseconds, () => waited.abort())
  for await (const event of store.watch({ prefix: '', fromRevision: position, signal: waited.signal })) {
    position = event.kind === 'put' ? event.item.revision : event.revision
    changes.note(event)
    if ((changes.count > 0 || request.waitMilliseconds === 0) && (await isDrained())) break
  }
  return changes.answer(position, false)
}

/** The latest of each key: what was deleted and made again is there. */
class Changes {
  readonly #items = new Map<string, StoreItem | undefined>()

  get count(): number {
    return this.#items.size
  }

  note(event: StoreEvent): void {
    if (event.kind === 'put') this.put(event.item)
    else this.#set(event.key, undefined)
  }

  put(item: StoreItem): void {
    this.#set(item.key, item)
  }

  answer(revision: number, complete: boolean): RevocationChanges {
    const under = (prefix: string): readonly (readonly [string, StoreItem | undefined])[] =>
      [...this.#items].filter(([key]) => key.startsWith(prefix)).map(([key, item]) => [idOf(key, prefix), item])
    const values = (prefix: string): readonly unknown[] =>
      under(prefix).flatMap(([, item]) => (item === undefined ? [] : [JSON.parse(item.value)]))
    const requests = values(keys.requests).map(parseAccessRequest)
    const gone = (prefix: string): readonly string[] => under(prefix).flatMap(([id, item]) => (item === undefined ? [id] : []))
    return {
      revision,
      complete,
      locks: values(keys.locks).map(parseLock),
      deletedLocks: gone(keys.locks),
      users: values(keys.users)
        .map(parseUser)
        .map(({ metadata, spec }) => ({ name: metadata.name, roles: spec.roles })),
      deletedUsers: gone(keys.users),
      endedSessions: values(keys.ended).map((value) => endedSessionSchema.parse(value)),
      accessRequests: requests
        .filter(({ spec }) => spec.state === 'APPROVED')
        .map(({ metadata, spec }) => ({ id: metadata.name, user: spec.user, roles: spec.roles, expires: metadata.expires })),
      endedAccessRequests: [
        ...gone(keys.requests),
        ...requests.filter(({ spec }) => spec.state !== 'APPROVED').map(({ metadata }) => metadata.name),
      ],
    }
  }

  #set(key: string, item: StoreItem | undefined): void {
    if (Object.values(keys).some((prefix) => key.startsWith(prefix))) this.#items.set(key, item)
  }
}

/** Undoes what collections do to ids. */
function idOf(key: string, prefix: string): string {
  return decodeURIComponent(key.slice(prefix.length).replaceAll(/%(?!25|2F|00)/g, '%25'))
}
