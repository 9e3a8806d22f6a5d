/** The kind `role`. */
import { parseRole, printRole } from '#resources'
import { anyRevision, named, type Outcome, type ResourceKind } from './kind.ts'

export const roleKind: ResourceKind = {
  kind: 'role',
  words: ['roles'],
  list: async (authority) => named((await authority.listRoles({})).roles, printRole),
  prepare(document) {
    const role = parseRole(document)
    const { name } = role.metadata
    return {
      name,
      create: async (authority) => written('created', name, await authority.createRole({ role: anyRevision(role, { replace: true }) })),
      update: async (authority, options) => written('updated', name, await authority.updateRole({ role: anyRevision(role, options) })),
    }
  },
  async remove(authority, name) {
    await authority.deleteRole({ name })
    return { sentence: `role "${name}" has been deleted` }
  },
}

function written(verb: 'created' | 'updated', name: string, { warnings }: { readonly warnings: readonly string[] }): Outcome {
  return { sentence: `role "${name}" has been ${verb}`, notes: warnings.map((warning) => `WARNING: ${warning}`) }
}
