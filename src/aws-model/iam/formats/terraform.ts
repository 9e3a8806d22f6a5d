/** Plans as Terraform configuration (provider hashicorp/aws: aws_iam_policy, aws_iam_user_policy_attachment, aws_iam_role_policy_attachment). */
import { identityArn, type IamIdentity } from '../identity.ts'
import type { IdentityPlan } from '../plan.ts'
import type { PlannedPolicy } from '../planned-policies.ts'

export function printTerraform(plans: readonly IdentityPlan[]): string {
  return plans
    .flatMap((plan) => [`# ${identityArn(plan.identity)}`, ...plan.policies.map((policy) => resources(policy, plan.identity))])
    .join('\n\n')
}

function resources(policy: PlannedPolicy, identity: IamIdentity): string {
  const label = labelOf(policy.name)
  const owner = labelOf(identity.name)
  const { kind } = identity
  return [
    `resource "aws_iam_policy" "${label}" {`,
    `  name        = ${hclText(policy.name)}`,
    `  description = "Access to databases, set up for the Database Service"`,
    `  tags        = { teleport = "" }`,
    `  policy = jsonencode(${indented(hclJson(policy.document))})`,
    '}',
    '',
    `resource "aws_iam_${kind}_policy_attachment" "${owner}_${label}" {`,
    `  ${kind}       = ${hclText(identity.name)}`,
    `  policy_arn = aws_iam_policy.${label}.arn`,
    '}',
  ].join('\n')
}

/** Names of resources begin with a letter and hold letters, digits, dashes and underscores. */
function labelOf(name: string): string {
  const label = name.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return /^[A-Za-z]/.test(label) ? label : `policy_${label}`
}

function hclText(text: string): string {
  return escapeTemplates(JSON.stringify(text))
}

/** JSON objects are valid HCL expressions, but for the marks of templates. */
function hclJson(value: unknown): string {
  return escapeTemplates(JSON.stringify(value, undefined, 2))
}

function escapeTemplates(text: string): string {
  return text.replaceAll('${', '$${').replaceAll('%{', '%%{')
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
