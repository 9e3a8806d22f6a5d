/** Answers about locks, and the watch of proxies and agents. */
import type { Handlers } from '#authority-api'
import type { Lock, LockTarget } from '#resources'
import { actorOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'

type LockHandlers = Pick<Handlers, 'createLock' | 'listLocks' | 'deleteLock' | 'watchRevocations'>

export function lockHandlers({ locks, audit, revocationFeed }: AuthorityParts): LockHandlers {
  return {
    async createLock({ name, target, message, expires, replace }, caller) {
      const actor = actorOf(caller)
      const lock = await locks.create({
        name,
        replaces: replace,
        target: targetOf(target),
        message,
        expires: expires === undefined ? undefined : new Date(expires),
        createdBy: actor.user,
      })
      await audit.record({ event: 'lock.created', code: 'TLK00I', ...actor, ...factsOf(lock) })
      return { lock }
    },
    async listLocks() {
      return { locks: await locks.list() }
    },
    async deleteLock({ name }, caller) {
      const lock = await locks.delete(name)
      await audit.record({ event: 'lock.deleted', code: 'TLK01I', ...actorOf(caller), ...factsOf(lock) })
      return {}
    },
    watchRevocations: ({ sinceRevision, waitMilliseconds }) => revocationFeed.changesAfter({ sinceRevision, waitMilliseconds }),
  }
}

type OptionalFields<Fields> = { readonly [Key in keyof Fields]?: Fields[Key] | undefined }

function targetOf(target: OptionalFields<LockTarget>): LockTarget {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined))
}

function factsOf(lock: Lock) {
  const { message, expires } = lock.spec
  const target = Object.entries(lock.spec.target).map(([field, value]) => `${field} "${value}"`)
  return { name: lock.metadata.name, target: target.join(' and '), reason: message, expires }
}
