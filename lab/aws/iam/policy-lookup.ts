/** Managed policies of the caller's account: found by ARN, described, and replaced. */
import type { AwsCall } from '../operation.ts'
import type { XmlTree } from '../query-protocol.ts'
import { policyArn } from '../world.ts'
import type { ManagedPolicy } from '../world.ts'
import { noSuchEntity } from './errors.ts'
import { accountOf, changeAccount } from './owners.ts'

export interface FoundPolicy {
  readonly arn: string
  readonly policy: ManagedPolicy
}

/** Throws NoSuchEntity, MissingParameter. */
export function findPolicy(call: AwsCall, parameter = 'PolicyArn'): FoundPolicy {
  const arn = call.parameters.required(parameter)
  const account = accountOf(call)
  const policy = account.managedPolicies?.find((candidate) => policyArn(call.world, account, candidate) === arn)
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
  return { arn, policy }
}

/** Puts the policy in the place of the one of its name; undefined removes it. */
export function replacePolicy(call: AwsCall, name: string, policy: ManagedPolicy | undefined): void {
  changeAccount(call, (account) => {
    const others = (account.managedPolicies ?? []).filter((candidate) => candidate.name !== name)
    return { ...account, managedPolicies: policy === undefined ? others : [...others, policy] }
  })
}

/** Users and roles that hold the policy, as a permission or as a boundary. */
export function holdersOf(call: AwsCall, arn: string) {
  const { users, roles } = accountOf(call)
  const attached = <Holder extends { readonly attachedPolicies?: readonly string[] }>(holders: readonly Holder[]) =>
    holders.filter(({ attachedPolicies = [] }) => attachedPolicies.includes(arn))
  return {
    users: attached(users),
    roles: attached(roles),
    boundaryCount: [...users, ...roles].filter(({ boundary }) => boundary === arn).length,
  }
}

export function describePolicy(call: AwsCall, { arn, policy }: FoundPolicy): XmlTree {
  const { users, roles, boundaryCount } = holdersOf(call, arn)
  return {
    PolicyName: policy.name,
    PolicyId: policy.uniqueId,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: users.length + roles.length,
    PermissionsBoundaryUsageCount: boundaryCount,
    IsAttachable: true,
    Description: policy.description === '' ? undefined : policy.description,
    CreateDate: policy.createdAt.toISOString(),
    UpdateDate: (policy.versions.at(-1)?.createdAt ?? policy.createdAt).toISOString(),
    Tags: tagTrees(policy.tags),
  }
}

export function tagTrees(tags: Readonly<Record<string, string>>): readonly XmlTree[] {
  return Object.entries(tags).map(([Key, Value]) => ({ member: { Key, Value } }))
}
