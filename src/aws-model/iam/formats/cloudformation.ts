/** Plans as a CloudFormation template in JSON (AWS::IAM::ManagedPolicy attaches to the users and roles it names). */
import type { IdentityPlan } from '../plan.ts'

/** With several accounts the template is for all of them: conditions pick what belongs to the account of the stack. */
export function printCloudFormation(plans: readonly IdentityPlan[]): string {
  const accounts = [...new Set(plans.flatMap(({ identity }) => identity.accountId ?? []))]
  const hasSeveral = accounts.length > 1
  const policies = plans.flatMap((plan) => plan.policies.map((policy) => ({ policy, identity: plan.identity })))
  const resources = policies.map(({ policy, identity }, index) => [
    `${logicalId(policy.name)}${logicalId(identity.name)}${index + 1}`,
    {
      Type: 'AWS::IAM::ManagedPolicy',
      ...(hasSeveral && identity.accountId !== undefined ? { Condition: conditionOf(identity.accountId) } : {}),
      Properties: {
        ManagedPolicyName: policy.name,
        Description: 'Access to databases, set up for the Database Service',
        ...(identity.kind === 'user' ? { Users: [identity.name] } : { Roles: [identity.name] }),
        PolicyDocument: policy.document,
      },
    },
  ])
  const conditions = accounts.map((account) => [conditionOf(account), { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, account] }])
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    ...(hasSeveral ? { Conditions: Object.fromEntries(conditions) } : {}),
    Resources: Object.fromEntries(resources),
  }
  return JSON.stringify(template, undefined, 4)
}

function conditionOf(accountId: string): string {
  return `InAccount${accountId}`
}

/** Logical ids are letters and digits only. */
function logicalId(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '')
}
