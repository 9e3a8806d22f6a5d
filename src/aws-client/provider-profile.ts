/** Credentials from the shared files of AWS: keys, and profiles that lead to a role through another profile or another source. */
import { messageOf, Secret, type Files } from '#foundation'
import {
  broken,
  found,
  nothing,
  type AwsCredentials,
  type CallContext,
  type CredentialProvider,
  type ProviderOutcome,
} from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import { parseProfiles, type Profile, type ProfileFileKind, type Profiles } from './profile-files.ts'
import { assumeWithToken } from './provider-web-identity.ts'
import type { AwsSdk } from './sdk.ts'
import type { AwsSettings } from './settings.ts'

const chainLengthMax = 5

export interface ProfileOptions {
  readonly settings: AwsSettings
  readonly files: Pick<Files, 'readTextIfPresent'>
  readonly sdk: AwsSdk
  /** The sources that `credential_source` may name. */
  readonly sources: Readonly<Record<'Environment' | 'Ec2InstanceMetadata' | 'EcsContainer', CredentialProvider>>
}

interface ProfileFile {
  readonly path: string
  readonly exists: boolean
  readonly profiles: Profiles
}

/** Static keys of the chosen profile in the shared credentials file. */
export function sharedCredentialsProvider(options: ProfileOptions): CredentialProvider {
  return {
    name: 'shared credentials file',
    async find() {
      const { profile, credentialsFile, configFile } = options.settings
      const file = await readProfileFile(credentialsFile, 'credentials', options.files)
      if ('kind' in file) return file
      const own = file.profiles.get(profile)
      if (own === undefined) return absent(file, options.settings)
      const config = await readProfileFile(configFile, 'config', options.files)
      const settings = 'kind' in config ? undefined : config.profiles.get(profile)
      // Every AWS client lets a profile's role go before the profile's keys, which may be the source of that role.
      if ({ ...settings, ...own }['role_arn'] !== undefined)
        return nothing(`profile "${profile}" leads to a role, see the shared config file`)
      return keysOf(own, `profile "${profile}" in ${credentialsFile}`)
    },
  }
}

/** The chosen profile with all it can say: keys, a role, a token, IAM Identity Center, another program. */
export function sharedConfigProvider(options: ProfileOptions): CredentialProvider {
  return {
    name: 'shared config file',
    async find(context) {
      const { profile, configFile } = options.settings
      const config = await readProfileFile(configFile, 'config', options.files)
      if ('kind' in config) return config
      const profiles = await mergedProfiles(options)
      const isOnlyInCredentials = !config.profiles.has(profile) && profiles.get(profile)?.['role_arn'] === undefined
      if (isOnlyInCredentials) return absent(config, options.settings)
      return resolveProfile(profile, { options, profiles, context, visited: [] })
    },
  }
}

/** The region of the chosen profile, where it names one. */
export async function profileRegion(options: Pick<ProfileOptions, 'settings' | 'files'>): Promise<string | undefined> {
  return (await mergedProfiles(options)).get(options.settings.profile)?.['region']
}

interface Resolution {
  readonly options: ProfileOptions
  readonly profiles: Profiles
  readonly context: CallContext
  readonly visited: readonly string[]
}

async function resolveProfile(name: string, resolution: Resolution): Promise<ProviderOutcome> {
  const { options, profiles, visited } = resolution
  const profile = profiles.get(name)
  const where = `profile "${name}"`
  if (profile === undefined) return broken(`${where} is in none of the shared files`)
  if (visited.length >= chainLengthMax) return broken(`${[...visited, name].join(' -> ')} is too long a chain of profiles`)
  // A profile may be its own source: then its keys are meant.
  const isOwnSource = visited.at(-1) === name
  if (visited.includes(name) && !isOwnSource) return broken(`${[...visited, name].join(' -> ')} is a circle of profiles`)
  if (profile['role_arn'] !== undefined && !isOwnSource) return resolveRole(name, { ...resolution, visited: [...visited, name] })
  if (profile['aws_access_key_id'] !== undefined || profile['aws_secret_access_key'] !== undefined) return keysOf(profile, where)
  const kind = profile['sso_session'] !== undefined || profile['sso_start_url'] !== undefined ? 'sso' : 'process'
  if (kind === 'process' && profile['credential_process'] === undefined) return nothing(`${where} holds no credentials`)
  try {
    return found(await options.sdk.profileCredentials(kind, name))
  } catch (error) {
    return broken(
      `${where} ${kind === 'sso' ? 'could not sign in to IAM Identity Center' : 'ran its credential_process in vain'}: ${messageOf(error)}`,
    )
  }
}

async function resolveRole(name: string, resolution: Resolution): Promise<ProviderOutcome> {
  const { options, context } = resolution
  const profile = resolution.profiles.get(name) ?? {}
  const roleArn = profile['role_arn'] ?? ''
  const sessionName = profile['role_session_name']
  if (profile['mfa_serial'] !== undefined) return broken(`profile "${name}" asks for a second factor, which a service does not have`)
  const tokenFile = profile['web_identity_token_file']
  if (tokenFile !== undefined) return assumeWithToken({ tokenFile, roleArn, sessionName }, { ...options, context })
  const source = await sourceOf(name, { ...resolution, profile })
  if (source.kind !== 'found') return source
  return assumeProfileRole(name, { profile, source: source.credentials, options, context })
}

async function sourceOf(name: string, resolution: Resolution & { readonly profile: Profile }): Promise<ProviderOutcome> {
  const { profile, options, context } = resolution
  const sourceProfile = profile['source_profile']
  if (sourceProfile !== undefined) return resolveProfile(sourceProfile, resolution)
  const credentialSource = profile['credential_source']
  if (credentialSource === undefined) return broken(`profile "${name}" names a role but neither source_profile nor credential_source`)
  const source = Object.entries(options.sources).find(([known]) => known === credentialSource)?.[1]
  if (source !== undefined) return source.find(context)
  return broken(`profile "${name}" has credential_source "${credentialSource}", known are ${Object.keys(options.sources).join(', ')}`)
}

interface ProfileRole {
  readonly profile: Profile
  readonly source: AwsCredentials
  readonly options: ProfileOptions
  readonly context: CallContext
}

async function assumeProfileRole(name: string, role: ProfileRole): Promise<ProviderOutcome> {
  const { profile, source, options } = role
  const duration = Number.parseInt(profile['duration_seconds'] ?? '', 10)
  const request = {
    roleArn: profile['role_arn'] ?? '',
    sessionName: profile['role_session_name'] ?? 'portunus',
    externalId: profile['external_id'],
    durationSeconds: Number.isNaN(duration) ? undefined : duration,
  }
  const context = { ...role.context, region: profile['region'] ?? role.context.region }
  try {
    return found(await options.sdk.assumeRole(source, request, context))
  } catch (error) {
    return broken(`profile "${name}" could not assume ${request.roleArn}: ${describeFailure(error).text}`)
  }
}

function keysOf(profile: Profile, where: string): ProviderOutcome {
  const accessKeyId = profile['aws_access_key_id']
  const secretAccessKey = profile['aws_secret_access_key']
  const sessionToken = profile['aws_session_token']
  if (!accessKeyId && !secretAccessKey) return nothing(`${where} holds no keys`)
  if (!accessKeyId) return broken(`${where} has aws_secret_access_key but no aws_access_key_id`)
  if (!secretAccessKey) return broken(`${where} has aws_access_key_id but no aws_secret_access_key`)
  return found({
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken ? new Secret(sessionToken) : undefined,
    expires: undefined,
  })
}

function absent(file: ProfileFile, settings: AwsSettings): ProviderOutcome {
  if (!file.exists) return nothing(`${file.path} does not exist`)
  const reason = `profile "${settings.profile}" is not in ${file.path}`
  return settings.isProfileChosen ? broken(reason) : nothing(reason)
}

async function mergedProfiles(options: Pick<ProfileOptions, 'settings' | 'files'>): Promise<Profiles> {
  const config = await readProfileFile(options.settings.configFile, 'config', options.files)
  const credentials = await readProfileFile(options.settings.credentialsFile, 'credentials', options.files)
  const merged = new Map('kind' in config ? [] : config.profiles)
  for (const [name, profile] of 'kind' in credentials ? [] : credentials.profiles) merged.set(name, { ...merged.get(name), ...profile })
  return merged
}

async function readProfileFile(
  path: string,
  kind: ProfileFileKind,
  files: ProfileOptions['files'],
): Promise<ProfileFile | ProviderOutcome> {
  try {
    const text = await files.readTextIfPresent(path)
    return { path, exists: text !== undefined, profiles: parseProfiles(text ?? '', kind) }
  } catch (error) {
    return broken(`${path} cannot be read: ${messageOf(error)}`)
  }
}
