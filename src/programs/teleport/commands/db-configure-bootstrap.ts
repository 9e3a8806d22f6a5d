/** `teleport db configure bootstrap`: the IAM permissions a configuration file needs, printed or made (guide, step 4). */
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
import { identityText, somebody } from '../iam/plan-text.ts'
import { readAssumesRoles, readTarget, roleArnsOf } from '../iam/types-request.ts'
import type { TeleportWorld } from '../world.ts'

export async function bootstrap(world: TeleportWorld, flags: Flags): Promise<number> {
  const path = textFlag(flags, 'config') ?? defaultConfigurationPath
  const target = readTarget(flags, { user: 'attachToUser', role: 'attachToRole' })
  world.terminal.tell(`Reading configuration at "${path}"...`)
  const configuration = await readIamConfiguration(world, path)
  const assumesRoles = readAssumesRoles(flags)
  const known = target ?? somebody
  refuseAmbiguous(known, configuration)
  const plan = planBootstrap({
    configuration,
    target: known,
    policyName: textFlag(flags, 'policyName'),
    assumesRoles: roleArnsOf(assumesRoles, known),
  })
  return printPlan(world, plan, flags)
}

function printPlan(world: TeleportWorld, { target, others }: IamPlan, flags: Flags): number {
  const format = parseIamFormat(textFlag(flags, 'format') ?? 'text')
  const plans = [target, ...others]
  world.terminal.answer(format === 'text' ? plans.map(identityText).join('\n\n\n') : printIdentityPlans(plans, format))
  return 0
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
