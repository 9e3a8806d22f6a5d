/** IAM roles: made, read, listed, deleted, and whom they trust (IAM API reference). */
import { authorize } from '../authorize.ts'
import { validationError } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { newUniqueId } from '../secrets.ts'
import { roleArn } from '../world.ts'
import type { AwsRole } from '../world.ts'
import { permitted } from './attachments.ts'
import { documentLimits, readTrustPolicy, sizeOf } from './documents.ts'
import { alreadyExists, deleteConflict, limitExceeded } from './errors.ts'
import { accountOf, changeAccount, describeRole, inlinePoliciesOf } from './owners.ts'
import { page } from './paging.ts'

export const roleOperations: readonly AwsOperation[] = [
  { action: 'CreateRole', answer: createRole },
  { action: 'GetRole', answer: getRole },
  { action: 'ListRoles', answer: listRoles },
  { action: 'DeleteRole', answer: deleteRole },
  { action: 'UpdateAssumeRolePolicy', answer: updateTrust },
]

function createRole(call: AwsCall) {
  const { parameters, world } = call
  const name = parameters.required('RoleName')
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) throw validationError('The specified value for roleName is invalid.')
  const role: AwsRole = {
    name,
    path: parameters.optional('Path') ?? '/',
    uniqueId: newUniqueId('AROA'),
    trust: trustOf(parameters.required('AssumeRolePolicyDocument')),
    policies: [],
    maxSessionSeconds: parameters.integer('MaxSessionDuration', { least: 3600, most: 43_200, absent: 3600, refusal: validationError }),
  }
  const account = accountOf(call)
  const arn = roleArn(world, account, role)
  authorize(call, { action: 'iam:CreateRole', resource: arn })
  if (account.roles.some((other) => other.name === name)) throw alreadyExists(`Role with name ${name} already exists.`)
  changeAccount(call, (before) => ({ ...before, roles: [...before.roles, role] }))
  return { Role: describeRole(arn, role) }
}

function getRole(call: AwsCall) {
  const { arn, role } = permittedRole(call, 'GetRole')
  return { Role: describeRole(arn, role) }
}

function listRoles(call: AwsCall) {
  authorize(call, { action: 'iam:ListRoles', resource: '*' })
  const account = accountOf(call)
  const { items, rest } = page(call, account.roles)
  return { ...rest, Roles: items.map((role) => ({ member: describeRole(roleArn(call.world, account, role), role) })) }
}

function deleteRole(call: AwsCall) {
  const { role } = permittedRole(call, 'DeleteRole')
  if ((role.attachedPolicies ?? []).length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
  if (inlinePoliciesOf(role).size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
  changeAccount(call, (account) => ({ ...account, roles: account.roles.filter(({ name }) => name !== role.name) }))
  return {}
}

function updateTrust(call: AwsCall) {
  const { role } = permittedRole(call, 'UpdateAssumeRolePolicy')
  const trust = trustOf(call.parameters.required('PolicyDocument'))
  changeAccount(call, (account) => ({
    ...account,
    roles: account.roles.map((other) => (other.name === role.name ? { ...other, trust } : other)),
  }))
  return {}
}

function permittedRole(call: AwsCall, action: string): { readonly arn: string; readonly role: AwsRole } {
  const { arn, entity } = permitted(call, 'Role', action)
  const role = accountOf(call).roles.find(({ name }) => name === entity.name)
  if (role === undefined) throw new Error('the role was there a moment ago')
  return { arn, role }
}

function trustOf(json: string) {
  if (sizeOf(json) > documentLimits.trust) throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${documentLimits.trust}`)
  return readTrustPolicy(json)
}
