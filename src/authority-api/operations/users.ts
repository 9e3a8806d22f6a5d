/** Operations about people, their invites and the roles they hold. */
import * as z from 'zod'
import { host, rule, type Operation } from '../operation.ts'
import { names, nothing, role, shortText, time, traits, ttlMilliseconds, user } from '../schemas.ts'
import { inviteUsage } from './sign-in.ts'

export const userOperations = {
  createUser: {
    method: 'POST',
    path: '/v1/users/create',
    needs: [rule('user', 'create')],
    request: z.object({ name: shortText, roles: names, traits }),
    response: z.object({ user }),
  },
  listUsers: {
    method: 'GET',
    path: '/v1/users',
    needs: [rule('user', 'list')],
    request: nothing,
    response: z.object({ users: z.array(user).readonly() }),
  },
  deleteUser: {
    method: 'POST',
    path: '/v1/users/delete',
    needs: [rule('user', 'delete')],
    request: z.object({ name: shortText }),
    response: nothing,
  },
  /** `reset` wipes the password and the second factor at once, and unlocks the user. */
  createInvite: {
    method: 'POST',
    path: '/v1/invites/create',
    needs: [rule('user', 'update')],
    request: z.object({ user: shortText, ttlMilliseconds: ttlMilliseconds.optional(), usage: inviteUsage }),
    response: z.object({ token: z.string(), url: z.string(), expires: time }),
  },
  listRoles: {
    method: 'GET',
    path: '/v1/roles',
    needs: [host('Db'), host('Proxy'), rule('role', 'list')],
    request: nothing,
    response: z.object({ roles: z.array(role).readonly() }),
  },
  /** The roles of these names as they stand now; a name nobody knows is left out. */
  getRolesForAgent: {
    method: 'POST',
    path: '/v1/roles/get',
    needs: [host('Db'), host('Proxy')],
    request: z.object({ names }),
    response: z.object({ roles: z.array(role).readonly() }),
  },
} as const satisfies Record<string, Operation>
