/** Answers about roles: lists, and changes by administrators. */
import { rolesUnder } from '#access'
import type { Handlers } from '#authority-api'
import { withRole } from '../administration.ts'
import { actorOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'

type RoleHandlers = Pick<Handlers, 'createRole' | 'updateRole' | 'deleteRole' | 'listRoles' | 'getRolesForAgent'>

export function roleHandlers({ roles, administration, authPreferences, audit }: AuthorityParts): RoleHandlers {
  return {
    async createRole({ role }, caller) {
      const written = await roles.create(role)
      await audit.record({ event: 'role.created', code: 'T9000I', ...actorOf(caller), name: role.metadata.name })
      return written
    },
    async updateRole({ role }, caller) {
      const written = await administration.change(caller, { after: withRole(role), run: () => roles.update(role) })
      await audit.record({ event: 'role.updated', code: 'T9002I', ...actorOf(caller), name: role.metadata.name })
      return written
    },
    async deleteRole({ name }, caller) {
      await administration.deleteRole(name)
      await audit.record({ event: 'role.deleted', code: 'T9001I', ...actorOf(caller), name })
      return {}
    },
    async listRoles() {
      return { roles: await roles.list() }
    },
    async getRolesForAgent({ names }) {
      const { spec } = await authPreferences.get()
      return { roles: rolesUnder(spec, await roles.named(names)) }
    },
  }
}
