/** A plan for IAM as people read it: numbered actions, the documents, the arithmetic of their sizes. The same text for --manual and automatic mode. */
import { iamLimits, identityArn, printPolicy, type IamIdentity, type IdentityPlan } from '#aws-model'

export interface IdentityTextOptions {
  /** False where nobody has said whose permissions they are. */
  readonly isNamed?: boolean
}

/** The actions of one identity under a heading that says who it is and why. */
export function identityText(plan: IdentityPlan, { isNamed = true }: IdentityTextOptions = {}): string {
  if (plan.policies.length === 0) return nothingText(plan)
  const created = plan.policies.map(
    (policy, index) =>
      `${index + 1}. Create IAM policy "${policy.name}" (${policy.characters} of ${iamLimits.managedPolicyCharacters} characters):\n${printPolicy(policy.document)}`,
  )
  const owner = isNamed ? `${plan.identity.kind} "${plan.identity.name}"` : 'user or role of the Database Service'
  const attached = `${plan.policies.length + 1}. Attach ${plan.policies.map(({ name }) => `"${name}"`).join(', ')} to the ${owner}.`
  return [...(isNamed ? [headingOf(plan)] : []), ...created, attached, ...trustText(plan, plan.policies.length + 2), ...remarks(plan)].join(
    '\n\n',
  )
}

/** Stands for an identity nobody has named. */
export const somebody: IamIdentity = { kind: 'user', name: 'username', path: '/', partition: undefined, accountId: undefined }

/** What one run leaves to others: the command for each role of the configuration, by account, and the documents of roles to sign in as. */
export function remainingText(plans: readonly IdentityPlan[], configurationPath: string): string {
  const roles = plans.filter(({ kind, dynamicOnly }) => kind === 'role' && !dynamicOnly)
  const byAccount = [...Map.groupBy(roles, ({ identity }) => identity.accountId ?? '')].map(([accountId, found]) =>
    [`With credentials of account ${accountId}:`, ...found.map((plan) => `  ${commandOf(plan, configurationPath)}`)].join('\n'),
  )
  const others = plans.filter((plan) => !roles.includes(plan)).map((plan) => identityText(plan))
  const trusts = roles.map((plan) => trustText(plan, 1).join('').replace(/^1\. /, ''))
  const heading = 'Not done by this run: the roles it assumes need permissions too. --all-roles includes those of this account.'
  return [heading, ...byAccount, ...trusts, ...others].join('\n\n')
}

function commandOf({ identity, policies }: IdentityPlan, configurationPath: string): string {
  const [policy] = policies
  const name = policy === undefined ? '' : ` --policy-name ${policy.name}`
  return `teleport db configure bootstrap -c ${configurationPath}${name} --attach-to-role "${identityArn(identity)}"`
}

function headingOf(plan: IdentityPlan): string {
  const arn = identityArn(plan.identity)
  const account = plan.identity.accountId === undefined ? '' : `account ${plan.identity.accountId}, `
  const purpose = {
    agent: 'the Database Service',
    role: 'assumed by the Database Service (assume_role_arn)',
    'login-role': 'a role to sign in as',
  }
  return `${arn}: ${account}${purpose[plan.kind]}, ${reachText(plan)}`
}

function reachText({ databases, matcherCount, assumes }: IdentityPlan): string {
  const parts = [
    ...(databases.length === 0 ? [] : [counted(databases.length, 'database')]),
    ...(matcherCount === 0 ? [] : [counted(matcherCount, 'matcher')]),
    ...(assumes.length === 0 ? [] : [`${counted(assumes.length, 'role')} to assume`]),
  ]
  return parts.length === 0 ? 'no databases' : parts.join(', ')
}

function nothingText(plan: IdentityPlan): string {
  if (plan.kind === 'login-role') return [headingOf(plan), ...trustText(plan, 1)].join('\n\n')
  const why = plan.dynamicOnly
    ? 'it is named for databases that are not in this file. Make its policy by type:\n' +
      `teleport db configure aws create-iam --types redshift,redshift-serverless --name teleport-redshift-access --role "${identityArn(plan.identity)}"`
    : 'no extra configuration is required.'
  return [`${headingOf(plan)}: ${why}`, ...trustText(plan, 1)].join('\n\n')
}

function trustText(plan: IdentityPlan, step: number): readonly string[] {
  if (plan.trust === undefined) return []
  return [
    `${step}. Check that the trust policy of role "${plan.identity.name}" contains (it is not changed by this command):\n${printPolicy(plan.trust)}`,
  ]
}

function remarks(plan: IdentityPlan): readonly string[] {
  const { characters, policies, identity } = plan
  const { managedPolicyCharacters, inlineUserCharacters, inlineRoleCharacters, attachedPolicies } = iamLimits
  if (policies.length === 1 && !plan.compacted) return []
  const inline = identity.kind === 'user' ? inlineUserCharacters : inlineRoleCharacters
  const sizes = policies.map((policy) => policy.characters).join(' + ')
  return [
    [
      `Sizes: all permissions are ${characters} characters. IAM allows ${managedPolicyCharacters} in a managed policy (and ${inline} in all inline policies of a ${identity.kind}),`,
      `so there ${policies.length === 1 ? 'is 1 policy' : `are ${policies.length} policies`}: ${sizes}. A ${identity.kind} holds ${attachedPolicies} managed policies unless AWS has raised the quota.`,
      ...(plan.compacted
        ? [
            `Naming every cluster would take more than ${attachedPolicies} policies, so clusters are named together for each region.`,
            'To name each of them, spread the databases over several roles with aws.assume_role_arn.',
          ]
        : []),
    ].join('\n'),
  ]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
