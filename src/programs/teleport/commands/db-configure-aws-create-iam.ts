/** `teleport db configure aws create-iam`: makes the policies for types of databases (guide, troubleshooting). */
import { planTypes, type IamIdentity } from '#aws-model'
import { textFlag, type Flags } from '../flag-values.ts'
import { check, isConfirmed, openAdministration, perform } from '../iam/perform.ts'
import { identityText, somebody } from '../iam/plan-text.ts'
import { readTypesFlags, roleArnsOf } from '../iam/types-request.ts'
import type { TeleportWorld } from '../world.ts'

/** Attaches to the user or role that is named; without one the policies are made for somebody to attach. */
export async function createIam(world: TeleportWorld, flags: Flags): Promise<number> {
  const { types, target, assumesRoles } = readTypesFlags(flags)
  using administration = await openAdministration(world, flags)
  const { accountId, partition } = administration.caller
  const home: IamIdentity = target === undefined ? { ...somebody, accountId, partition } : await administration.find(target)
  const isChecked = flags['check'] === true
  const identity = isChecked && target === undefined ? await administration.callerIdentity() : home
  const plan = planTypes({ types, target: identity, policyName: textFlag(flags, 'name'), assumesRoles: roleArnsOf(assumesRoles, home) })
  if (isChecked) return await check(world, administration, [plan])
  const isAttached = target !== undefined && flags['attach'] !== false
  world.terminal.answer(identityText(plan, { isNamed: target !== undefined }))
  if (!(await isConfirmed(world, flags))) return 0
  await perform(world, administration, { plans: [plan], isAttached })
  return 0
}
