/** `teleport db configure aws print-iam`: the policies for types of databases, printed and never created (guide, troubleshooting). */
import { parseIamFormat, planTypes, printIdentityPlans, printPolicy, type IdentityPlan } from '#aws-model'
import { PortunusError } from '#foundation'
import { textFlag, type Flags } from '../flag-values.ts'
import { identityText, somebody } from '../iam/plan-text.ts'
import { readTypesFlags, roleArnsOf } from '../iam/types-request.ts'
import type { TeleportWorld } from '../world.ts'

export async function printIam(world: TeleportWorld, flags: Flags): Promise<number> {
  const { types, target: named, assumesRoles } = readTypesFlags(flags)
  const target = named ?? somebody
  const plan = planTypes({ types, target, policyName: textFlag(flags, 'name'), assumesRoles: roleArnsOf(assumesRoles, target) })
  world.terminal.answer(textOf(plan, { flags, isNamed: named !== undefined }))
  return await Promise.resolve(0)
}

function textOf(plan: IdentityPlan, { flags, isNamed }: { readonly flags: Flags; readonly isNamed: boolean }): string {
  const format = parseIamFormat(textFlag(flags, 'format') ?? 'text')
  if (flags['boundary'] === true) {
    throw new PortunusError('USAGE_REFUSED', 'Cannot print a permissions boundary: none is needed', {
      category: 'bad-input',
      hint: 'leave out --boundary; the policy is static and grants nothing beyond what it says',
    })
  }
  // The document alone, for pipes into other tools.
  if (flags['policy'] === true) return plan.policies.map(({ document }) => printPolicy(document)).join('\n')
  return format === 'text' ? identityText(plan, { isNamed }) : printIdentityPlans([plan], format)
}
