/** The error for a request that does not fit its operation; said by the client before sending, or by the server on reading. */
import type * as z from 'zod'
import { PortunusError } from '#foundation'

/** Names the field and what was expected, never the value, which may be a secret. */
export function requestRefused(operation: string, error: z.ZodError): PortunusError {
  const [issue] = error.issues
  const state = issue === undefined ? 'it has another shape' : `${issue.path.join('.')}: ${issue.message}`
  return new PortunusError('REQUEST_REFUSED', `Cannot send the request "${operation}": ${state}`, {
    category: 'bad-input',
    hint: 'correct the value; where it is right, check that both programs have the same version',
  })
}
