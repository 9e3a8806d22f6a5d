/** Operations about access requests: asking for roles, reviewing, deciding, and the certificate that has what was granted. */
import * as z from 'zod'
import { anyUser, rule, type Operation } from '../operation.ts'
import { accessRequest, names, nothing, pemText, shortText, time, ttlMilliseconds } from '../schemas.ts'

/** One line, as documents have it. */
const reason = z.string().max(1024)
const roleNames = z.array(shortText).max(100).readonly()

const wish = {
  roles: roleNames,
  reason: reason.optional(),
  suggestedReviewers: names.optional(),
  /** How long the access shall last from the approval on. */
  accessMilliseconds: ttlMilliseconds.optional(),
  /** How long the request waits for reviews. */
  pendingMilliseconds: ttlMilliseconds.optional(),
  /** Answers what the request would be, and keeps nothing. */
  dryRun: z.boolean().optional(),
}

const one = z.object({ request: accessRequest })
const reviewState = z.enum(['APPROVED', 'DENIED'])

export const accessRequestOperations = {
  /** For oneself. The role `*` stands for all that may be requested. */
  createAccessRequest: {
    method: 'POST',
    path: '/v1/access-requests/create',
    needs: [anyUser],
    request: z.object(wish),
    response: one,
  },
  /** For another user, by what that user's roles allow. */
  createAccessRequestFor: {
    method: 'POST',
    path: '/v1/access-requests/create-for',
    needs: [rule('access_request', 'create')],
    request: z.object({ ...wish, user: shortText }),
    response: one,
  },
  /** A person sees the own requests and those the person may review, and with the rule `access_request`/`list` all. */
  listAccessRequests: {
    method: 'GET',
    path: '/v1/access-requests',
    needs: [anyUser, rule('access_request', 'list')],
    request: nothing,
    response: z.object({ requests: z.array(z.object({ request: accessRequest, reviewable: z.boolean() })).readonly() }),
  },
  /** The roles one may ask for and does not hold. */
  listRequestableRoles: {
    method: 'GET',
    path: '/v1/access-requests/roles',
    needs: [anyUser],
    request: nothing,
    response: z.object({ roles: names }),
  },
  /** Allowed by the `review_requests` of the reviewer's own roles, never for an own request. Only a host names the author. */
  reviewAccessRequest: {
    method: 'POST',
    path: '/v1/access-requests/review',
    needs: [anyUser, rule('access_request', 'update')],
    request: z.object({ id: shortText, state: reviewState, reason: reason.optional(), author: shortText.optional() }),
    response: one,
  },
  /** Decides whatever the reviews say; `roles` grants a part of what was asked for. */
  decideAccessRequest: {
    method: 'POST',
    path: '/v1/access-requests/decide',
    needs: [rule('access_request', 'update')],
    request: z.object({ id: shortText, state: reviewState, reason: reason.optional(), roles: roleNames.optional() }),
    response: one,
  },
  /** What was granted by it is gone at once. */
  deleteAccessRequest: {
    method: 'POST',
    path: '/v1/access-requests/delete',
    needs: [rule('access_request', 'delete')],
    request: z.object({ id: shortText }),
    response: nothing,
  },
  /** A login certificate that has the roles of approved requests of one's own as well; never longer than the login or the access. */
  assumeAccessRequests: {
    method: 'POST',
    path: '/v1/access-requests/assume',
    needs: [anyUser],
    request: z.object({ publicKeyPem: pemText, ids: z.array(shortText).min(1).max(20).readonly() }),
    response: z.object({ certificatePem: z.string(), validUntil: time }),
  },
} as const satisfies Record<string, Operation>
