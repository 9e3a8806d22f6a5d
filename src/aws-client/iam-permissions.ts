/** Reads what an identity may do: its managed and inline policies, those of a user's groups, and the permissions boundary. */
import { readLivePolicy, type IamIdentity, type LivePermissions, type LivePolicy } from '#aws-model'
import { textAt, type XmlElement } from './xml.ts'

/** Calls of IAM whose failures are worded already. */
export interface IamReader {
  call(action: string, parameters: Readonly<Record<string, string>>): Promise<XmlElement | undefined>
  list(
    action: string,
    request: { readonly list: string; readonly parameters: Readonly<Record<string, string>> },
  ): Promise<readonly XmlElement[]>
}

type Holder = 'User' | 'Role' | 'Group'

export async function readPermissions(identity: IamIdentity, reader: IamReader): Promise<LivePermissions> {
  const noun = identity.kind === 'user' ? 'User' : 'Role'
  const own = await policiesOf(noun, identity.name, reader)
  const groups = identity.kind === 'user' ? await groupNames(identity.name, reader) : []
  const inherited: LivePolicy[] = []
  for (const group of groups) inherited.push(...(await policiesOf('Group', group, reader)))
  const entity = await reader.call(`Get${noun}`, { [`${noun}Name`]: identity.name })
  const boundary = textAt(entity, noun, 'PermissionsBoundary', 'PermissionsBoundaryArn')
  return {
    policies: [...own, ...inherited],
    boundary: boundary === undefined ? undefined : await managedPolicy(boundary, reader),
  }
}

async function policiesOf(holder: Holder, name: string, reader: IamReader): Promise<readonly LivePolicy[]> {
  const owner = { [`${holder}Name`]: name }
  const policies: LivePolicy[] = []
  for (const entry of await reader.list(`ListAttached${holder}Policies`, { list: 'AttachedPolicies', parameters: owner })) {
    policies.push(await managedPolicy(textAt(entry, 'PolicyArn') ?? '', reader))
  }
  for (const { text: policyName } of await reader.list(`List${holder}Policies`, { list: 'PolicyNames', parameters: owner })) {
    const answer = await reader.call(`Get${holder}Policy`, { ...owner, PolicyName: policyName })
    policies.push(readLivePolicy(policyName, decodeURIComponent(textAt(answer, 'PolicyDocument') ?? '')))
  }
  return policies
}

async function groupNames(userName: string, reader: IamReader): Promise<readonly string[]> {
  const groups = await reader.list('ListGroupsForUser', { list: 'Groups', parameters: { UserName: userName } })
  return groups.flatMap((group) => textAt(group, 'GroupName') ?? [])
}

async function managedPolicy(arn: string, reader: IamReader): Promise<LivePolicy> {
  const policy = await reader.call('GetPolicy', { PolicyArn: arn })
  const VersionId = textAt(policy, 'Policy', 'DefaultVersionId') ?? ''
  const version = await reader.call('GetPolicyVersion', { PolicyArn: arn, VersionId })
  return readLivePolicy(arn.slice(arn.lastIndexOf('/') + 1), decodeURIComponent(textAt(version, 'PolicyVersion', 'Document') ?? ''))
}
