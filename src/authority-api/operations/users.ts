/** Operations about people and their invites. */
import * as z from 'zod'
import { rule, type Operation } from '../operation.ts'
import { labels, names, nothing, shortText, time, traits, ttlMilliseconds, user } from '../schemas.ts'
import { inviteUsage } from './sign-in.ts'

export const userOperations = {
  createUser: {
    method: 'POST',
    path: '/v1/users/create',
    needs: [rule('user', 'create')],
    request: z.object({
      name: shortText,
      roles: names,
      traits,
      description: z.string().max(1024).optional(),
      labels: labels.optional(),
      expires: time.optional(),
    }),
    response: z.object({ user }),
  },
  /** With `metadata.revision` only if the user still has that revision. Who created the user stays, whatever the request says. */
  updateUser: {
    method: 'POST',
    path: '/v1/users/update',
    needs: [rule('user', 'update')],
    request: z.object({ user }),
    response: z.object({ user }),
  },
  /** Lifts the lock after failed logins. */
  unlockUser: {
    method: 'POST',
    path: '/v1/users/unlock',
    needs: [rule('user', 'update')],
    request: z.object({ name: shortText }),
    response: nothing,
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
} as const satisfies Record<string, Operation>
