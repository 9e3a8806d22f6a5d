/** Answers about people and roles, for administrators. */
import type { Handlers } from '#authority-api'
import { actorOf } from '../audit-trail.ts'
import { publicAddress, type AuthorityParts } from '../parts.ts'

type UserHandlers = Pick<Handlers, 'createUser' | 'listUsers' | 'deleteUser' | 'createInvite' | 'listRoles' | 'getRolesForAgent'>

export function userHandlers(parts: AuthorityParts): UserHandlers {
  const { users, roles, audit } = parts
  return {
    async createUser({ name, roles: roleNames, traits }, caller) {
      const actor = actorOf(caller)
      const user = await users.create({ name, roles: roleNames, traits, createdBy: actor.user })
      await forget(name, parts)
      await audit.record({ event: 'user.create', code: 'T1002I', ...actor, name, roles: user.spec.roles })
      return { user }
    },
    async listUsers() {
      return { users: await users.list() }
    },
    async deleteUser({ name }, caller) {
      await users.delete(name)
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
    async listRoles() {
      return { roles: await roles.list() }
    },
    async getRolesForAgent({ names }) {
      return { roles: await roles.named(names) }
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
}

async function linkOf(token: string, usage: 'invite' | 'reset', parts: AuthorityParts): Promise<string> {
  const address = (await publicAddress(parts)).replace(/:443$/, '')
  return `https://${address}/web/${usage}/${token}`
}
