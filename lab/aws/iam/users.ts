/** IAM users: made, read, listed, deleted, given keys (IAM API reference). */
import { Secret } from '#foundation'
import { authorize } from '../authorize.ts'
import { validationError } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { newSecretAccessKey, newUniqueId } from '../secrets.ts'
import { userArn } from '../world.ts'
import type { AwsUser } from '../world.ts'
import { permitted } from './attachments.ts'
import { alreadyExists, deleteConflict, limitExceeded } from './errors.ts'
import { accountOf, changeAccount, describeUser, inlinePoliciesOf } from './owners.ts'
import { page } from './paging.ts'

const keysMax = 2

export const userOperations: readonly AwsOperation[] = [
  { action: 'CreateUser', answer: createUser },
  { action: 'GetUser', answer: getUser },
  { action: 'ListUsers', answer: listUsers },
  { action: 'DeleteUser', answer: deleteUser },
  { action: 'CreateAccessKey', answer: createAccessKey },
  { action: 'ListGroupsForUser', answer: listGroupsForUser },
]

function createUser(call: AwsCall) {
  const { parameters, world } = call
  const name = parameters.required('UserName')
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) throw validationError('The specified value for userName is invalid.')
  const user: AwsUser = { name, path: parameters.optional('Path') ?? '/', uniqueId: newUniqueId('AIDA'), accessKeys: [], policies: [] }
  const account = accountOf(call)
  const arn = userArn(world, account, user)
  authorize(call, { action: 'iam:CreateUser', resource: arn })
  if (account.users.some((other) => other.name === name)) throw alreadyExists(`User with name ${name} already exists.`)
  changeAccount(call, (before) => ({ ...before, users: [...before.users, user] }))
  return { User: describeUser(arn, user) }
}

/** Without a name it is the caller itself. */
function getUser(call: AwsCall) {
  const { parameters, principal } = call
  if (parameters.optional('UserName') === undefined && principal.kind === 'user') {
    authorize(call, { action: 'iam:GetUser', resource: principal.arn })
    return { User: describeUser(principal.arn, principal.user) }
  }
  const { arn, entity } = permitted(call, 'User', 'GetUser')
  const user = accountOf(call).users.find(({ name }) => name === entity.name)
  return { User: user === undefined ? {} : describeUser(arn, user) }
}

function listUsers(call: AwsCall) {
  authorize(call, { action: 'iam:ListUsers', resource: '*' })
  const account = accountOf(call)
  const { items, rest } = page(call, account.users)
  return { ...rest, Users: items.map((user) => ({ member: describeUser(userArn(call.world, account, user), user) })) }
}

function deleteUser(call: AwsCall) {
  const { entity } = permitted(call, 'User', 'DeleteUser')
  const user = accountOf(call).users.find(({ name }) => name === entity.name)
  if ((user?.accessKeys.length ?? 0) > 0) throw deleteConflict('Cannot delete entity, must delete access keys first.')
  if ((entity.attachedPolicies ?? []).length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
  if (inlinePoliciesOf(entity).size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
  changeAccount(call, (account) => ({ ...account, users: account.users.filter(({ name }) => name !== entity.name) }))
  return {}
}

function createAccessKey(call: AwsCall) {
  const { entity } = permitted(call, 'User', 'CreateAccessKey')
  const key = { id: newUniqueId('AKIA'), secret: new Secret(newSecretAccessKey()) }
  const keys = accountOf(call).users.find(({ name }) => name === entity.name)?.accessKeys ?? []
  if (keys.length >= keysMax) throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${keysMax}`)
  changeAccount(call, (account) => ({
    ...account,
    users: account.users.map((user) => (user.name === entity.name ? { ...user, accessKeys: [...keys, key] } : user)),
  }))
  return {
    AccessKey: {
      UserName: entity.name,
      AccessKeyId: key.id,
      Status: 'Active',
      SecretAccessKey: key.secret.reveal(),
      CreateDate: call.now.toISOString(),
    },
  }
}

/** The lab has no groups. */
function listGroupsForUser(call: AwsCall) {
  permitted(call, 'User', 'ListGroupsForUser')
  return { Groups: [], IsTruncated: false }
}
