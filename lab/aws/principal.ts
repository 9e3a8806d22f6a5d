/** Who is calling: an IAM user, or a session of an assumed role. */
import { storedDocument, type PolicyDocument } from './policy.ts'
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

/** Inline and managed policies together, as they are at this moment. */
export function identityPolicies(principal: Principal): readonly PolicyDocument[] {
  const owner = principal.kind === 'user' ? principal.user : principal.role
  const { policies, inlinePolicies = {}, attachedPolicies = [] } = owner
  const managed = attachedPolicies.flatMap((arn) => managedDocument(principal, arn) ?? [])
  return [...policies, ...Object.values(inlinePolicies).map(storedDocument), ...managed]
}

/** The permissions boundary, where there is one. */
export function boundaryPolicy(principal: Principal): PolicyDocument | undefined {
  const { boundary } = principal.kind === 'user' ? principal.user : principal.role
  return boundary === undefined ? undefined : (managedDocument(principal, boundary) ?? { Version: '2012-10-17', Statement: [] })
}

function managedDocument({ account }: Principal, arn: string): PolicyDocument | undefined {
  const policy = account.managedPolicies?.find(({ path, name }) => arn.endsWith(`:${account.id}:policy${path}${name}`))
  const version = policy?.versions.find(({ id }) => id === policy.defaultVersionId)
  return version === undefined ? undefined : storedDocument(version.json)
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
