/** May this principal do that: the identity policies of the caller, asked once per action and resource. */
import { accessDenied } from './aws-error.ts'
import type { AwsCall } from './operation.ts'
import { evaluatePolicies } from './policy.ts'
import type { PolicyQuestion, PolicyVerdict } from './policy.ts'
import { boundaryPolicy, identityPolicies, principalContext } from './principal.ts'
import type { Principal } from './principal.ts'

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
  const verdict = verdictFor(principal, { action, resource, context })
  if (verdict === 'allow') return
  throw accessDenied({ callerArn: principal.arn, action, resource, verdict })
}

/** What the policies of the caller say, cut by its permissions boundary (IAM user guide, "Permissions boundaries for IAM entities"). */
export function verdictFor(principal: Principal, question: PolicyQuestion): PolicyVerdict | 'outside-boundary' {
  const own = evaluatePolicies(identityPolicies(principal), question)
  const boundary = boundaryPolicy(principal)
  if (own === 'explicit-deny' || boundary === undefined) return own
  const cut = evaluatePolicies([boundary], question)
  return cut === 'allow' ? own : cut === 'explicit-deny' ? cut : 'outside-boundary'
}
