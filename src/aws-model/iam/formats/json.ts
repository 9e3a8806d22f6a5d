/** Plans as JSON for programs; keys are snake_case and only ever added. */
import { identityArn } from '../identity.ts'
import type { IdentityPlan } from '../plan.ts'
import { iamLimits } from '../policy-size.ts'

export function printPlanJson(plans: readonly IdentityPlan[]): string {
  const identities = plans.map((plan) => ({
    kind: plan.kind,
    arn: identityArn(plan.identity),
    account_id: plan.identity.accountId,
    databases: plan.databases,
    assumes: plan.assumes,
    policies: plan.policies.map(({ name, characters, document }) => ({ name, characters, document })),
    characters: plan.characters,
    characters_max_per_policy: iamLimits.managedPolicyCharacters,
    trust_policy: plan.trust,
  }))
  return JSON.stringify({ identities }, undefined, 4)
}
