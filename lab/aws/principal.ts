/** Who is calling: an IAM user, or a session of an assumed role. */
import type { PolicyDocument } from './policy.ts'
import { roleArn, userArn } from './world.ts'
import type { AwsAccount, AwsRole, AwsUser, AwsWorld } from './world.ts'

export type Principal =
  | { readonly kind: 'user'; readonly account: AwsAccount; readonly user: AwsUser; readonly arn: string; readonly userId: string }
  | {
      readonly kind: 'role-session'
      readonly account: AwsAccount
      readonly role: AwsRole
      readonly sessionName: string
      /** `arn:...:sts::<account>:assumed-role/<role name>/<session name>`: the path of the role is lost, as at AWS. */
      readonly arn: string
      readonly roleArn: string
      readonly userId: string
    }

export function userPrincipal(world: AwsWorld, account: AwsAccount, user: AwsUser): Principal {
  return { kind: 'user', account, user, arn: userArn(world, account, user), userId: user.uniqueId }
}

export function rolePrincipal(world: AwsWorld, session: { account: AwsAccount; role: AwsRole; sessionName: string }): Principal {
  const { account, role, sessionName } = session
  return {
    kind: 'role-session',
    account,
    role,
    sessionName,
    arn: `arn:${world.partition}:sts::${account.id}:assumed-role/${role.name}/${sessionName}`,
    roleArn: roleArn(world, account, role),
    userId: `${role.uniqueId}:${sessionName}`,
  }
}

export function identityPolicies(principal: Principal): readonly PolicyDocument[] {
  return principal.kind === 'user' ? principal.user.policies : principal.role.policies
}

/** The global condition keys every request carries. IAM user guide, "AWS global condition context keys". */
export function principalContext(principal: Principal): Readonly<Record<string, string>> {
  return {
    'aws:PrincipalArn': principal.kind === 'user' ? principal.arn : principal.roleArn,
    'aws:PrincipalAccount': principal.account.id,
    'aws:userid': principal.userId,
    ...(principal.kind === 'user' ? { 'aws:username': principal.user.name } : {}),
  }
}
