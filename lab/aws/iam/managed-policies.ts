/** Managed policies: created, read, listed, tagged, deleted (IAM API reference). */
import { authorize } from '../authorize.ts'
import { validationError } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { newUniqueId } from '../secrets.ts'
import { policyArn } from '../world.ts'
import { checkIdentityPolicy, documentLimits, sizeOf } from './documents.ts'
import { alreadyExists, deleteConflict, limitExceeded } from './errors.ts'
import { accountOf } from './owners.ts'
import { page } from './paging.ts'
import { describePolicy, findPolicy, holdersOf, replacePolicy, tagTrees } from './policy-lookup.ts'

const tagsMax = 50

export const managedPolicyOperations: readonly AwsOperation[] = [
  { action: 'CreatePolicy', answer: createPolicy },
  { action: 'GetPolicy', answer: getPolicy },
  { action: 'ListPolicies', answer: listPolicies },
  { action: 'DeletePolicy', answer: deletePolicy },
  { action: 'TagPolicy', answer: tagPolicy },
  { action: 'UntagPolicy', answer: untagPolicy },
  { action: 'ListPolicyTags', answer: listPolicyTags },
  { action: 'ListEntitiesForPolicy', answer: listEntitiesForPolicy },
]

function createPolicy(call: AwsCall) {
  const { parameters, world, now } = call
  const account = accountOf(call)
  const name = matching(parameters.required('PolicyName'), 'PolicyName', /^[\w+=,.@-]{1,128}$/)
  const path = matching(parameters.optional('Path') ?? '/', 'Path', /^\/(?:[\u0021-\u007e]+\/)?$/)
  const arn = policyArn(world, account, { name, path })
  authorize(call, { action: 'iam:CreatePolicy', resource: arn })
  if (parameters.anyStartingWith('Tags.')) authorize(call, { action: 'iam:TagPolicy', resource: arn })
  const json = parameters.required('PolicyDocument')
  checkManagedDocument(json)
  // Names are compared without their paths and without case.
  if (account.managedPolicies?.some((policy) => policy.name.toLowerCase() === name.toLowerCase()) === true) {
    throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
  }
  const policy = {
    name,
    path,
    uniqueId: newUniqueId('ANPA'),
    description: parameters.optional('Description') ?? '',
    tags: tagsIn(call),
    createdAt: now,
    versions: [{ id: 'v1', json, createdAt: now }],
    defaultVersionId: 'v1',
    lastVersion: 1,
  }
  replacePolicy(call, name, policy)
  return { Policy: describePolicy(call, { arn, policy }) }
}

/** Throws MalformedPolicyDocument and LimitExceeded. */
export function checkManagedDocument(json: string): void {
  checkIdentityPolicy(json)
  if (sizeOf(json) > documentLimits.managed) throw limitExceeded(`Cannot exceed quota for PolicySize: ${documentLimits.managed}`)
}

function getPolicy(call: AwsCall) {
  authorize(call, { action: 'iam:GetPolicy', resource: call.parameters.required('PolicyArn') })
  return { Policy: describePolicy(call, findPolicy(call)) }
}

function listPolicies(call: AwsCall) {
  authorize(call, { action: 'iam:ListPolicies', resource: '*' })
  const account = accountOf(call)
  const { items, rest } = page(call, account.managedPolicies ?? [])
  return {
    ...rest,
    Policies: items.map((policy) => ({ member: describePolicy(call, { arn: policyArn(call.world, account, policy), policy }) })),
  }
}

function deletePolicy(call: AwsCall) {
  authorize(call, { action: 'iam:DeletePolicy', resource: call.parameters.required('PolicyArn') })
  const { arn, policy } = findPolicy(call)
  const { users, roles, boundaryCount } = holdersOf(call, arn)
  if (users.length + roles.length + boundaryCount > 0) throw deleteConflict('Cannot delete a policy attached to entities.')
  if (policy.versions.length > 1)
    throw deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions.")
  replacePolicy(call, policy.name, undefined)
  return {}
}

function tagPolicy(call: AwsCall) {
  authorize(call, { action: 'iam:TagPolicy', resource: call.parameters.required('PolicyArn') })
  const { policy } = findPolicy(call)
  replacePolicy(call, policy.name, { ...policy, tags: { ...policy.tags, ...tagsIn(call) } })
  return {}
}

function untagPolicy(call: AwsCall) {
  authorize(call, { action: 'iam:UntagPolicy', resource: call.parameters.required('PolicyArn') })
  const { policy } = findPolicy(call)
  const removed = new Set(
    Object.entries(call.parameters.toObject()).flatMap(([name, value]) => (name.startsWith('TagKeys.member.') ? [value] : [])),
  )
  const tags = Object.fromEntries(Object.entries(policy.tags).filter(([key]) => !removed.has(key)))
  replacePolicy(call, policy.name, { ...policy, tags })
  return {}
}

function listPolicyTags(call: AwsCall) {
  authorize(call, { action: 'iam:ListPolicyTags', resource: call.parameters.required('PolicyArn') })
  return { Tags: tagTrees(findPolicy(call).policy.tags), IsTruncated: false }
}

function listEntitiesForPolicy(call: AwsCall) {
  authorize(call, { action: 'iam:ListEntitiesForPolicy', resource: call.parameters.required('PolicyArn') })
  const { users, roles } = holdersOf(call, findPolicy(call).arn)
  return {
    PolicyGroups: [],
    PolicyUsers: users.map(({ name, uniqueId }) => ({ member: { UserName: name, UserId: uniqueId } })),
    PolicyRoles: roles.map(({ name, uniqueId }) => ({ member: { RoleName: name, RoleId: uniqueId } })),
    IsTruncated: false,
  }
}

/** `Tags.member.1.Key` and `Tags.member.1.Value`; an absent value is empty. */
function tagsIn({ parameters }: AwsCall): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {}
  for (let index = 1; index <= tagsMax + 1; index++) {
    const key = parameters.optional(`Tags.member.${index}.Key`)
    if (key === undefined) break
    if (index > tagsMax) throw limitExceeded(`Cannot exceed quota for TagsPerPolicy: ${tagsMax}`)
    tags[key] = parameters.optional(`Tags.member.${index}.Value`) ?? ''
  }
  return tags
}

function matching(value: string, member: string, pattern: RegExp): string {
  if (pattern.test(value)) return value
  throw validationError(`The specified value for ${member} is invalid. It must match ${pattern.source}`)
}
