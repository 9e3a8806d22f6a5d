/** Plans as a CloudFormation template in JSON (AWS::IAM::ManagedPolicy attaches to the users and roles it names). */
import type { IdentityPlan } from '../plan.ts'

export function printCloudFormation(plans: readonly IdentityPlan[]): string {
  const policies = plans.flatMap((plan) => plan.policies.map((policy) => ({ policy, identity: plan.identity })))
  const resources = Object.fromEntries(
    policies.map(({ policy, identity }, index) => [
      `${logicalId(policy.name)}${logicalId(identity.name)}${index + 1}`,
      {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          ManagedPolicyName: policy.name,
          Description: 'Access to databases, set up for the Database Service',
          ...(identity.kind === 'user' ? { Users: [identity.name] } : { Roles: [identity.name] }),
          PolicyDocument: policy.document,
        },
      },
    ]),
  )
  return JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources: resources }, undefined, 4)
}

/** Logical ids are letters and digits only. */
function logicalId(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '')
}
