/** Users and roles of the caller's account: found by name, described, and changed. */
import type { AwsCall } from '../operation.ts'
import type { XmlTree } from '../query-protocol.ts'
import { roleArn, userArn, withAccount } from '../world.ts'
import type { AwsAccount, AwsRole, AwsUser, IamOwner } from '../world.ts'
import { sizeOf, urlEncoded } from './documents.ts'
import { noSuchEntity } from './errors.ts'

export type OwnerKind = 'User' | 'Role'

export interface Owner {
  readonly kind: OwnerKind
  readonly arn: string
  readonly entity: IamOwner
}

// The world does not say when its users and roles were made.
const creationTime = '2026-01-01T00:00:00Z'

/** The owner that `UserName` or `RoleName` names. Throws NoSuchEntity, MissingParameter. */
export function findOwner(call: AwsCall, kind: OwnerKind): Owner {
  const name = call.parameters.required(`${kind}Name`)
  const { world } = call
  const account = accountOf(call)
  if (kind === 'User') {
    const user = account.users.find((candidate) => candidate.name === name)
    if (user !== undefined) return { kind, entity: user, arn: userArn(world, account, user) }
  } else {
    const role = account.roles.find((candidate) => candidate.name === name)
    if (role !== undefined) return { kind, entity: role, arn: roleArn(world, account, role) }
  }
  throw noSuchEntity(`The ${kind.toLowerCase()} with name ${name} cannot be found.`)
}

/** The caller's account as it is now. */
export function accountOf({ world, principal }: AwsCall): AwsAccount {
  return world.accounts.find(({ id }) => id === principal.account.id) ?? principal.account
}

export function changeAccount(call: AwsCall, change: (account: AwsAccount) => AwsAccount): void {
  call.changeWorld((world) => withAccount(world, call.principal.account.id, change))
}

export type OwnerChange = Partial<Pick<IamOwner, 'policies' | 'inlinePolicies' | 'attachedPolicies' | 'boundary'>>

export function changeOwner(call: AwsCall, { kind, entity }: Owner, change: OwnerChange): void {
  changeAccount(call, (account) =>
    kind === 'User'
      ? { ...account, users: account.users.map((user) => (user.name === entity.name ? { ...user, ...change } : user)) }
      : { ...account, roles: account.roles.map((role) => (role.name === entity.name ? { ...role, ...change } : role)) },
  )
}

/** All inline policies by name: those of the world as it was made, and those put through IAM. */
export function inlinePoliciesOf({ policies, inlinePolicies = {} }: IamOwner): ReadonlyMap<string, string> {
  const made = policies.map((document, index) => [`lab-${index + 1}`, JSON.stringify(document)] as const)
  return new Map([...made, ...Object.entries(inlinePolicies)])
}

export function inlineSize(owner: IamOwner): number {
  return [...inlinePoliciesOf(owner).values()].reduce((sum, json) => sum + sizeOf(json), 0)
}

export function describeUser(arn: string, user: AwsUser): XmlTree {
  return { Path: user.path, UserName: user.name, UserId: user.uniqueId, Arn: arn, CreateDate: creationTime, ...boundaryTree(user) }
}

export function describeRole(arn: string, role: AwsRole): XmlTree {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.uniqueId,
    Arn: arn,
    CreateDate: creationTime,
    AssumeRolePolicyDocument: urlEncoded(JSON.stringify(role.trust)),
    MaxSessionDuration: role.maxSessionSeconds,
    ...boundaryTree(role),
  }
}

function boundaryTree({ boundary }: IamOwner): XmlTree {
  return boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: boundary } }
}
