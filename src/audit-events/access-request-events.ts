/** Events of access requests: who asked for which roles, what reviewers said, and what came of it. */
import type { ActorFields } from './cluster-events.ts'

/** `id` is the request, `requester` whose it is; `roles` are those that are asked for, or that were granted. */
interface AccessRequestFields extends ActorFields {
  readonly id: string
  readonly requester: string
  readonly roles: readonly string[]
  /** As it is after the event. */
  readonly state: 'PENDING' | 'APPROVED' | 'DENIED'
  readonly reason?: string | undefined
  /** When the request, or the access, ends. */
  readonly expires?: string | undefined
  readonly resource_ids?: readonly string[] | undefined
}

export interface AccessRequestChange extends AccessRequestFields {
  readonly event: 'access_request.create' | 'access_request.update' | 'access_request.delete'
  readonly code: 'T5000I' | 'T5001I' | 'T5003I'
}

/** One reviewer's word; `state` may still be pending. */
export interface AccessRequestReview extends AccessRequestFields {
  readonly event: 'access_request.review'
  readonly code: 'T5002I'
  readonly reviewer: string
  readonly proposed_state: 'APPROVED' | 'DENIED'
}

export type AccessRequestEventBody = AccessRequestChange | AccessRequestReview
