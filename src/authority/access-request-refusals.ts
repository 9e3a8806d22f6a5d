/** What access requests are refused with. */
import { PortunusError } from '#foundation'

export interface Refusal {
  readonly reason: string
  readonly hint: string
}

export function refused(user: string, { reason, hint }: Refusal): PortunusError {
  return new PortunusError('ACCESS_REQUEST_REFUSED', `Cannot request access for "${user}": ${reason}`, { category: 'access-denied', hint })
}

export function reviewRefused(id: string, { reason, hint }: Refusal): PortunusError {
  return new PortunusError('ACCESS_REVIEW_REFUSED', `Cannot review the access request "${id}": ${reason}`, {
    category: 'access-denied',
    hint,
  })
}

export function exhausted(user: string, requestsMax: number): PortunusError {
  return new PortunusError('ACCESS_REQUESTS_EXHAUSTED', `Cannot request access for "${user}": ${requestsMax} requests are there already`, {
    category: 'limit-exceeded',
    hint: 'wait until some of them are over, or ask an administrator to delete them with: tctl requests rm',
  })
}

export function unknown(id: string): PortunusError {
  return new PortunusError('ACCESS_REQUEST_UNKNOWN', `Cannot find the access request "${id}": it does not exist, or it is over`, {
    category: 'not-found',
    hint: 'see the requests with: tsh request ls',
  })
}
