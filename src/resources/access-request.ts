/** Access requests: who asks for which roles, why, until when, and what reviewers said. */
import * as z from 'zod/mini'
import { checkedName } from './checked-name.ts'
import { readDocument, type ResourceDocument } from './document.ts'
import {
  checkedText,
  duration,
  filled,
  filledText,
  optional,
  present,
  printDuration,
  section,
  text,
  textList,
  time,
  withFallback,
} from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'

export type AccessRequestState = 'PENDING' | 'APPROVED' | 'DENIED'
export type ReviewState = Exclude<AccessRequestState, 'PENDING'>

/** One reviewer's word; nobody has two. `created` is RFC 3339. */
export interface AccessReview {
  readonly author: string
  readonly state: ReviewState
  readonly reason?: string
  readonly created: string
}

/** How many reviewers must say yes, and how many no, until it counts. */
export interface ReviewThreshold {
  readonly name?: string
  readonly approve: number
  readonly deny: number
  /** A condition in the predicate language; a threshold with one approves nothing, because it is not evaluated. */
  readonly filter?: string
}

/** `metadata.name` is the id; `metadata.expires` is the end of the request while it is pending, and of the access afterwards. */
export interface AccessRequest {
  readonly kind: 'access_request'
  readonly version: 'v3'
  readonly metadata: Metadata
  readonly spec: {
    readonly user: string
    readonly roles: readonly string[]
    readonly state: AccessRequestState
    /** RFC 3339. */
    readonly created: string
    /** How long the access lasts from the approval on. */
    readonly accessMilliseconds: number
    readonly requestReason?: string
    /** Why it was approved or denied, and by whom. */
    readonly resolveReason?: string
    readonly resolvedBy?: string
    readonly suggestedReviewers?: readonly string[]
    /** As the roles of the requester said when the request was made: one threshold of every set must be met. */
    readonly thresholdSets: readonly (readonly ReviewThreshold[])[]
    readonly reviews: readonly AccessReview[]
    /** Such as `/example.com/db/my-redshift`; without any, the request is for the roles as such. */
    readonly resourceIds?: readonly string[]
  }
}

const reviewersMax = 1000

const thresholdSchema: z.ZodMiniType<ReviewThreshold> = z.pipe(
  section({
    name: optional(text()),
    approve: z.int().check(z.minimum(1), z.maximum(reviewersMax)),
    deny: z.int().check(z.minimum(1), z.maximum(reviewersMax)),
    filter: optional(text(4096)),
  }),
  z.transform(present),
)

const reviewSchema: z.ZodMiniType<AccessReview> = z.pipe(
  section({ author: checkedName, state: z.literal(['APPROVED', 'DENIED']), reason: optional(text()), created: time() }),
  z.transform(present),
)

const resourceIdPattern = /^\/[^/]+\/db\/[^/]+$/

const resourceId = checkedText((value) =>
  value.length <= 512 && resourceIdPattern.test(value) ? undefined : 'a resource such as /<cluster>/db/<name>',
)

const accessRequestSchema: z.ZodMiniType<AccessRequest> = z.pipe(
  section({
    kind: z.literal('access_request'),
    version: z.literal('v3'),
    metadata: metadataSchema(checkedName),
    spec: section({
      user: checkedName,
      roles: textList(checkedName),
      state: z.literal(['PENDING', 'APPROVED', 'DENIED']),
      created: time(),
      access_duration: duration(),
      request_reason: optional(text()),
      resolve_reason: optional(text()),
      resolved_by: optional(filledText()),
      suggested_reviewers: optional(textList(checkedName)),
      threshold_sets: withFallback(z.array(z.array(thresholdSchema)), []),
      reviews: withFallback(z.array(reviewSchema), []),
      resource_ids: optional(textList(resourceId)),
    }),
  }),
  z.transform((request): AccessRequest => {
    const { spec } = request
    return {
      ...request,
      spec: present({
        user: spec.user,
        roles: spec.roles,
        state: spec.state,
        created: spec.created,
        accessMilliseconds: spec.access_duration,
        requestReason: spec.request_reason,
        resolveReason: spec.resolve_reason,
        resolvedBy: spec.resolved_by,
        suggestedReviewers: spec.suggested_reviewers,
        thresholdSets: spec.threshold_sets,
        reviews: spec.reviews,
        resourceIds: spec.resource_ids,
      }),
    }
  }),
)

/** Throws RESOURCE_MALFORMED (bad-input). */
export function parseAccessRequest(input: unknown): AccessRequest {
  return readDocument('access_request', accessRequestSchema, input)
}

/** The document that `parseAccessRequest` reads back to the same value. */
export function printAccessRequest({ kind, version, metadata, spec }: AccessRequest): ResourceDocument {
  return {
    kind,
    version,
    metadata: printMetadata(metadata),
    spec: {
      user: spec.user,
      roles: spec.roles,
      state: spec.state,
      created: spec.created,
      access_duration: printDuration(spec.accessMilliseconds),
      ...filled({
        request_reason: spec.requestReason,
        resolve_reason: spec.resolveReason,
        resolved_by: spec.resolvedBy,
        suggested_reviewers: spec.suggestedReviewers,
        threshold_sets: spec.thresholdSets,
        reviews: spec.reviews,
        resource_ids: spec.resourceIds,
      }),
    },
  }
}
