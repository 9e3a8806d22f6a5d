/** Credentials of an EC2 instance's profile, by the metadata service of version 2 only; its silences are told apart. */
import type { Clock } from '#foundation'
import { broken, found, nothing, parseCredentialDocument, type CredentialProvider, type ProviderOutcome } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import type { AwsSdk, HttpAnswer } from './sdk.ts'
import { checkedUrl, isOn, valueOf, type AwsSettings } from './settings.ts'

const endpointName = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
const modeName = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'
const disabledName = 'AWS_EC2_METADATA_DISABLED'
const addressByMode = { ipv4: 'http://169.254.169.254', ipv6: 'http://[fd00:ec2::254]' }
const callMilliseconds = 1_000
const tokenSeconds = 21_600
const credentialsPath = '/latest/meta-data/iam/security-credentials/'

export interface InstanceOptions {
  readonly settings: AwsSettings
  readonly clock: Clock
  readonly sdk: AwsSdk
}

export function instanceProvider(options: InstanceOptions): CredentialProvider {
  return { name: 'EC2 instance metadata', find: ({ signal }) => credentialsFromInstance(options, signal) }
}

/** PUT for a token, GET the role, GET its credentials (EC2 User Guide, "Use IMDSv2"). */
async function credentialsFromInstance(options: InstanceOptions, signal: AbortSignal): Promise<ProviderOutcome> {
  const { environment } = options.settings
  if (isOn(environment, disabledName)) return nothing(`${disabledName} is true`)
  const service = new MetadataService(options, { base: baseOf(options.settings), signal })
  let token: HttpAnswer
  try {
    token = await service.call('PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) })
  } catch (error) {
    return explainSilence(service, error)
  }
  if (token.status !== 200) return nothing(`${service.base} refused a session token with status ${token.status}`)
  try {
    return await credentialsWithToken(service, token.body.trim())
  } catch (error) {
    return broken(`${service.base} stopped answering: ${describeFailure(error).text}`)
  }
}

async function credentialsWithToken(service: MetadataService, token: string): Promise<ProviderOutcome> {
  const headers = { 'x-aws-ec2-metadata-token': token }
  const roles = await service.call('GET', credentialsPath, headers)
  const [role = ''] = roles.body.trim().split('\n')
  if (roles.status === 404 || (roles.status === 200 && role === '')) return nothing('the instance has no instance profile')
  if (roles.status !== 200) return broken(`${service.base} answered ${roles.status} when asked for the role`)
  const answer = await service.call('GET', credentialsPath + encodeURIComponent(role), headers)
  const credentials = answer.status === 200 ? parseCredentialDocument(answer.body) : undefined
  return credentials === undefined
    ? broken(`${service.base} gave no credentials of the role ${role} (status ${answer.status})`)
    : found(credentials)
}

/** A PUT that times out while a GET is answered means that the reply cannot reach this network namespace: the hop limit. */
async function explainSilence(service: MetadataService, error: unknown): Promise<ProviderOutcome> {
  const failure = describeFailure(error)
  if (failure.kind !== 'unreachable' || failure.stage !== 'timeout') return nothing(`${service.base} cannot be reached: ${failure.text}`)
  const timedOut = `PUT ${service.base}/latest/api/token timed out after ${callMilliseconds} ms`
  try {
    await service.call('GET', '/latest/meta-data/', {})
    return broken(`${timedOut} but GET is answered: the hop limit of the instance is too low for a container`)
  } catch {
    return nothing(`${timedOut}, this host is not on EC2 or its metadata service is blocked`)
  }
}

function baseOf(settings: AwsSettings): string {
  const { environment } = settings
  const given = valueOf(environment, endpointName)
  if (given !== undefined) return checkedUrl(endpointName, given).replace(/\/+$/, '')
  return valueOf(environment, modeName)?.toLowerCase() === 'ipv6' ? addressByMode.ipv6 : addressByMode.ipv4
}

/** The metadata service at its address, each call under its own deadline. */
class MetadataService {
  readonly base: string
  readonly #options: InstanceOptions
  readonly #signal: AbortSignal

  constructor(options: InstanceOptions, place: { readonly base: string; readonly signal: AbortSignal }) {
    this.#options = options
    this.base = place.base
    this.#signal = place.signal
  }

  call(method: 'GET' | 'PUT', path: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const signal = AbortSignal.any([this.#signal, this.#options.clock.deadline(callMilliseconds)])
    return this.#options.sdk.http({ method, url: this.base + path, headers, signal })
  }
}
