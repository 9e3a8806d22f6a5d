/** Answers about people, for administrators. */
import type { Handlers } from '#authority-api'
import { withUser, withoutUser } from '../administration.ts'
import { actorOf } from '../audit-trail.ts'
import { publicAddress, type AuthorityParts } from '../parts.ts'

type UserHandlers = Pick<Handlers, 'createUser' | 'updateUser' | 'unlockUser' | 'listUsers' | 'deleteUser' | 'createInvite'>

export function userHandlers(parts: AuthorityParts): UserHandlers {
  const { users, administration, audit } = parts
  return {
    async createUser({ name, roles: roleNames, traits, description, labels, expires }, caller) {
      const actor = actorOf(caller)
      const metadata = {
        ...(description === undefined ? {} : { description }),
        ...(labels === undefined ? {} : { labels }),
        ...(expires === undefined ? {} : { expires }),
      }
      // In turn with other changes: a role must not be deleted while somebody is given it.
      const create = () => users.create({ name, roles: roleNames, traits, createdBy: actor.user, metadata })
      const user = await administration.change(caller, { after: (population) => population, run: create })
      await forget(name, parts)
      await audit.record({ event: 'user.create', code: 'T1002I', ...actor, name, roles: user.spec.roles })
      return { user }
    },
    async updateUser({ user: wanted }, caller) {
      const user = await administration.change(caller, { after: withUser(wanted), run: () => users.update(wanted) })
      const { name } = user.metadata
      // Whoever is unlocked by the document begins anew; otherwise the next wrong code would lock again.
      if (user.spec.status?.isLocked !== true) await parts.attempts.forget(name)
      await audit.record({ event: 'user.update', code: 'T1003I', ...actorOf(caller), name, roles: user.spec.roles })
      return { user }
    },
    async unlockUser({ name }, caller) {
      await users.require(name)
      await parts.attempts.forget(name)
      await users.unlock(name)
      await audit.record({ event: 'user.unlock', code: 'TPU02I', ...actorOf(caller), name })
      return {}
    },
    async listUsers() {
      return { users: await users.list() }
    },
    async deleteUser({ name }, caller) {
      await administration.change(caller, { after: withoutUser(name), run: () => users.delete(name) })
      await forget(name, parts)
      await audit.record({ event: 'user.delete', code: 'T1004I', ...actorOf(caller), name })
      return {}
    },
    async createInvite({ user: name, usage, ttlMilliseconds }, caller) {
      const actor = actorOf(caller)
      await users.require(name)
      const { token, expires } = await parts.invites.create({ user: name, usage, ttlMilliseconds })
      if (usage === 'reset') {
        await resetUser(name, token, parts)
        await audit.record({ event: 'user.reset', code: 'TPU01I', ...actor, name })
      }
      await audit.record({ event: 'invite.create', code: 'TPI01I', ...actor, name, usage, expires: expires.toISOString() })
      return { token, url: await linkOf(token, usage, parts), expires: expires.toISOString() }
    },
  }
}

async function resetUser(name: string, token: string, parts: AuthorityParts): Promise<void> {
  await parts.credentials.delete(name)
  await parts.invites.deleteOf(name, { except: token })
  await parts.attempts.forget(name)
  await parts.users.unlock(name)
}

/** Nothing of an earlier user of the name is left for a later one. */
async function forget(name: string, parts: AuthorityParts): Promise<void> {
  await parts.credentials.delete(name)
  await parts.invites.deleteOf(name)
  await parts.attempts.forget(name)
  await parts.accessRequests.deleteOf(name)
}

async function linkOf(token: string, usage: 'invite' | 'reset', parts: AuthorityParts): Promise<string> {
  const address = (await publicAddress(parts)).replace(/:443$/, '')
  return `https://${address}/web/${usage}/${token}`
}
