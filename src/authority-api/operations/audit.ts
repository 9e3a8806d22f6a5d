/** Operations that read the audit log. */
import * as z from 'zod'
import { rule, type Operation } from '../operation.ts'
import { auditEvent, nothing, shortText, time } from '../schemas.ts'

export const auditOperations = {
  searchAuditEvents: {
    method: 'POST',
    path: '/v1/audit/search',
    needs: [rule('event', 'list')],
    request: z.object({
      from: time.optional(),
      to: time.optional(),
      types: z.array(shortText).max(100).readonly().optional(),
      user: shortText.optional(),
      database: shortText.optional(),
      session: shortText.optional(),
      limit: z.int().min(1).max(10_000).optional(),
      order: z.enum(['ascending', 'descending']).optional(),
    }),
    response: z.object({ events: z.array(auditEvent).readonly() }),
  },
  verifyAudit: {
    method: 'GET',
    path: '/v1/audit/verify',
    needs: [rule('event', 'list')],
    request: nothing,
    response: z.object({ ok: z.boolean(), events: z.int(), brokenAt: z.int().optional(), hash: z.string() }),
  },
} as const satisfies Record<string, Operation>
