/** Inline policies of users and roles: put, read, listed, deleted, their sizes summed up (IAM API reference). */
import type { AwsCall, AwsOperation } from '../operation.ts'
import { permitted } from './attachments.ts'
import { checkIdentityPolicy, documentLimits, sizeOf, urlEncoded } from './documents.ts'
import { limitExceeded, noSuchEntity } from './errors.ts'
import { changeOwner, inlinePoliciesOf, inlineSize } from './owners.ts'
import type { Owner, OwnerKind } from './owners.ts'
import { page } from './paging.ts'

export function inlinePolicyOperations(kind: OwnerKind): readonly AwsOperation[] {
  return [
    { action: `Put${kind}Policy`, answer: (call) => put(call, permitted(call, kind, `Put${kind}Policy`)) },
    { action: `Get${kind}Policy`, answer: (call) => get(call, permitted(call, kind, `Get${kind}Policy`)) },
    { action: `Delete${kind}Policy`, answer: (call) => remove(call, permitted(call, kind, `Delete${kind}Policy`)) },
    { action: `List${kind}Policies`, answer: (call) => list(call, permitted(call, kind, `List${kind}Policies`)) },
  ]
}

function put(call: AwsCall, owner: Owner) {
  const name = call.parameters.required('PolicyName')
  const json = call.parameters.required('PolicyDocument')
  checkIdentityPolicy(json)
  const { kind, entity } = owner
  const limit = kind === 'User' ? documentLimits.inlineOfUser : documentLimits.inlineOfRole
  const replaced = inlinePoliciesOf(entity).get(name) ?? ''
  if (inlineSize(entity) - sizeOf(replaced) + sizeOf(json) > limit) {
    throw limitExceeded(`Maximum policy size of ${limit} bytes exceeded for ${kind.toLowerCase()} ${entity.name}`)
  }
  changeInline(call, owner, new Map([...inlinePoliciesOf(entity), [name, json]]))
  return {}
}

function get(call: AwsCall, { kind, entity }: Owner) {
  const name = call.parameters.required('PolicyName')
  const json = inlinePoliciesOf(entity).get(name)
  if (json === undefined) throw missing(kind, name)
  return { [`${kind}Name`]: entity.name, PolicyName: name, PolicyDocument: urlEncoded(json) }
}

function remove(call: AwsCall, owner: Owner) {
  const name = call.parameters.required('PolicyName')
  const policies = new Map(inlinePoliciesOf(owner.entity))
  if (!policies.delete(name)) throw missing(owner.kind, name)
  changeInline(call, owner, policies)
  return {}
}

function list(call: AwsCall, { entity }: Owner) {
  const { items, rest } = page(call, [...inlinePoliciesOf(entity).keys()])
  return { ...rest, PolicyNames: items.map((member) => ({ member })) }
}

/** From here on all of them have names. */
function changeInline(call: AwsCall, owner: Owner, policies: ReadonlyMap<string, string>): void {
  changeOwner(call, owner, { policies: [], inlinePolicies: Object.fromEntries(policies) })
}

function missing(kind: OwnerKind, name: string) {
  return noSuchEntity(`The ${kind.toLowerCase()} policy with name ${name} cannot be found.`)
}
