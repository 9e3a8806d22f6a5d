/** Plans as commands of the AWS CLI, to be pasted into a POSIX shell. */
import { identityArn } from '../identity.ts'
import type { IdentityPlan } from '../plan.ts'

export function printAwsCommands(plans: readonly IdentityPlan[]): string {
  return plans
    .filter((plan) => plan.policies.length > 0)
    .flatMap((plan) => [`# ${identityArn(plan.identity)}`, ...commandsOf(plan)])
    .join('\n')
}

function commandsOf({ identity, policies }: IdentityPlan): readonly string[] {
  const { kind, name, partition = 'aws', accountId } = identity
  const account = accountId ?? '$(aws sts get-caller-identity --query Account --output text)'
  return policies.flatMap((policy) => [
    `aws iam create-policy --policy-name ${quoted(policy.name)} --tags Key=teleport,Value= --policy-document ${quoted(JSON.stringify(policy.document))}`,
    `aws iam attach-${kind}-policy --${kind}-name ${quoted(name)} --policy-arn "arn:${partition}:iam::${account}:policy/${policy.name}"`,
  ])
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
