/** Answers about access requests: who may see and do what with them, and the audit of it. */
import { decideOperation, decideReviewer, requestableRoles, type AccessSubject } from '#access'
import type { Caller, Handlers, OperationName, RequestOf } from '#authority-api'
import { PortunusError } from '#foundation'
import type { AccessRequest } from '#resources'
import { actorOf, failureOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'
import { personOf } from './callers.ts'

type AccessRequestHandlers = Pick<
  Handlers,
  | 'createAccessRequest'
  | 'createAccessRequestFor'
  | 'listAccessRequests'
  | 'listRequestableRoles'
  | 'reviewAccessRequest'
  | 'decideAccessRequest'
  | 'deleteAccessRequest'
  | 'assumeAccessRequests'
>

export function accessRequestHandlers(parts: AuthorityParts): AccessRequestHandlers {
  const { accessRequests, roles, audit } = parts
  return {
    createAccessRequest: (wish, caller) =>
      recordingRefusal('createAccessRequest', { caller, parts }, () => create(personOf(caller).identity.user, wish, { caller, parts })),
    createAccessRequestFor: ({ user, ...wish }, caller) => create(user, wish, { caller, parts }),
    async listAccessRequests(_request, caller) {
      const all = await accessRequests.list()
      const reviewer = caller.kind === 'user' ? await ownSubject(caller.identity.user, parts) : undefined
      const listed = all.map((request) => ({ request, reviewable: reviewer !== undefined && decideReviewer(reviewer, request).allowed }))
      return { requests: listed.filter(({ request, reviewable }) => reviewable || maySee(request, caller)) }
    },
    async listRequestableRoles(_request, caller) {
      const subject = await ownSubject(personOf(caller).identity.user, parts)
      const names = (await roles.list()).map(({ metadata }) => metadata.name)
      return { roles: requestableRoles(subject, names) }
    },
    reviewAccessRequest: (review, caller) =>
      recordingRefusal('reviewAccessRequest', { caller, parts }, async () => {
        const reviewer = await ownSubject(authorOf(review.author, caller), parts)
        const request = await accessRequests.review(review.id, {
          reviewer,
          state: review.state,
          ...(review.reason === undefined || review.reason.trim() === '' ? {} : { reason: review.reason.trim() }),
        })
        const said = { reviewer: reviewer.user, proposed_state: review.state, reason: review.reason }
        await audit.record({ event: 'access_request.review', code: 'T5002I', ...actorOf(caller), ...factsOf(request), ...said })
        return { request }
      }),
    decideAccessRequest: ({ id, state, reason, roles: granted }, caller) =>
      recordingRefusal('decideAccessRequest', { caller, parts }, async () => {
        refuseOwn(await accessRequests.require(id), caller)
        const request = await accessRequests.decide(id, { state, reason, roles: granted, by: actorOf(caller).user })
        await audit.record({ event: 'access_request.update', code: 'T5001I', ...actorOf(caller), ...factsOf(request), reason })
        return { request }
      }),
    async deleteAccessRequest({ id }, caller) {
      const request = await accessRequests.delete(id)
      await audit.record({ event: 'access_request.delete', code: 'T5003I', ...actorOf(caller), ...factsOf(request) })
      return {}
    },
    assumeAccessRequests: (request, caller) =>
      recordingRefusal('assumeAccessRequests', { caller, parts }, async () => {
        const issued = await parts.assumedCertificates.issue(personOf(caller), request)
        return { certificatePem: issued.certificatePem, validUntil: issued.validUntil.toISOString() }
      }),
  }
}

interface Situation {
  readonly caller: Caller
  readonly parts: AuthorityParts
}

/** Requests and reviews go by the roles people were given, not by what other requests granted them for a while. */
async function ownSubject(name: string, { users, roles }: AuthorityParts): Promise<AccessSubject> {
  const { spec } = await users.require(name)
  return { user: name, roles: await roles.named(spec.roles), traits: spec.traits }
}

async function create(
  user: string,
  wish: RequestOf<'createAccessRequest'>,
  { caller, parts }: Situation,
): Promise<{ request: AccessRequest }> {
  const request = await parts.accessRequests.create({
    subject: await ownSubject(user, parts),
    roles: wish.roles,
    reason: wish.reason,
    suggestedReviewers: wish.suggestedReviewers ?? [],
    accessMilliseconds: wish.accessMilliseconds,
    pendingMilliseconds: wish.pendingMilliseconds,
    dryRun: wish.dryRun ?? false,
  })
  if (wish.dryRun === true) return { request }
  const { requestReason: reason } = request.spec
  await parts.audit.record({ event: 'access_request.create', code: 'T5000I', ...actorOf(caller), ...factsOf(request), reason })
  return { request }
}

function maySee({ spec }: AccessRequest, caller: Caller): boolean {
  if (caller.kind === 'host' || spec.user === caller.identity.user) return true
  return decideOperation(caller.subject, { resource: 'access_request', verb: 'list' }).allowed
}

/** A person reviews as nobody else; the administrator on the host of the authority says for whom. */
function authorOf(author: string | undefined, caller: Caller): string {
  if (caller.kind === 'user' && (author === undefined || author === caller.identity.user)) return caller.identity.user
  if (caller.kind === 'host' && author !== undefined) return author
  throw new PortunusError(
    'ACCESS_REVIEW_AUTHOR_REFUSED',
    `Cannot review as "${author ?? ''}": ${caller.kind === 'host' ? 'no author is named' : 'you are somebody else'}`,
    {
      category: 'access-denied',
      hint: caller.kind === 'host' ? 'name the reviewer with --author=<user>' : 'leave the author out',
    },
  )
}

/** Whatever rules somebody has: an own request is decided by others. */
function refuseOwn({ metadata, spec }: AccessRequest, caller: Caller): void {
  if (caller.kind === 'host' || spec.user !== caller.identity.user) return
  throw new PortunusError('ACCESS_REQUEST_OWN', `Cannot decide the access request "${metadata.name}": it is your own`, {
    category: 'access-denied',
    hint: 'ask somebody else to decide it',
  })
}

/** Who tries what is refused here has passed the table; it is remembered all the same. */
async function recordingRefusal<Result>(
  operation: OperationName,
  { caller, parts }: Situation,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof PortunusError && error.category === 'access-denied') {
      const what = { operation, resource: 'access_request' }
      await parts.audit.record({ event: 'access.denied', code: 'TPA01W', ...actorOf(caller), ...what, ...failureOf(error) })
    }
    throw error
  }
}

function factsOf({ metadata, spec }: AccessRequest) {
  const { user: requester, roles, state, resourceIds } = spec
  return { id: metadata.name, requester, roles, state, expires: metadata.expires, resource_ids: resourceIds }
}
