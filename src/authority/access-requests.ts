/** Access requests in the Store: made, reviewed, decided, and over when their time is. It knows no caller and writes no audit. */
import { decideReview, decideRoleRequest, requestableRoles, resolveReviews, sessionTtlMilliseconds, type AccessSubject } from '#access'
import type { UserIdentity } from '#certificates'
import { PortunusError, type Clock, type Randomness } from '#foundation'
import { parseAccessRequest, printAccessRequest, type AccessRequest, type AccessReview, type ReviewState } from '#resources'
import type { Store } from '#storage'
import { exhausted, refused, reviewRefused, unknown } from './access-request-refusals.ts'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import { kept } from './kept-resources.ts'
import type { Roles } from './roles.ts'

export const accessRequestPrefix = 'access-requests'

export interface NewAccessRequest {
  /** The requester with the roles of their own. */
  readonly subject: AccessSubject
  readonly roles: readonly string[]
  readonly reason: string | undefined
  readonly suggestedReviewers: readonly string[]
  readonly accessMilliseconds: number | undefined
  readonly pendingMilliseconds: number | undefined
  readonly dryRun: boolean
}

export interface Decision {
  readonly state: ReviewState
  readonly reason: string | undefined
  readonly by: string
  /** A part of the roles asked for; all unless given. */
  readonly roles: readonly string[] | undefined
}

export interface AccessRequests {
  /** Throws ACCESS_REQUEST_REFUSED, ROLE_UNKNOWN, ACCESS_REQUESTS_EXHAUSTED. */
  create(request: NewAccessRequest): Promise<AccessRequest>
  /** Throws ACCESS_REQUEST_UNKNOWN. */
  require(id: string): Promise<AccessRequest>
  /** The newest first. */
  list(): Promise<readonly AccessRequest[]>
  /** Throws ACCESS_REQUEST_UNKNOWN, ACCESS_REVIEW_REFUSED. */
  review(id: string, review: Omit<AccessReview, 'author' | 'created'> & { readonly reviewer: AccessSubject }): Promise<AccessRequest>
  /** Throws ACCESS_REQUEST_UNKNOWN, ACCESS_REQUEST_DECIDED (conflict), ACCESS_REQUEST_ROLES_REFUSED. */
  decide(id: string, decision: Decision): Promise<AccessRequest>
  /** Throws ACCESS_REQUEST_UNKNOWN. */
  delete(id: string): Promise<AccessRequest>
  deleteOf(user: string): Promise<void>
  /** The approved requests of the certificate that still hold; those of somebody else never do. */
  granted(identity: Pick<UserIdentity, 'user' | 'activeRequests'>): Promise<readonly AccessRequest[]>
}

const hourMilliseconds = 3_600_000
const pendingMillisecondsDefault = hourMilliseconds
const pendingMillisecondsMax = 7 * 24 * hourMilliseconds
const accessMillisecondsCap = 14 * 24 * hourMilliseconds
/** Of one user, whatever their state. */
const requestsMax = 100

export interface AccessRequestsOptions {
  readonly roles: Roles
  readonly clock: Clock
  readonly randomness: Randomness
}

export function openAccessRequests(store: Store, options: AccessRequestsOptions): AccessRequests {
  const requests = openCollection<AccessRequest>(store, {
    prefix: accessRequestPrefix,
    parse: parseAccessRequest,
    print: printAccessRequest,
  })
  const { clock } = options
  const change = async (id: string, next: (request: AccessRequest) => AccessRequest): Promise<AccessRequest> => {
    const changed = await requests.change(id, (current) => {
      if (current === undefined) throw unknown(id)
      return kept(next(current))
    })
    return changed ?? (await required(id))
  }
  const required = async (id: string): Promise<AccessRequest> => {
    const request = await requests.get(id)
    if (request === undefined) throw unknown(id)
    return request
  }
  return {
    async create(wish) {
      const request = await planned(wish, options)
      if (wish.dryRun) return request
      const own = (await requests.list()).filter(({ spec }) => spec.user === wish.subject.user)
      if (own.length >= requestsMax) throw exhausted(wish.subject.user, requestsMax)
      const { value, expires } = kept(request)
      return await requests.create(request.metadata.name, value, { expires })
    },
    require: required,
    async list() {
      return (await requests.list()).toSorted((left, right) => (left.spec.created < right.spec.created ? 1 : -1))
    },
    review: (id, { reviewer, ...review }) =>
      change(id, (request) => {
        const decision = decideReview(reviewer, request)
        if (!decision.allowed) throw reviewRefused(id, decision)
        const created = clock.now().toISOString()
        return reviewed(request, { author: reviewer.user, created, ...review }, clock)
      }),
    decide: (id, decision) => change(id, (request) => decided(request, decision, clock)),
    async delete(id) {
      const request = await required(id)
      if (!(await requests.delete(id))) throw unknown(id)
      return request
    },
    async deleteOf(user) {
      for (const { metadata, spec } of await requests.list()) if (spec.user === user) await requests.delete(metadata.name)
    },
    async granted({ user, activeRequests = [] }) {
      const found = await Promise.all(activeRequests.map((id) => requests.get(id)))
      return found
        .filter((request) => request?.spec.state === 'APPROVED' && request.spec.user === user)
        .filter((request) => request !== undefined)
    },
  }
}

async function planned(wish: NewAccessRequest, options: AccessRequestsOptions): Promise<AccessRequest> {
  const { subject, reason } = wish
  const roles = await wantedRoles(wish, options.roles)
  const decision = decideRoleRequest(subject, { roles, reason })
  if (!decision.allowed) throw refused(subject.user, decision)
  await options.roles.requireAll(roles, { user: subject.user })
  const { thresholdSets, suggestedReviewers } = decision.terms
  const pending = pendingMillisecondsOf(wish)
  const accessMilliseconds = await accessMillisecondsOf(wish, { roles, limit: decision.terms.accessMillisecondsMax, known: options.roles })
  const reviewers = [...new Set([...wish.suggestedReviewers, ...suggestedReviewers])]
  const request: AccessRequest = {
    kind: 'access_request',
    version: 'v3',
    metadata: { name: options.randomness.uuid(), labels: {}, expires: later(options.clock, pending).toISOString() },
    spec: {
      user: subject.user,
      roles,
      state: 'PENDING',
      created: options.clock.now().toISOString(),
      accessMilliseconds,
      ...(reason === undefined || reason.trim() === '' ? {} : { requestReason: reason.trim() }),
      ...(reviewers.length === 0 ? {} : { suggestedReviewers: reviewers }),
      thresholdSets,
      reviews: [],
    },
  }
  // What could not be read back would stop everybody who lists requests.
  return parseAccessRequest(printAccessRequest(request))
}

async function wantedRoles({ subject, roles }: NewAccessRequest, known: Roles): Promise<readonly string[]> {
  if (roles.includes('*')) {
    return requestableRoles(
      subject,
      (await known.list()).map(({ metadata }) => metadata.name),
    )
  }
  const held = subject.roles.map(({ metadata }) => metadata.name)
  const distinct = [...new Set(roles)]
  if (distinct.length > 0 && distinct.every((name) => held.includes(name))) {
    throw refused(subject.user, { reason: `"${subject.user}" has ${distinct.join(', ')} already`, hint: 'log in again, if they are new' })
  }
  return distinct
}

/** Without a word of the roles, as long as a login; never longer than the roles allow. */
async function accessMillisecondsOf(
  wish: NewAccessRequest,
  { roles, limit, known }: { readonly roles: readonly string[]; readonly limit: number | undefined; readonly known: Roles },
): Promise<number> {
  const all = [...wish.subject.roles, ...(await known.named(roles))]
  const asLogin = sessionTtlMilliseconds(all, wish.accessMilliseconds)
  const wanted = wish.accessMilliseconds ?? asLogin
  const milliseconds = Math.min(wanted, limit ?? asLogin, accessMillisecondsCap)
  if (milliseconds >= 1000) return milliseconds
  throw refused(wish.subject.user, { reason: 'the access would be over at once', hint: 'ask for longer with --max-duration=1h' })
}

function pendingMillisecondsOf({ subject, pendingMilliseconds = pendingMillisecondsDefault }: NewAccessRequest): number {
  if (pendingMilliseconds >= 1000 && pendingMilliseconds <= pendingMillisecondsMax) return pendingMilliseconds
  throw refused(subject.user, { reason: 'a request waits one second to 7 days', hint: 'write it like --request-ttl=4h' })
}

function reviewed(request: AccessRequest, review: AccessReview, clock: Clock): AccessRequest {
  const reviews = [...request.spec.reviews, review]
  const state = resolveReviews({ ...request.spec, reviews })
  const next = { ...request, spec: { ...request.spec, reviews } }
  return state === 'PENDING' ? next : resolved(next, { state, reason: review.reason, by: review.author, roles: undefined }, clock)
}

function decided(request: AccessRequest, decision: Decision, clock: Clock): AccessRequest {
  const { spec, metadata } = request
  if (spec.state === decision.state) {
    throw new PortunusError(
      'ACCESS_REQUEST_DECIDED',
      `Cannot decide the access request "${metadata.name}": it is ${spec.state.toLowerCase()} already`,
      {
        category: 'conflict',
        hint: 'see the requests with: tctl requests ls',
      },
    )
  }
  const beyond = decision.roles?.find((role) => !spec.roles.includes(role))
  if (beyond !== undefined || decision.roles?.length === 0) {
    throw new PortunusError(
      'ACCESS_REQUEST_ROLES_REFUSED',
      `Cannot grant the role "${beyond ?? ''}" by the access request "${metadata.name}": it asks for ${spec.roles.join(', ')}`,
      { category: 'bad-input', hint: 'name roles that the request asks for' },
    )
  }
  return resolved(request, decision, clock)
}

/** With an approval the time of the access begins; what was denied stays to be seen for as long as it would have waited. */
function resolved(request: AccessRequest, { state, reason, by, roles }: Decision, clock: Clock): AccessRequest {
  const { resolveReason: _earlier, ...spec } = request.spec
  const expires = state === 'APPROVED' ? later(clock, spec.accessMilliseconds).toISOString() : request.metadata.expires
  return {
    ...request,
    metadata: { ...request.metadata, ...(expires === undefined ? {} : { expires }) },
    spec: {
      ...spec,
      state,
      roles: roles ?? spec.roles,
      resolvedBy: by,
      ...(reason === undefined || reason.trim() === '' ? {} : { resolveReason: reason.trim() }),
    },
  }
}
