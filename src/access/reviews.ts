/** May somebody review a request, and what do the reviews so far come to? */
import type { AccessRequest, AccessRequestState } from '#resources'
import type { AccessSubject } from './decision.ts'
import { compileEntries, findEntry, type Side } from './entries.ts'
import { oneReview, textsOf } from './role-requests.ts'

export type ReviewDecision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string; readonly hint: string }

/** Whether the roles let the subject review such a request at all; nobody reviews an own one. */
export function decideReviewer(subject: AccessSubject, { spec }: AccessRequest): ReviewDecision {
  if (spec.user === subject.user) {
    return { allowed: false, reason: 'nobody may review a request of their own', hint: 'ask somebody else to review it' }
  }
  const denying = spec.roles.find((name) => isReviewed(subject, name, 'deny'))
  if (denying !== undefined) {
    return { allowed: false, reason: `one of your roles denies reviews of the role "${denying}"`, hint: 'ask another reviewer' }
  }
  const missing = spec.roles.length === 0 ? '' : spec.roles.find((name) => !isReviewed(subject, name, 'allow'))
  if (missing === undefined) return { allowed: true }
  return {
    allowed: false,
    reason: `no role of "${subject.user}" lets you review requests for the role "${missing}"`,
    hint: `ask for a role with review_requests.roles: [${missing}]`,
  }
}

/** Whether the subject may give a review now. */
export function decideReview(subject: AccessSubject, request: AccessRequest): ReviewDecision {
  const reviewer = decideReviewer(subject, request)
  if (!reviewer.allowed) return reviewer
  const { state, reviews } = request.spec
  if (reviews.some(({ author }) => author === subject.user)) {
    return { allowed: false, reason: 'you have reviewed it already', hint: 'ask another reviewer, or an administrator to decide' }
  }
  if (state === 'PENDING') return { allowed: true }
  return {
    allowed: false,
    reason: `it is ${state.toLowerCase()} already, a review would have no effect`,
    hint: 'ask an administrator, who can change it with: tctl requests approve, or tctl requests deny',
  }
}

/**
 * What the reviews come to. Denied as soon as any threshold counts enough denials; approved when every set has a threshold
 * with enough approvals. A threshold with a filter approves nothing, because filters are not evaluated.
 */
export function resolveReviews({ thresholdSets, reviews }: Pick<AccessRequest['spec'], 'thresholdSets' | 'reviews'>): AccessRequestState {
  const sets = thresholdSets.length === 0 ? [[oneReview]] : thresholdSets
  const approvals = reviews.filter(({ state }) => state === 'APPROVED').length
  const denials = reviews.length - approvals
  if (sets.some((set) => set.some(({ deny }) => denials >= deny))) return 'DENIED'
  const isApproved = sets.every((set) => set.some(({ approve, filter }) => filter === undefined && approvals >= approve))
  return isApproved ? 'APPROVED' : 'PENDING'
}

/** A condition on a review section is not evaluated: it grants nothing, and denies always. */
function isReviewed(subject: AccessSubject, name: string, side: Side): boolean {
  return subject.roles.some(({ metadata, spec }) => {
    const section = spec[side].reviewRequests
    if (section === undefined || (side === 'allow' && typeof section['where'] === 'string' && section['where'] !== '')) return false
    const entries = compileEntries(textsOf(section, 'roles'), { side, role: metadata.name, traits: subject.traits })
    return findEntry(entries, [name]) !== undefined
  })
}
