/** Plans as Terraform configuration (provider hashicorp/aws: aws_iam_policy, aws_iam_user_policy_attachment, aws_iam_role_policy_attachment). */
import { identityArn, type IamIdentity } from '../identity.ts'
import type { IdentityPlan } from '../plan.ts'
import type { PlannedPolicy } from '../planned-policies.ts'

/** With several accounts the text is for all of them: each run makes what belongs to the account of its credentials. */
export function printTerraform(plans: readonly IdentityPlan[]): string {
  const hasSeveral = new Set(plans.map(({ identity }) => identity.accountId)).size > 1
  const blocks = plans.flatMap((plan) => [
    `# ${identityArn(plan.identity)}`,
    ...plan.policies.map((policy) => resources(policy, { identity: plan.identity, isConditional: hasSeveral })),
  ])
  return [...(hasSeveral ? ['data "aws_caller_identity" "current" {}'] : []), ...blocks].join('\n\n')
}

interface Owner {
  readonly identity: IamIdentity
  readonly isConditional: boolean
}

function resources(policy: PlannedPolicy, { identity, isConditional }: Owner): string {
  const label = labelOf(policy.name)
  const { kind, accountId = '' } = identity
  const count = isConditional ? [`  count = data.aws_caller_identity.current.account_id == ${hclText(accountId)} ? 1 : 0`, ''] : []
  return [
    `resource "aws_iam_policy" "${label}" {`,
    ...count,
    `  name        = ${hclText(policy.name)}`,
    '  description = "Access to databases, set up for the Database Service"',
    '  tags        = { teleport = "" }',
    `  policy = jsonencode(${indented(hclJson(policy.document))})`,
    '}',
    '',
    `resource "aws_iam_${kind}_policy_attachment" "${labelOf(identity.name)}_${label}" {`,
    ...count,
    `  ${kind}       = ${hclText(identity.name)}`,
    `  policy_arn = aws_iam_policy.${label}${isConditional ? '[0]' : ''}.arn`,
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

/** JSON objects are valid HCL expressions, but for the marks of templates; a blank before the colon is how `terraform fmt` likes it. */
function hclJson(value: unknown): string {
  return escapeTemplates(JSON.stringify(value, undefined, 2).replaceAll(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1 : '))
}

function escapeTemplates(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{')
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
