/** The agent's own AWS credentials: the sources in the guide's order, the first that answers wins, and a report when none does. */
import { messageOf, PortunusError, type Clock, type Files, type Log } from '#foundation'
import { broken, type AwsCredentials, type CallContext, type CredentialProvider, type ProviderOutcome } from './credentials.ts'
import { credentialsMissing } from './errors.ts'
import { containerProvider } from './provider-container.ts'
import { environmentProvider } from './provider-environment.ts'
import { instanceProvider } from './provider-instance.ts'
import { sharedConfigProvider, sharedCredentialsProvider } from './provider-profile.ts'
import { webIdentityProvider } from './provider-web-identity.ts'
import { RefreshingCache } from './refreshing-cache.ts'
import type { AwsSdk } from './sdk.ts'
import type { AwsSettings } from './settings.ts'

const marginMilliseconds = 300_000
// Files may be rewritten by other programs; keys without an expiry are looked up again after this time.
const ageMillisecondsMax = 300_000
const chainMilliseconds = 20_000

export interface CredentialChainOptions {
  readonly settings: AwsSettings
  readonly files: Pick<Files, 'readTextIfPresent'>
  readonly clock: Clock
  readonly log: Log
  readonly sdk: AwsSdk
}

export interface ProviderReport {
  readonly provider: string
  readonly outcome: string
}

/** Environment, shared credentials file, shared config file, web identity, container, EC2 instance metadata (guide, step 4). */
function credentialProviders(options: CredentialChainOptions): readonly CredentialProvider[] {
  const environment = environmentProvider(options.settings.environment)
  const container = containerProvider(options)
  const instance = instanceProvider(options)
  const sources = { Environment: environment, Ec2InstanceMetadata: instance, EcsContainer: container }
  const profiles = { ...options, sources }
  return [
    environment,
    sharedCredentialsProvider(profiles),
    sharedConfigProvider(profiles),
    webIdentityProvider(options),
    container,
    instance,
  ]
}

/** Finds the credentials once for all who ask, and again five minutes before they expire. */
export class CredentialChain {
  readonly #options: CredentialChainOptions
  readonly #providers: readonly CredentialProvider[]
  readonly #cache: RefreshingCache<AwsCredentials>

  constructor(options: CredentialChainOptions) {
    this.#options = options
    this.#providers = credentialProviders(options)
    this.#cache = new RefreshingCache({
      clock: options.clock,
      marginMilliseconds,
      ageMillisecondsMax,
      entriesMax: 1,
      onStale: (error) => options.log.warn('aws credentials not renewed, the old ones still hold', { reason: messageOf(error) }),
    })
  }

  /** The credentials; throws AWS_CREDENTIALS_MISSING with the outcome of every source. `region` is where STS is asked. */
  get(options: { readonly region: string; readonly signal?: AbortSignal | undefined }): Promise<AwsCredentials> {
    const { region, signal } = options
    return this.#cache.get('chain', () => this.#find({ region, signal: this.#options.clock.deadline(chainMilliseconds) }), { signal })
  }

  /** To be called when AWS refused the credentials: the next one to ask looks again. */
  forget(): void {
    this.#cache.clear()
  }

  async #find(context: CallContext): Promise<AwsCredentials> {
    const { log } = this.#options
    const reports: ProviderReport[] = []
    for (const provider of this.#providers) {
      const outcome = await answerOf(provider, context)
      if (outcome.kind === 'found') {
        log.info('aws credentials found', { provider: provider.name, expires: outcome.credentials.expires?.toISOString() })
        return outcome.credentials
      }
      reports.push({ provider: provider.name, outcome: outcome.reason })
      const fields = { provider: provider.name, reason: outcome.reason }
      if (outcome.suspicious === true) log.warn('aws credentials passed over', fields)
      else log.debug('aws credentials not here', fields)
    }
    throw credentialsMissing(reports)
  }
}

async function answerOf(provider: CredentialProvider, context: CallContext): Promise<ProviderOutcome> {
  try {
    return await provider.find(context)
  } catch (error) {
    if (error instanceof PortunusError) return broken(error.message)
    throw error
  }
}
