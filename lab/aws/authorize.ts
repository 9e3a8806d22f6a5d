/** May this principal do that: the identity policies of the caller, asked once per action and resource. */
import { accessDenied } from './aws-error.ts'
import type { AwsCall } from './operation.ts'
import { evaluatePolicies } from './policy.ts'
import { identityPolicies, principalContext } from './principal.ts'

export interface AuthorizeQuestion {
  readonly action: string
  readonly resource: string
  readonly context?: Readonly<Record<string, string>>
}

/** Throws AccessDenied with AWS's text. */
export function authorize(call: AwsCall, question: AuthorizeQuestion): void {
  const { principal, region } = call
  const { action, resource } = question
  const context = { ...principalContext(principal), 'aws:RequestedRegion': region, ...question.context }
  const verdict = evaluatePolicies(identityPolicies(principal), { action, resource, context })
  if (verdict === 'allow') return
  throw accessDenied({ callerArn: principal.arn, action, resource, explicit: verdict === 'explicit-deny' })
}
