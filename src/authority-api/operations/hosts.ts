/** Operations about join tokens and the hosts that came in with them. */
import * as z from 'zod'
import { anyHost, rule, type Operation } from '../operation.ts'
import { auditEvent, labels, nothing, pemList, pemText, systemRole, time, ttlMilliseconds } from '../schemas.ts'

const roles = z.array(systemRole).min(1).max(8).readonly()

export const hostOperations = {
  createToken: {
    method: 'POST',
    path: '/v1/tokens/create',
    needs: [rule('token', 'create')],
    request: z.object({
      roles,
      ttlMilliseconds: ttlMilliseconds.optional(),
      /** It lasts until it is deleted, whatever the time above. */
      unlimited: z.literal(true).optional(),
      value: z.string().min(1).max(1024).optional(),
      labels: labels.optional(),
    }),
    response: z.object({ token: z.string(), roles, expires: time.optional() }),
  },
  /** Without a time it lasts until it is deleted. */
  updateToken: {
    method: 'POST',
    path: '/v1/tokens/update',
    needs: [rule('token', 'update')],
    request: z.object({
      value: z.string().min(1).max(1024),
      roles,
      labels: labels.optional(),
      ttlMilliseconds: ttlMilliseconds.optional(),
    }),
    response: nothing,
  },
  /** Values are masked: only their hashes are kept. */
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    needs: [rule('token', 'list')],
    request: nothing,
    response: z.object({
      tokens: z.array(z.object({ maskedValue: z.string(), roles, labels, expires: time.optional(), isStatic: z.boolean() })).readonly(),
    }),
  },
  deleteToken: {
    method: 'POST',
    path: '/v1/tokens/delete',
    needs: [rule('token', 'delete')],
    request: z.object({ value: z.string().min(1).max(1024) }),
    response: nothing,
  },
  renewHost: {
    method: 'POST',
    path: '/v1/hosts/renew',
    needs: [anyHost],
    request: z.object({ publicKeyPem: pemText }),
    response: z.object({
      certificatePem: z.string(),
      hostAuthoritiesPem: pemList,
      userAuthoritiesPem: pemList,
      dbAuthoritiesPem: pemList,
      clusterName: z.string(),
    }),
  },
  /** Idempotent by uid, so that a journal may be shipped twice. */
  appendAuditEvents: {
    method: 'POST',
    path: '/v1/audit/append',
    needs: [anyHost],
    request: z.object({ events: z.array(auditEvent).max(10_000).readonly() }),
    response: nothing,
    requestBytesMax: 32 * 1024 * 1024,
  },
} as const satisfies Record<string, Operation>
