/** Automatic mode: asks once, then performs plans step by step and says how each ended; --check only compares. */
import { comparePermissions, identityArn, leftoverPolicies, missingTrust, type IamIdentity, type IdentityPlan } from '#aws-model'
import { openIamAdministration, type IamAdministration, type PolicyOutcome } from '#aws-client'
import { nodeClock } from '#world'
import type { Flags } from '../flag-values.ts'
import type { TeleportWorld } from '../world.ts'

export interface PerformOptions {
  /** Create only, for policies that somebody else attaches. */
  readonly isAttached?: boolean
}

/** AWS as the credentials of this host see it. */
export function openAdministration(world: TeleportWorld, flags: Flags): Promise<IamAdministration> {
  const { environment, homeDirectory } = world.machine
  const log = world.openLog({ level: flags['debug'] === true ? 'debug' : 'warn', format: 'text' })
  return openIamAdministration({ environment, homeDirectory, files: world.files, clock: nodeClock, log })
}

/** Whether the person agrees; `--confirm` agrees beforehand. Anything but yes is no. */
export async function isConfirmed(world: TeleportWorld, flags: Flags): Promise<boolean> {
  if (flags['confirm'] === true) return true
  const answer = await world.terminal.prompt('Confirm? [y/N]')
  return /^(?:y|yes)$/i.test(answer.trim())
}

/** Creates and attaches; the first failure ends it, after a line that says where. */
export async function perform(
  world: TeleportWorld,
  administration: IamAdministration,
  plan: { readonly plans: readonly IdentityPlan[] } & PerformOptions,
): Promise<void> {
  for (const each of plan.plans) {
    const { identity, policies } = each
    for (const policy of policies) {
      await step(world, `Create IAM policy "${policy.name}"`, async () => outcomeText(await administration.putPolicy(policy, identity)))
    }
    if (plan.isAttached === false) continue
    for (const policy of policies) {
      await step(world, `Attach "${policy.name}" to the ${identity.kind} "${identity.name}"`, async () =>
        (await administration.attachPolicy(policy, identity)) === 'attached' ? 'done' : 'was attached already',
      )
    }
    for (const name of leftoverPolicies(each, await administration.attachedPolicies(identity))) {
      const arn = `arn:${identity.partition ?? 'aws'}:iam::${identity.accountId ?? ''}:policy/${name}`
      const command = `aws iam detach-${identity.kind}-policy --${identity.kind}-name ${identity.name} --policy-arn ${arn}`
      world.terminal.answer(`note    "${name}" is of an earlier run and no longer needed: ${command}`)
    }
  }
  world.terminal.tell(patience)
}

/** Said after changes: whoever tries at once may be refused still (guide, step 5). */
const patience = 'Changes of IAM may take a few minutes to come into effect.'

/** Prints what is missing and what is too much. Resolves to the exit code: 1 when something is missing. */
export async function check(world: TeleportWorld, administration: IamAdministration, plans: readonly IdentityPlan[]): Promise<number> {
  let isMissing = false
  for (const plan of plans) {
    const { missing, extra } = comparePermissions(plan, await administration.permissionsOf(plan.identity))
    const strangers = plan.trust === undefined ? [] : missingTrust(plan.trust, await administration.trustPolicyOf(plan.identity))
    const count = missing.length + strangers.length
    isMissing ||= count > 0
    const lines = [
      ...missing.map(({ action, resource, reason }) => `+ ${action} on ${resource} (${reason})`),
      ...strangers.map((caller) => `+ trust in ${caller}`),
      ...extra.map(({ action, resource, policy }) => `- ${action} on ${resource} (in "${policy}", not needed)`),
    ]
    const verdict = count === 0 ? 'nothing is missing' : `${count} missing`
    world.terminal.answer([`${identityArn(plan.identity)}: ${verdict}`, ...lines].join('\n'))
  }
  return isMissing ? 1 : 0
}

/** Whether the credentials can change the identity. */
export function isWithin(administration: IamAdministration, identity: IamIdentity): boolean {
  return identity.accountId === administration.caller.accountId
}

async function step(world: TeleportWorld, what: string, run: () => Promise<string>): Promise<void> {
  try {
    world.terminal.answer(`ok      ${what}: ${await run()}`)
  } catch (error) {
    world.terminal.answer(`FAILED  ${what}`)
    throw error
  }
}

function outcomeText(outcome: PolicyOutcome): string {
  switch (outcome.kind) {
    case 'created':
      return 'created'
    case 'unchanged':
      return 'unchanged'
    case 'updated':
      return `updated, now ${outcome.version}${outcome.removedVersion === undefined ? '' : ` (${outcome.removedVersion} deleted, IAM keeps five)`}`
  }
  return outcome satisfies never
}
