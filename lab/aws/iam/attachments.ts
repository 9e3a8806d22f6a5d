/** Managed policies on users and roles, as permissions and as boundaries; the same actions for both kinds (IAM API reference). */
import { authorize } from '../authorize.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { limitExceeded, noSuchEntity } from './errors.ts'
import { changeOwner, findOwner } from './owners.ts'
import type { Owner, OwnerKind } from './owners.ts'
import { page } from './paging.ts'
import { findPolicy } from './policy-lookup.ts'

// IAM User Guide, "IAM and AWS STS quotas".
const attachedMax = 10

export function attachmentOperations(kind: OwnerKind): readonly AwsOperation[] {
  return [
    { action: `Attach${kind}Policy`, answer: (call) => attach(call, permitted(call, kind, `Attach${kind}Policy`)) },
    { action: `Detach${kind}Policy`, answer: (call) => detach(call, permitted(call, kind, `Detach${kind}Policy`)) },
    { action: `ListAttached${kind}Policies`, answer: (call) => list(call, permitted(call, kind, `ListAttached${kind}Policies`)) },
    {
      action: `Put${kind}PermissionsBoundary`,
      answer: (call) => putBoundary(call, permitted(call, kind, `Put${kind}PermissionsBoundary`)),
    },
    {
      action: `Delete${kind}PermissionsBoundary`,
      answer: (call) => deleteBoundary(call, permitted(call, kind, `Delete${kind}PermissionsBoundary`)),
    },
  ]
}

/** IAM says that a name does not exist only to those who may ask. */
export function permitted(call: AwsCall, kind: OwnerKind, action: string): Owner {
  const { world, principal, parameters } = call
  const name = parameters.required(`${kind}Name`)
  const asked = `arn:${world.partition}:iam::${principal.account.id}:${kind.toLowerCase()}/${name}`
  let owner: Owner | undefined
  let missing: unknown
  try {
    owner = findOwner(call, kind)
  } catch (error) {
    missing = error
  }
  const policy = parameters.optional('PolicyArn')
  authorize(call, {
    action: `iam:${action}`,
    resource: owner?.arn ?? asked,
    context: policy === undefined ? {} : { 'iam:PolicyARN': policy },
  })
  if (owner === undefined) throw missing
  return owner
}

function attach(call: AwsCall, owner: Owner) {
  const { arn } = findPolicy(call)
  const attached = owner.entity.attachedPolicies ?? []
  if (attached.includes(arn)) return {}
  if (attached.length >= attachedMax) throw limitExceeded(`Cannot exceed quota for PoliciesPer${owner.kind}: ${attachedMax}`)
  changeOwner(call, owner, { attachedPolicies: [...attached, arn] })
  return {}
}

function detach(call: AwsCall, owner: Owner) {
  const arn = call.parameters.required('PolicyArn')
  const attached = owner.entity.attachedPolicies ?? []
  if (!attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`)
  changeOwner(call, owner, { attachedPolicies: attached.filter((other) => other !== arn) })
  return {}
}

function list(call: AwsCall, owner: Owner) {
  const { items, rest } = page(call, owner.entity.attachedPolicies ?? [])
  return {
    ...rest,
    AttachedPolicies: items.map((arn) => ({ member: { PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn } })),
  }
}

function putBoundary(call: AwsCall, owner: Owner) {
  changeOwner(call, owner, { boundary: findPolicy(call, 'PermissionsBoundary').arn })
  return {}
}

function deleteBoundary(call: AwsCall, owner: Owner) {
  changeOwner(call, owner, { boundary: undefined })
  return {}
}
