/** May this caller assume that role: the trust policy of the role, the policies of the caller, and how an account boundary changes their weight. */
import { verdictFor } from './authorize.ts'
import { asArray, statementMatches } from './policy.ts'
import type { PolicyQuestion, PolicyStatement } from './policy.ts'
import type { Principal } from './principal.ts'
import { roleArn } from './world.ts'
import type { AwsAccount, AwsRole, AwsWorld } from './world.ts'

export interface TrustQuestion {
  readonly world: AwsWorld
  readonly principal: Principal
  readonly account: AwsAccount
  readonly role: AwsRole
  readonly context: Readonly<Record<string, string>>
}

/**
 * AWS's rule (IAM user guide, "Policy evaluation logic"): inside one account a trust policy that names the caller itself is enough;
 * one that names only the account hands the decision to the caller's own policies; across accounts both sides must allow.
 */
export function mayAssumeRole(question: TrustQuestion): boolean {
  const { world, principal, account, role, context } = question
  const trustQuestion: PolicyQuestion = { action: 'sts:AssumeRole', context }
  const trusted = asArray(role.trust.Statement)
    .filter((statement) => statementMatches(statement, trustQuestion))
    .map((statement) => ({ effect: statement.Effect, names: namedBy(statement, world, principal) }))
    .filter(({ names }) => names !== 'nobody')
  if (trusted.some(({ effect }) => effect === 'Deny') || trusted.length === 0) return false
  const own = verdictFor(principal, { action: 'sts:AssumeRole', resource: roleArn(world, account, role), context })
  // A boundary must allow it even where the trust policy alone would do (guide, troubleshooting).
  if (own === 'explicit-deny' || own === 'outside-boundary') return false
  const nameIsEnough = principal.account.id === account.id && trusted.some(({ names }) => names === 'caller')
  return nameIsEnough || own === 'allow'
}

/** Whether a statement's Principal names this caller, its account, or neither. Services and federations never name one of the lab's callers. */
function namedBy(statement: PolicyStatement, world: AwsWorld, principal: Principal): 'caller' | 'account' | 'nobody' {
  if (statement.Principal === '*') return 'caller'
  const named = asArray(statement.Principal?.['AWS'])
  const callerNames = principal.kind === 'user' ? [principal.arn] : [principal.arn, principal.roleArn]
  if (named.some((name) => name === '*' || callerNames.includes(name))) return 'caller'
  const accountNames = [principal.account.id, `arn:${world.partition}:iam::${principal.account.id}:root`]
  return named.some((name) => accountNames.includes(name)) ? 'account' : 'nobody'
}
