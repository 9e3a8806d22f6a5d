/** What a person may do now: the certificate's roles as far as the user still has them, with the contents they have today. */
import type { AccessSubject } from '#access'
import type { UserIdentity } from '#certificates'
import { PortunusError, type Clock } from '#foundation'
import type { AccessRequests } from './access-requests.ts'
import type { Roles } from './roles.ts'
import type { Locks } from './locks.ts'
import { refuseLocked, type Users } from './users.ts'

export interface Subjects {
  /** Throws USER_GONE for a user who was deleted, USER_LOCKED for one who is locked, LOCK_IN_FORCE; all access-denied. */
  of(identity: UserIdentity): Promise<AccessSubject>
}

/**
 * A role taken from a user is gone at once, one given comes with the next login; traits are the user's own of today.
 * Roles of an access request are there as long as the request is approved and not over.
 */
export function openSubjects(options: {
  readonly users: Users
  readonly roles: Roles
  readonly locks: Locks
  readonly accessRequests: AccessRequests
  readonly clock: Clock
}): Subjects {
  return {
    async of(identity) {
      const user = await options.users.get(identity.user)
      if (user === undefined) throw userGone(identity.user)
      refuseLocked(user, options.clock.now())
      const { activeRequests } = identity
      await options.locks.refuse({ ...identity, accessRequests: activeRequests }, `accept the certificate of "${identity.user}"`)
      const granted = await options.accessRequests.granted(identity)
      const held = new Set([...user.spec.roles, ...granted.flatMap(({ spec }) => spec.roles)])
      const roles = await options.roles.named(identity.roles.filter((name) => held.has(name)))
      return { user: identity.user, roles, traits: user.spec.traits }
    },
  }
}

function userGone(name: string): PortunusError {
  return new PortunusError('USER_GONE', `Cannot accept the certificate of "${name}": the user does not exist any more`, {
    category: 'access-denied',
    hint: 'ask an administrator, then log in again',
  })
}
