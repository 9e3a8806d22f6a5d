/** Operations that say why: what would happen if somebody connected, without connecting. */
import * as z from 'zod'
import { anyUser, rule, type Operation } from '../operation.ts'
import { shortText } from '../schemas.ts'

const target = { database: shortText, databaseUser: shortText, databaseName: shortText }

const explanation = z.object({
  user: z.string(),
  allowed: z.boolean(),
  grantedBy: z.string().optional(),
  dimension: z.string().optional(),
  reason: z.string().optional(),
  hint: z.string().optional(),
  /** No agent announces the database now. */
  isOffline: z.boolean(),
  roles: z
    .array(
      z.object({
        role: z.string(),
        labels: z.boolean(),
        databaseUser: z.boolean(),
        databaseName: z.boolean(),
        denies: z.enum(['labels', 'database-user', 'database-name']).optional(),
      }),
    )
    .readonly(),
})

export const explanationOperations = {
  /** Anybody's access, for administrators. */
  explainAccess: {
    method: 'POST',
    path: '/v1/access/explain',
    needs: [rule('user', 'read')],
    request: z.object({ user: shortText, ...target }),
    response: explanation,
  },
  /** One's own, with the roles of the certificate one shows. */
  explainOwnAccess: {
    method: 'POST',
    path: '/v1/access/explain-own',
    needs: [anyUser],
    request: z.object(target),
    response: explanation,
  },
} as const satisfies Record<string, Operation>
