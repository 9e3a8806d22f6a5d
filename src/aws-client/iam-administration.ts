/** Performs the IAM plans of `aws-model`: policies created, updated or left alone, attached once, and read back for a comparison. */
import {
  identityArn,
  isSamePolicy,
  parseArn,
  parseIdentityArn,
  type IamIdentity,
  type LivePermissions,
  type PlannedPolicy,
} from '#aws-model'
import { PortunusError, type Clock } from '#foundation'
import { CredentialChain } from './credential-chain.ts'
import type { CallContext } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import { commonFailure } from './errors.ts'
import { IamApi } from './iam-api.ts'
import { accountOther, callerUnattachable, iamFailed, policyForeign, type IamAttempt } from './iam-errors.ts'
import { readPermissions } from './iam-permissions.ts'
import { profileRegion } from './provider-profile.ts'
import type { RedshiftLoginsOptions } from './redshift-logins.ts'
import { AwsSdk } from './sdk.ts'
import { readSettings } from './settings.ts'
import { membersAt, textAt, type XmlElement } from './xml.ts'

const callMilliseconds = 30_000
const versionsMax = 5
const arrivalPausesMax = 8
const arrivalPauseMilliseconds = 1_000
// Every policy made here carries it, with no value; one without it is never changed.
const tag = 'teleport'
const description = 'Access to databases, set up for the Database Service'

/** Whose credentials the command has. */
export interface IamCaller {
  readonly arn: string
  readonly accountId: string
  readonly partition: string
}

export type PolicyOutcome =
  | { readonly kind: 'created' | 'unchanged' }
  | { readonly kind: 'updated'; readonly version: string; readonly removedVersion: string | undefined }

export interface IamAdministration extends Disposable {
  readonly caller: IamCaller
  /** The user or role behind the credentials, with its path. Throws AWS_CALLER_UNATTACHABLE and what calls may throw. */
  callerIdentity(): Promise<IamIdentity>
  /** The identity as IAM knows it: account and path filled in, and that it exists. Throws AWS_ACCOUNT_OTHER, AWS_IAM_NOT_FOUND and more. */
  find(identity: IamIdentity): Promise<IamIdentity>
  /** Creates the policy, or a new version when it says something else; the oldest version goes when there are five. Throws AWS_POLICY_FOREIGN, AWS_IAM_DENIED, AWS_IAM_LIMIT. */
  putPolicy(policy: PlannedPolicy, identity: IamIdentity): Promise<PolicyOutcome>
  attachPolicy(policy: PlannedPolicy, identity: IamIdentity): Promise<'attached' | 'unchanged'>
  /** Names of the managed policies that are attached. */
  attachedPolicies(identity: IamIdentity): Promise<readonly string[]>
  /** The JSON of the role's trust policy. */
  trustPolicyOf(role: IamIdentity): Promise<string>
  /** All policies of the identity that are in force, and its boundary. */
  permissionsOf(identity: IamIdentity): Promise<LivePermissions>
}

/** Asks STS who is calling. Throws AWS_CREDENTIALS_MISSING, AWS_CREDENTIALS_REFUSED, AWS_UNREACHABLE and the like. */
export async function openIamAdministration(options: RedshiftLoginsOptions): Promise<IamAdministration> {
  const settings = readSettings(options.environment, options.homeDirectory)
  const sdk = new AwsSdk(settings, options.clock)
  const region = settings.region ?? (await profileRegion({ ...options, settings })) ?? 'us-east-1'
  const context = { region, signal: options.clock.deadline(callMilliseconds) }
  const credentials = await new CredentialChain({ ...options, settings, sdk }).get(context)
  try {
    const { arn, accountId } = await sdk.callerIdentity(credentials, context)
    const caller = { arn, accountId, partition: parseArn(arn)?.partition ?? 'aws' }
    const api = new IamApi({ sdk, settings, clock: options.clock, credentials, partition: caller.partition })
    return new Administration({ api, sdk, caller, region, clock: options.clock })
  } catch (error) {
    const details = { call: 'GetCallerIdentity' }
    throw commonFailure('find out whose AWS credentials these are with sts:GetCallerIdentity', 'sts', {
      failure: describeFailure(error),
      region,
      cause: error,
      details,
    })
  }
}

interface AdministrationParts {
  readonly api: IamApi
  readonly sdk: AwsSdk
  readonly caller: IamCaller
  readonly region: string
  readonly clock: Clock
}

class Administration implements IamAdministration {
  readonly caller: IamCaller
  readonly #parts: AdministrationParts
  readonly #created = new Set<string>()

  constructor(parts: AdministrationParts) {
    this.caller = parts.caller
    this.#parts = parts
  }

  async callerIdentity(): Promise<IamIdentity> {
    const { arn } = this.caller
    const identity = parseIdentityArn(arn)
    if (identity === undefined) throw callerUnattachable(arn, 'it is neither a user nor a role')
    if (identity.kind === 'user') return identity
    // The ARN of a session has lost the path of its role.
    try {
      return await this.find(identity)
    } catch (error) {
      if (error instanceof PortunusError && error.code === 'AWS_IAM_DENIED')
        throw callerUnattachable(arn, 'iam:GetRole, which tells the full ARN of its role, is denied')
      throw error
    }
  }

  async find(named: IamIdentity): Promise<IamIdentity> {
    const { accountId, partition } = this.caller
    if (named.accountId !== undefined && named.accountId !== accountId) throw accountOther(named, accountId)
    const identity = { ...named, accountId, partition }
    const noun = nounOf(identity)
    const result = await this.#call(
      `Get${noun}`,
      { [`${noun}Name`]: identity.name },
      {
        doing: `find the ${identity.kind} "${identityArn(identity)}"`,
        identity,
        resource: identityArn(identity),
      },
    )
    return parseIdentityArn(textAt(result, noun, 'Arn') ?? '') ?? identity
  }

  async putPolicy(policy: PlannedPolicy, identity: IamIdentity): Promise<PolicyOutcome> {
    const arn = this.#policyArn(policy)
    const attempt = { doing: `create the IAM policy "${policy.name}"`, identity, resource: arn, characters: policy.characters }
    const existing = await this.#existing(policy, attempt)
    if (existing === undefined) {
      const parameters = { PolicyName: policy.name, PolicyDocument: JSON.stringify(policy.document), Description: description }
      await this.#call('CreatePolicy', { ...parameters, 'Tags.member.1.Key': tag, 'Tags.member.1.Value': '' }, attempt)
      this.#created.add(arn)
      return { kind: 'created' }
    }
    if (!membersAt(existing, 'Tags').some((entry) => textAt(entry, 'Key') === tag)) throw policyForeign(arn, policy.name)
    const updating = { ...attempt, doing: `update the IAM policy "${policy.name}"` }
    const version = { PolicyArn: arn, VersionId: textAt(existing, 'DefaultVersionId') ?? '' }
    const live = await this.#call('GetPolicyVersion', version, updating)
    if (isSamePolicy(decodeURIComponent(textAt(live, 'PolicyVersion', 'Document') ?? ''), policy.document)) return { kind: 'unchanged' }
    const removedVersion = await this.#makeRoom(arn, updating)
    const parameters = { PolicyArn: arn, PolicyDocument: JSON.stringify(policy.document), SetAsDefault: 'true' }
    const created = await this.#call('CreatePolicyVersion', parameters, updating)
    return { kind: 'updated', version: textAt(created, 'PolicyVersion', 'VersionId') ?? '', removedVersion }
  }

  async attachPolicy(policy: PlannedPolicy, identity: IamIdentity): Promise<'attached' | 'unchanged'> {
    const noun = nounOf(identity)
    const arn = this.#policyArn(policy)
    const owner = { [`${noun}Name`]: identity.name }
    const doing = `attach the IAM policy "${policy.name}" to the ${identity.kind} "${identity.name}"`
    const attempt = { doing, identity, resource: identityArn(identity) }
    const attached = await this.#list(`ListAttached${noun}Policies`, { list: 'AttachedPolicies', parameters: owner }, attempt)
    if (attached.some((entry) => textAt(entry, 'PolicyArn') === arn)) return 'unchanged'
    for (let pause = 1; ; pause++) {
      try {
        await this.#call(`Attach${noun}Policy`, { ...owner, PolicyArn: arn }, attempt)
        return 'attached'
      } catch (error) {
        // A policy made a moment ago may not have arrived everywhere in IAM.
        if (!isMissing(error) || !this.#created.has(arn) || pause > arrivalPausesMax) throw error
        await this.#parts.clock.sleep(arrivalPauseMilliseconds)
      }
    }
  }

  async attachedPolicies(identity: IamIdentity): Promise<readonly string[]> {
    const noun = nounOf(identity)
    const doing = `list the policies of the ${identity.kind} "${identity.name}"`
    const request = { list: 'AttachedPolicies', parameters: { [`${noun}Name`]: identity.name } }
    const found = await this.#list(`ListAttached${noun}Policies`, request, { doing, identity, resource: identityArn(identity) })
    return found.flatMap((entry) => textAt(entry, 'PolicyName') ?? [])
  }

  async trustPolicyOf(role: IamIdentity): Promise<string> {
    const attempt = { doing: `read the trust policy of the role "${role.name}"`, identity: role, resource: identityArn(role) }
    const result = await this.#call('GetRole', { RoleName: role.name }, attempt)
    return decodeURIComponent(textAt(result, 'Role', 'AssumeRolePolicyDocument') ?? '')
  }

  permissionsOf(identity: IamIdentity): Promise<LivePermissions> {
    const attempt = { doing: `read the permissions of the ${identity.kind} "${identity.name}"`, identity, resource: identityArn(identity) }
    return readPermissions(identity, {
      call: (action, parameters) => this.#call(action, parameters, attempt),
      list: (action, request) => this.#list(action, request, attempt),
    })
  }

  [Symbol.dispose](): void {
    this.#parts.sdk[Symbol.dispose]()
  }

  /** The policy as it is, or undefined where there is none. */
  async #existing(policy: PlannedPolicy, attempt: Attempt): Promise<XmlElement | undefined> {
    try {
      const result = await this.#call('GetPolicy', { PolicyArn: this.#policyArn(policy) }, attempt)
      return result?.children.find(({ name }) => name === 'Policy')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** Deletes the oldest version that is not in force, when there are as many as IAM allows. */
  async #makeRoom(arn: string, attempt: Attempt): Promise<string | undefined> {
    const versions = await this.#list('ListPolicyVersions', { list: 'Versions', parameters: { PolicyArn: arn } }, attempt)
    if (versions.length < versionsMax) return undefined
    const spare = versions
      .filter((version) => textAt(version, 'IsDefaultVersion') !== 'true')
      .map((version) => textAt(version, 'VersionId') ?? '')
    const oldest = spare.toSorted((one, other) => Number(one.slice(1)) - Number(other.slice(1)))[0]
    if (oldest === undefined) return undefined
    await this.#call('DeletePolicyVersion', { PolicyArn: arn, VersionId: oldest }, attempt)
    return oldest
  }

  async #call(action: string, parameters: Readonly<Record<string, string>>, attempt: Attempt): Promise<XmlElement | undefined> {
    try {
      return await this.#parts.api.call(action, parameters, this.#context())
    } catch (error) {
      throw iamFailed(error, this.#attempted(action, attempt))
    }
  }

  async #list(action: string, request: ListRequest, attempt: Attempt): Promise<readonly XmlElement[]> {
    try {
      return await this.#parts.api.list(action, request, this.#context())
    } catch (error) {
      throw iamFailed(error, this.#attempted(action, attempt))
    }
  }

  #attempted(action: string, attempt: Attempt): IamAttempt {
    return { ...attempt, action, callerArn: this.caller.arn, region: this.#parts.region }
  }

  #context(): CallContext {
    return { region: this.#parts.region, signal: this.#parts.clock.deadline(callMilliseconds) }
  }

  #policyArn({ name }: PlannedPolicy): string {
    const { partition, accountId } = this.caller
    return `arn:${partition}:iam::${accountId}:policy/${name}`
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof PortunusError && error.code === 'AWS_IAM_NOT_FOUND'
}

type Attempt = Omit<IamAttempt, 'action' | 'callerArn' | 'region'>

interface ListRequest {
  readonly list: string
  readonly parameters: Readonly<Record<string, string>>
}

function nounOf({ kind }: IamIdentity): 'User' | 'Role' {
  return kind === 'user' ? 'User' : 'Role'
}
