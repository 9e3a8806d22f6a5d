/** The kind `user`. */
import type { AuthorityClient } from '#authority-api'
import { parseUser, printUser, type User } from '#resources'
import { anyRevision, named, type Outcome, type ResourceKind } from './kind.ts'

export const userKind: ResourceKind = {
  kind: 'user',
  words: ['users'],
  list: async (authority) => named((await authority.listUsers({})).users, printUser),
  prepare(document) {
    const user = parseUser(document)
    const { name } = user.metadata
    return {
      name,
      create: (authority) => create(authority, user),
      async update(authority, options) {
        await authority.updateUser({ user: anyRevision(user, options) })
        return { sentence: `user "${name}" has been updated` }
      },
    }
  },
  async remove(authority, name) {
    await authority.deleteUser({ name })
    return { sentence: `user "${name}" has been deleted` }
  },
}

async function create(authority: AuthorityClient, user: User): Promise<Outcome> {
  const { name, description, labels, expires } = user.metadata
  await authority.createUser({ name, roles: user.spec.roles, traits: user.spec.traits, description, labels, expires })
  // A user who is to be locked from the beginning.
  if (user.spec.status?.isLocked === true) await authority.updateUser({ user: anyRevision(user, { replace: true }) })
  return {
    sentence: `user "${name}" has been created`,
    notes: [`NOTE: "${name}" has no password yet; make a link to choose one with: tctl users reset ${name}`],
  }
}
