/** Performs the plans of `aws-model`: assumes the roles in order, makes the one call, keeps what can be kept, explains what fails. */
import { completeRole, parseArn, partitionOf, type RedshiftLoginPlan, type RoleArn, type RoleHop } from '#aws-model'
import { messageOf, PortunusError, type Clock, type Environment, type Files, type Log, type Secret } from '#foundation'
import { CredentialChain } from './credential-chain.ts'
import type { AwsCredentials, CallContext } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import { assumeRoleFailed, callerUnknown, credentialsCallFailed, regionMissing, type FailedCall } from './errors.ts'
import { profileRegion } from './provider-profile.ts'
import { RefreshingCache } from './refreshing-cache.ts'
import { AwsSdk, type CallerIdentity, type DatabaseCredentials } from './sdk.ts'
import { readSettings, type AwsSettings } from './settings.ts'

const loginMilliseconds = 30_000
const identityMilliseconds = 3_000
const roleMarginMilliseconds = 300_000
const databaseMarginMilliseconds = 120_000
const identityAgeMilliseconds = 3_600_000
const entriesMax = 1_000

export interface RedshiftLoginsOptions {
  /** The variables of the Database Service; nothing is read from the process itself. */
  readonly environment: Environment
  readonly files: Pick<Files, 'readTextIfPresent'>
  readonly clock: Clock
  readonly log: Log
  readonly homeDirectory: string
}

export interface IssueOptions {
  readonly signal?: AbortSignal | undefined
  /** Asks AWS even when a kept password would do: for a database that has just refused one. */
  readonly fresh?: boolean
}

export interface RedshiftLogins extends AsyncDisposable {
  /**
   * A user name and a temporary password for the plan. Kept until two minutes before they expire and shared by all who ask for the same.
   * Throws AWS_CREDENTIALS_MISSING, AWS_CREDENTIALS_REFUSED, AWS_REGION_MISSING, AWS_ASSUME_ROLE_DENIED, AWS_CREDENTIALS_CALL_DENIED,
   * AWS_CLUSTER_NOT_FOUND, AWS_UNREACHABLE, AWS_THROTTLED, AWS_ENDPOINT_URL_MALFORMED or AWS_CALL_FAILED.
   */
  issue(
    plan: RedshiftLoginPlan,
    options?: IssueOptions,
  ): Promise<{ readonly user: string; readonly password: Secret<string>; readonly expires: Date }>
}

/** Opens the agent's way to AWS. Nothing is asked, and the SDK is not loaded, before the first `issue`. */
export function openRedshiftLogins(options: RedshiftLoginsOptions): RedshiftLogins {
  return new AwsLogins(options)
}

class AwsLogins implements RedshiftLogins {
  readonly #options: RedshiftLoginsOptions
  readonly #settings: AwsSettings
  readonly #sdk: AwsSdk
  readonly #chain: CredentialChain
  readonly #roles: RefreshingCache<AwsCredentials>
  readonly #identities: RefreshingCache<CallerIdentity>
  readonly #databases: RefreshingCache<DatabaseCredentials>

  constructor(options: RedshiftLoginsOptions) {
    const { clock, log } = options
    this.#options = options
    this.#settings = readSettings(options.environment, options.homeDirectory)
    this.#sdk = new AwsSdk(this.#settings, clock)
    this.#chain = new CredentialChain({ ...options, settings: this.#settings, sdk: this.#sdk })
    const kept = { clock, entriesMax, ageMillisecondsMax: identityAgeMilliseconds }
    const onStale = (error: unknown): void => log.warn('aws login not renewed, the old one still holds', { reason: messageOf(error) })
    this.#roles = new RefreshingCache({ ...kept, marginMilliseconds: roleMarginMilliseconds, onStale })
    this.#identities = new RefreshingCache({ ...kept, marginMilliseconds: 0 })
    this.#databases = new RefreshingCache({ ...kept, marginMilliseconds: databaseMarginMilliseconds, onStale })
  }

  async issue(plan: RedshiftLoginPlan, options: IssueOptions = {}): Promise<DatabaseCredentials> {
    const { signal } = options
    const region = plan.cluster.region ?? this.#settings.region ?? (await profileRegion({ ...this.#options, settings: this.#settings }))
    if (region === undefined) throw regionMissing(plan)
    const source = await this.#chain.get({ region, signal })
    const key = databaseKey(plan, { region, source })
    if (options.fresh === true) this.#databases.forget(key)
    return this.#databases.get(key, () => this.#performTwice(plan, region), { signal })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#sdk[Symbol.dispose]()
    return Promise.resolve()
  }

  /** Keys that AWS no longer takes may have been replaced since: everything kept is dropped and the plan performed once more. */
  async #performTwice(plan: RedshiftLoginPlan, region: string): Promise<DatabaseCredentials> {
    try {
      return await this.#perform(plan, region)
    } catch (error) {
      if (!(error instanceof PortunusError) || error.code !== 'AWS_CREDENTIALS_REFUSED') throw error
      this.#options.log.warn('aws credentials refused, looking for others', { database: plan.database, reason: error.message })
      this.#chain.forget()
      this.#roles.clear()
      this.#identities.clear()
      return this.#perform(plan, region)
    }
  }

  async #perform(plan: RedshiftLoginPlan, region: string): Promise<DatabaseCredentials> {
    const context = { region, signal: this.#options.clock.deadline(loginMilliseconds) }
    let credentials = await this.#chain.get(context)
    let roleKey = JSON.stringify([credentials.accessKeyId, region])
    for (const [index, hop] of plan.hops.entries()) {
      const role = await this.#roleOf(hop, { plan, credentials, context })
      roleKey = JSON.stringify([roleKey, role.text, hop.externalId ?? null, hop.sessionName])
      const step = { plan, hop, hopNumber: index + 1, role, source: credentials }
      credentials = await this.#roles.get(roleKey, () => this.#assume(step, context), context)
    }
    return this.#callForCredentials(plan, credentials, context)
  }

  /** The role's ARN; the account of the caller completes a role named without one. */
  async #roleOf(
    hop: RoleHop,
    login: { readonly plan: RedshiftLoginPlan; readonly credentials: AwsCredentials; readonly context: CallContext },
  ): Promise<RoleArn> {
    if (hop.role.kind === 'arn') return hop.role.arn
    const { plan, credentials, context } = login
    try {
      const caller = await this.#identityOf(credentials, context)
      return completeRole(hop.role, {
        partition: parseArn(caller.arn)?.partition ?? partitionOf(context.region),
        accountId: caller.accountId,
      })
    } catch (error) {
      throw callerUnknown({ plan, region: context.region, failure: describeFailure(error), callerArn: undefined, cause: error })
    }
  }

  async #assume(step: HopStep, context: CallContext): Promise<AwsCredentials> {
    const { hop, role, source, plan } = step
    try {
      const request = { roleArn: role.text, sessionName: hop.sessionName, externalId: hop.externalId }
      const credentials = await this.#sdk.assumeRole(source, request, context)
      this.#options.log.debug('aws role assumed', { database: plan.database, role: role.text, hop: step.hopNumber, person: plan.person })
      return credentials
    } catch (error) {
      if (error instanceof PortunusError) throw error
      const { hopNumber } = step
      const failed = await this.#explain(error, { plan, source, context })
      throw assumeRoleFailed({ ...failed, hop, hopNumber, roleArn: role.text })
    }
  }

  async #callForCredentials(plan: RedshiftLoginPlan, source: AwsCredentials, context: CallContext): Promise<DatabaseCredentials> {
    const place = { clusterId: plan.cluster.clusterId, databaseName: plan.databaseName }
    try {
      const credentials = await this.#sdk.clusterCredentials(
        source,
        plan.kind === 'database-user' ? { ...place, call: plan.call, databaseUser: plan.databaseUser } : { ...place, call: plan.call },
        context,
      )
      const { database, call, person, sessionId } = plan
      this.#options.log.info('redshift credentials issued', {
        database,
        call,
        user: credentials.user,
        person,
        sessionId,
        expires: credentials.expires.toISOString(),
      })
      return credentials
    } catch (error) {
      if (error instanceof PortunusError) throw error
      throw credentialsCallFailed(await this.#explain(error, { plan, source, context }))
    }
  }

  /** What went wrong and, where it is a question of who, whose credentials they were; best effort, within three seconds. */
  async #explain(error: unknown, call: CallPlace): Promise<FailedCall> {
    const { plan, source, context } = call
    const failure = describeFailure(error)
    const failed = { plan, region: context.region, failure, callerArn: undefined, cause: error }
    if (failure.kind !== 'denied' && failure.kind !== 'not-found') return failed
    try {
      const signal = this.#options.clock.deadline(identityMilliseconds)
      return { ...failed, callerArn: (await this.#identityOf(source, { ...context, signal })).arn }
    } catch {
      return failed
    }
  }

  #identityOf(credentials: AwsCredentials, context: CallContext): Promise<CallerIdentity> {
    const key = JSON.stringify([credentials.accessKeyId, context.region])
    return this.#identities.get(key, () => this.#sdk.callerIdentity(credentials, context), context)
  }
}

interface CallPlace {
  readonly plan: RedshiftLoginPlan
  readonly source: AwsCredentials
  readonly context: CallContext
}

interface HopStep {
  readonly plan: RedshiftLoginPlan
  readonly hop: RoleHop
  readonly hopNumber: number
  readonly role: RoleArn
  readonly source: AwsCredentials
}

/** One key per chain identity, user and database: the person is in it through the session name of each hop. */
function databaseKey(plan: RedshiftLoginPlan, place: { readonly region: string; readonly source: AwsCredentials }): string {
  const hops = plan.hops.map(({ role, externalId, sessionName }) => [
    role.kind === 'arn' ? role.arn.text : `${role.path}${role.name}`,
    externalId ?? null,
    sessionName,
  ])
  const user = plan.kind === 'database-user' ? plan.databaseUser : null
  return JSON.stringify([place.source.accessKeyId, place.region, hops, plan.cluster.clusterId, plan.call, user, plan.databaseName])
}
