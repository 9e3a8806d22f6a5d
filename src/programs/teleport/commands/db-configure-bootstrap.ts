/** `teleport db configure bootstrap`: the IAM permissions a configuration file needs, printed, made or checked (guide, step 4). */
import {
  identityArn,
  parseIamFormat,
  planBootstrap,
  printIdentityPlans,
  rolesNamed,
  type IamConfiguration,
  type IamIdentity,
  type IamPlan,
} from '#aws-model'
import { defaultConfigurationPath } from '#configuration'
import { PortunusError } from '#foundation'
import { textFlag, type Flags } from '../flag-values.ts'
import { readIamConfiguration } from '../iam/bootstrap-configuration.ts'
import { check, isConfirmed, isWithin, openAdministration, perform } from '../iam/perform.ts'
import { identityText, remainingText, somebody } from '../iam/plan-text.ts'
import { readAssumesRoles, readTarget, roleArnsOf } from '../iam/types-request.ts'
import type { TeleportWorld } from '../world.ts'

export async function bootstrap(world: TeleportWorld, flags: Flags): Promise<number> {
  const path = textFlag(flags, 'config') ?? defaultConfigurationPath
  const named = readTarget(flags, { user: 'attachToUser', role: 'attachToRole' })
  const format = parseIamFormat(textFlag(flags, 'format') ?? 'text')
  const isManual = flags['manual'] === true
  if (format !== 'text' && !isManual) throw formatNeedsManual(format)
  if (isManual && flags['check'] === true) throw checkNeedsAws()
  world.terminal.tell(`Reading configuration at "${path}"...`)
  const configuration = await readIamConfiguration(world, path)
  const planFor = (target: IamIdentity): IamPlan =>
    planBootstrap({
      configuration,
      target,
      policyName: textFlag(flags, 'policyName'),
      assumesRoles: roleArnsOf(readAssumesRoles(flags), target),
    })
  if (!isManual) return await automatic(world, flags, { planFor, named, path })
  const target = named ?? somebody
  refuseAmbiguous(target, configuration)
  const plan = planFor(target)
  const plans = [plan.target, ...plan.others]
  world.terminal.answer(
    format === 'text'
      ? plans.map((each) => identityText(each, { isNamed: each !== plan.target || named !== undefined })).join('\n\n\n')
      : printIdentityPlans(plans, format),
  )
  return 0
}

interface AutomaticRun {
  readonly planFor: (target: IamIdentity) => IamPlan
  readonly named: IamIdentity | undefined
  readonly path: string
}

async function automatic(world: TeleportWorld, flags: Flags, { planFor, named, path }: AutomaticRun): Promise<number> {
  using administration = await openAdministration(world, flags)
  const { target, others } = planFor(named === undefined ? await administration.callerIdentity() : await administration.find(named))
  const included = flags['allRoles'] === true ? others.filter(({ identity }) => isWithin(administration, identity)) : []
  const plans = [target, ...included]
  const remaining = others.filter((plan) => !included.includes(plan))
  if (flags['check'] === true) return await check(world, administration, plans)
  world.terminal.answer(plans.map((plan) => identityText(plan)).join('\n\n\n'))
  if (remaining.length > 0) world.terminal.answer(`\n\n${remainingText(remaining, path)}`)
  if (plans.every(({ policies }) => policies.length === 0) || !(await isConfirmed(world, flags))) return 0
  await perform(world, administration, { plans })
  return 0
}

function formatNeedsManual(format: string): PortunusError {
  return new PortunusError('USAGE_REFUSED', `Cannot print the policies as "${format}" and create them: the format is for other tools`, {
    category: 'bad-input',
    hint: 'add --manual to print only, or leave out --format',
  })
}

function checkNeedsAws(): PortunusError {
  return new PortunusError('USAGE_REFUSED', 'Cannot check the permissions with --manual: it asks nothing of AWS', {
    category: 'bad-input',
    hint: 'leave out --manual or --check',
  })
}

/** Without AWS, a role's name cannot be told from the `assume_role_arn` of the same name in whatever account. */
function refuseAmbiguous(target: IamIdentity, configuration: IamConfiguration): void {
  const [meant] = target.kind === 'role' && target.accountId === undefined ? rolesNamed(configuration, target.name) : []
  if (meant === undefined) return
  throw new PortunusError('AWS_ROLE_AMBIGUOUS', `Cannot plan for the role "${target.name}" by its name: the configuration has "${meant}"`, {
    category: 'bad-input',
    hint: `name it in full, with --attach-to-role ${meant} if it is that role, or with its own ARN if ${identityArn(target)} is another`,
  })
}
