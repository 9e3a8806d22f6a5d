/** Operations about locks, and the watch by which every proxy and agent learns at once who is cut off. */
import * as z from 'zod'
import { anyHost, rule, type Operation } from '../operation.ts'
import { lock, names, nothing, shortText, time } from '../schemas.ts'

const lockTarget = z.object({
  user: shortText.optional(),
  role: shortText.optional(),
  login: shortText.optional(),
  mfaDevice: shortText.optional(),
  accessRequest: shortText.optional(),
  serverId: shortText.optional(),
  db: shortText.optional(),
  session: shortText.optional(),
})

const waitMillisecondsMax = 30_000

export const lockOperations = {
  /** Without a name it gets one. With the name of a lock that is there, only to `replace` it. */
  createLock: {
    method: 'POST',
    path: '/v1/locks/create',
    needs: [rule('lock', 'create')],
    request: z.object({
      name: shortText.optional(),
      target: lockTarget,
      message: z.string().max(1024).optional(),
      expires: time.optional(),
      replace: z.boolean().optional(),
    }),
    response: z.object({ lock }),
  },
  listLocks: {
    method: 'GET',
    path: '/v1/locks',
    needs: [anyHost, rule('lock', 'list')],
    request: nothing,
    response: z.object({ locks: z.array(lock).readonly() }),
  },
  deleteLock: {
    method: 'POST',
    path: '/v1/locks/delete',
    needs: [rule('lock', 'delete')],
    request: z.object({ name: shortText }),
    response: nothing,
  },
  /**
   * Answers as soon as something has changed after the revision, else when the wait is over. Without a revision, or with one
   * the store no longer knows, the answer is `complete`: what is not in it is gone.
   */
  watchRevocations: {
    method: 'POST',
    path: '/v1/revocations/watch',
    needs: [anyHost],
    request: z.object({
      sinceRevision: z.int().min(0).optional(),
      waitMilliseconds: z.int().min(0).max(waitMillisecondsMax),
    }),
    response: z.object({
      revision: z.int(),
      complete: z.boolean(),
      locks: z.array(lock).readonly(),
      deletedLocks: z.array(z.string()).readonly(),
      users: z.array(z.object({ name: z.string(), roles: names })).readonly(),
      deletedUsers: z.array(z.string()).readonly(),
      endedSessions: z.array(z.object({ id: z.string(), reason: z.string() })).readonly(),
      /** Approved ones; an authority of before tells none. */
      accessRequests: z
        .array(z.object({ id: z.string(), user: z.string(), roles: names, expires: time.optional() }))
        .readonly()
        .optional(),
      endedAccessRequests: z.array(z.string()).readonly().optional(),
    }),
  },
} as const satisfies Record<string, Operation>
