/** Operations about roles: who reads them, and how administrators change them. */
import * as z from 'zod'
import { host, rule, type Operation } from '../operation.ts'
import { names, nothing, role, shortText } from '../schemas.ts'

/** The role with its new revision, and what about it is rarely meant. */
const written = z.object({ role, warnings: z.array(z.string()).readonly() })

export const roleOperations = {
  createRole: {
    method: 'POST',
    path: '/v1/roles/create',
    needs: [rule('role', 'create')],
    request: z.object({ role }),
    response: written,
  },
  /** With `metadata.revision` only if the role still has that revision. */
  updateRole: {
    method: 'POST',
    path: '/v1/roles/update',
    needs: [rule('role', 'update')],
    request: z.object({ role }),
    response: written,
  },
  deleteRole: {
    method: 'POST',
    path: '/v1/roles/delete',
    needs: [rule('role', 'delete')],
    request: z.object({ name: shortText }),
    response: nothing,
  },
  listRoles: {
    method: 'GET',
    path: '/v1/roles',
    needs: [host('Db'), host('Proxy'), rule('role', 'list')],
    request: nothing,
    response: z.object({ roles: z.array(role).readonly() }),
  },
  /**
   * The roles of these names, together those of one person, as they count now: with what the cluster demands of every session.
   * A name nobody knows is left out.
   */
  getRolesForAgent: {
    method: 'POST',
    path: '/v1/roles/get',
    needs: [host('Db'), host('Proxy')],
    request: z.object({ names }),
    response: z.object({ roles: z.array(role).readonly() }),
  },
} as const satisfies Record<string, Operation>
