/** Versions of managed policies: five at most, one of them in force (IAM user guide, "Versioning IAM policies"). */
import { authorize } from '../authorize.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import type { XmlTree } from '../query-protocol.ts'
import type { ManagedPolicy, PolicyVersion } from '../world.ts'
import { urlEncoded } from './documents.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from './errors.ts'
import { checkManagedDocument } from './managed-policies.ts'
import { page } from './paging.ts'
import { findPolicy, replacePolicy } from './policy-lookup.ts'

const versionsMax = 5

export const policyVersionOperations: readonly AwsOperation[] = [
  { action: 'CreatePolicyVersion', answer: createPolicyVersion },
  { action: 'GetPolicyVersion', answer: getPolicyVersion },
  { action: 'ListPolicyVersions', answer: listPolicyVersions },
  { action: 'SetDefaultPolicyVersion', answer: setDefaultPolicyVersion },
  { action: 'DeletePolicyVersion', answer: deletePolicyVersion },
]

function createPolicyVersion(call: AwsCall) {
  const { policy } = permitted(call, 'CreatePolicyVersion')
  const json = call.parameters.required('PolicyDocument')
  checkManagedDocument(json)
  if (policy.versions.length >= versionsMax) {
    throw limitExceeded(
      `A managed policy can have up to ${versionsMax} versions. Before you create a new version, you must delete an existing version.`,
    )
  }
  const version = { id: `v${policy.lastVersion + 1}`, json, createdAt: call.now }
  const changed = {
    ...policy,
    versions: [...policy.versions, version],
    lastVersion: policy.lastVersion + 1,
    defaultVersionId: call.parameters.boolean('SetAsDefault') ? version.id : policy.defaultVersionId,
  }
  replacePolicy(call, policy.name, changed)
  return { PolicyVersion: describe(changed, version) }
}

function getPolicyVersion(call: AwsCall) {
  const { policy } = permitted(call, 'GetPolicyVersion')
  const version = findVersion(call, policy)
  return { PolicyVersion: { Document: urlEncoded(version.json), ...describe(policy, version) } }
}

function listPolicyVersions(call: AwsCall) {
  const { policy } = permitted(call, 'ListPolicyVersions')
  const { items, rest } = page(call, policy.versions.toReversed())
  return { ...rest, Versions: items.map((version) => ({ member: describe(policy, version) })) }
}

function setDefaultPolicyVersion(call: AwsCall) {
  const { policy } = permitted(call, 'SetDefaultPolicyVersion')
  replacePolicy(call, policy.name, { ...policy, defaultVersionId: findVersion(call, policy).id })
  return {}
}

function deletePolicyVersion(call: AwsCall) {
  const { policy } = permitted(call, 'DeletePolicyVersion')
  const { id } = findVersion(call, policy)
  if (id === policy.defaultVersionId) throw deleteConflict('Cannot delete the default version of a policy.')
  replacePolicy(call, policy.name, { ...policy, versions: policy.versions.filter((version) => version.id !== id) })
  return {}
}

function permitted(call: AwsCall, action: string) {
  authorize(call, { action: `iam:${action}`, resource: call.parameters.required('PolicyArn') })
  return findPolicy(call)
}

function findVersion({ parameters }: AwsCall, policy: ManagedPolicy): PolicyVersion {
  const id = parameters.required('VersionId')
  const version = policy.versions.find((candidate) => candidate.id === id)
  if (version === undefined) throw noSuchEntity(`Policy ${policy.name} version ${id} does not exist or is not attachable.`)
  return version
}

function describe(policy: ManagedPolicy, version: PolicyVersion): XmlTree {
  return { VersionId: version.id, IsDefaultVersion: version.id === policy.defaultVersionId, CreateDate: version.createdAt.toISOString() }
}
