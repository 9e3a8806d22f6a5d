/** Credentials from the endpoint that ECS and EKS Pod Identity put beside a container. */
import { messageOf, type Clock, type Files } from '#foundation'
import { broken, found, nothing, parseCredentialDocument, type CredentialProvider, type ProviderOutcome } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import type { AwsSdk } from './sdk.ts'
import { valueOf, type AwsSettings } from './settings.ts'

const relativeName = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const fullName = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
const tokenName = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'
const ecsAddress = 'http://169.254.170.2'
// Plain HTTP may carry credentials to these hosts only (AWS SDKs and Tools Reference Guide, "Container credential provider").
const trustedHosts = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', 'localhost', '[::1]'])
const callMilliseconds = 2_000

export interface ContainerOptions {
  readonly settings: AwsSettings
  readonly files: Pick<Files, 'readTextIfPresent'>
  readonly clock: Clock
  readonly sdk: AwsSdk
}

export function containerProvider(options: ContainerOptions): CredentialProvider {
  return { name: 'container', find: ({ signal }) => credentialsFromContainer(options, signal) }
}

async function credentialsFromContainer(options: ContainerOptions, signal: AbortSignal): Promise<ProviderOutcome> {
  const { environment } = options.settings
  const relative = valueOf(environment, relativeName)
  const address = relative === undefined ? valueOf(environment, fullName) : ecsAddress + relative
  if (address === undefined) return nothing(`${relativeName} and ${fullName} are not set`)
  const url = URL.parse(address)
  if (url === null || !isTrusted(url)) {
    return broken(
      `${relative === undefined ? fullName : relativeName} leads to ${address}, which is neither https nor an address of this host`,
    )
  }
  const authorization = await authorizationOf(options)
  if (typeof authorization === 'object') return authorization
  try {
    const headers = authorization === '' ? {} : { authorization }
    const limit = AbortSignal.any([signal, options.clock.deadline(callMilliseconds)])
    const answer = await options.sdk.http({ method: 'GET', url: url.href, headers, signal: limit })
    if (answer.status !== 200) return broken(`${url.href} answered ${answer.status}`)
    const credentials = parseCredentialDocument(answer.body)
    return credentials === undefined ? broken(`${url.href} answered without credentials`) : found(credentials)
  } catch (error) {
    return broken(`${url.href} gave no answer: ${describeFailure(error).text}`)
  }
}

/** The header's text, empty for none; an outcome when it cannot be had. */
async function authorizationOf(options: ContainerOptions): Promise<string | ProviderOutcome> {
  const { environment } = options.settings
  const file = valueOf(environment, `${tokenName}_FILE`)
  let token: string | undefined
  try {
    token = file === undefined ? valueOf(environment, tokenName) : await options.files.readTextIfPresent(file)
  } catch (error) {
    return broken(`the token file ${file} cannot be read: ${messageOf(error)}`)
  }
  if (file !== undefined && token === undefined) return broken(`the token file ${file} does not exist`)
  const text = token?.trim() ?? ''
  return /[\r\n]/.test(text) ? broken('the authorization token has more than one line') : text
}

function isTrusted(url: URL): boolean {
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && (trustedHosts.has(url.hostname) || /^127(?:\.\d{1,3}){3}$/.test(url.hostname))
}
