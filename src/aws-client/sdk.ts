/** The one file that speaks to the AWS SDK: it loads it at first use, points it at the right place and bounds every call. */
import { type Clock, Secret } from '#foundation'
import type { STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentials, CallContext } from './credentials.ts'
import { endpointOf, isOn, type AwsServiceName, type AwsSettings } from './settings.ts'

const connectMilliseconds = 3_000
const requestMilliseconds = 8_000
const attemptsMax = 3
const metadataBytesMax = 65_536
const answerBytesMax = 1_048_576
// What the Redshift API grants when no duration is asked for (API Reference, GetClusterCredentials, DurationSeconds).
const databaseCredentialsMilliseconds = 900_000
const roleCredentialsMilliseconds = 3_600_000

export interface CallerIdentity {
  readonly arn: string
  readonly accountId: string
  readonly expires: undefined
}

export interface DatabaseCredentials {
  readonly user: string
  readonly password: Secret<string>
  readonly expires: Date
}

export interface AssumeRoleRequest {
  readonly roleArn: string
  readonly sessionName: string
  readonly externalId?: string | undefined
  readonly durationSeconds?: number | undefined
}

export interface WebIdentityRequest {
  readonly roleArn: string
  readonly sessionName: string
  readonly token: Secret<string>
}

export type ClusterCredentialsRequest = {
  readonly clusterId: string
  readonly databaseName: string
} & ({ readonly call: 'GetClusterCredentials'; readonly databaseUser: string } | { readonly call: 'GetClusterCredentialsWithIAM' })

export interface HttpCall {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface SignedCall {
  readonly url: string
  readonly service: AwsServiceName
  /** Of the signature. */
  readonly region: string
  /** Of content type `application/x-www-form-urlencoded`. */
  readonly body: string
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

interface SdkCredentials {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
  readonly Expiration: Date | undefined
}

/** The SDK's HTTP handler: one for all clients, so that connections are kept and reused. */
type HttpHandler = STSClient['config']['requestHandler']

/** Calls to AWS. Failures are the SDK's own errors, for `describeFailure` to read. */
export class AwsSdk implements Disposable {
  readonly #settings: AwsSettings
  readonly #clock: Clock
  #handler: HttpHandler | undefined

  constructor(settings: AwsSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  async assumeRole(source: AwsCredentials, request: AssumeRoleRequest, context: CallContext): Promise<AwsCredentials> {
    const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts')
    const client = this.#keep(new STSClient({ ...this.#options('sts', context.region), credentials: signerOf(source) }))
    const command = new AssumeRoleCommand({
      RoleArn: request.roleArn,
      RoleSessionName: request.sessionName,
      ...(request.externalId === undefined ? {} : { ExternalId: request.externalId }),
      ...(request.durationSeconds === undefined ? {} : { DurationSeconds: request.durationSeconds }),
    })
    const answer = await client.send(command, { abortSignal: context.signal })
    return this.#credentialsOf('AssumeRole', answer.Credentials)
  }

  async assumeRoleWithWebIdentity(request: WebIdentityRequest, context: CallContext): Promise<AwsCredentials> {
    const { STSClient, AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/client-sts')
    const client = this.#keep(new STSClient(this.#options('sts', context.region)))
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: request.roleArn,
      RoleSessionName: request.sessionName,
      WebIdentityToken: request.token.reveal(),
    })
    const answer = await client.send(command, { abortSignal: context.signal })
    return this.#credentialsOf('AssumeRoleWithWebIdentity', answer.Credentials)
  }

  async callerIdentity(source: AwsCredentials, context: CallContext): Promise<CallerIdentity> {
    const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
    const client = this.#keep(new STSClient({ ...this.#options('sts', context.region), credentials: signerOf(source) }))
    const answer = await client.send(new GetCallerIdentityCommand({}), { abortSignal: context.signal })
    if (answer.Arn === undefined || answer.Account === undefined) throw incomplete('GetCallerIdentity')
    return { arn: answer.Arn, accountId: answer.Account, expires: undefined }
  }

  async clusterCredentials(source: AwsCredentials, request: ClusterCredentialsRequest, context: CallContext): Promise<DatabaseCredentials> {
    const { RedshiftClient, GetClusterCredentialsCommand, GetClusterCredentialsWithIAMCommand } = await import('@aws-sdk/client-redshift')
    const client = this.#keep(new RedshiftClient({ ...this.#options('redshift', context.region), credentials: signerOf(source) }))
    const place = { ClusterIdentifier: request.clusterId, DbName: request.databaseName }
    const sending = { abortSignal: context.signal }
    // Users are never created on the way: the guide promises that they must exist.
    const answer =
      request.call === 'GetClusterCredentials'
        ? await client.send(new GetClusterCredentialsCommand({ ...place, DbUser: request.databaseUser, AutoCreate: false }), sending)
        : await client.send(new GetClusterCredentialsWithIAMCommand(place), sending)
    if (answer.DbUser === undefined || answer.DbPassword === undefined) throw incomplete(request.call)
    const expires = answer.Expiration ?? this.#after(databaseCredentialsMilliseconds)
    return { user: answer.DbUser, password: new Secret(answer.DbPassword), expires }
  }

  /** One plain HTTP call, for metadata endpoints. The body is text of at most 64 KiB. */
  async http(call: HttpCall): Promise<HttpAnswer> {
    const url = new URL(call.url)
    const request = {
      method: call.method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname + url.search,
      headers: { host: url.host, ...call.headers },
    }
    const { response } = await (await this.#httpHandler()).handle(request, { abortSignal: call.signal })
    return { status: response.statusCode, body: await textOf(response.body) }
  }

  /** One signed POST, for services whose client is not among the dependencies. The body of the answer is text of at most 1 MiB. */
  async signedPost(source: AwsCredentials, call: SignedCall, context: CallContext): Promise<HttpAnswer> {
    const { STSClient } = await import('@aws-sdk/client-sts')
    const client = this.#keep(new STSClient({ ...this.#options('sts', call.region), credentials: signerOf(source) }))
    const signer = await client.config.signer({ name: 'sigv4', signingName: call.service, signingRegion: call.region, properties: {} })
    const url = new URL(call.url)
    const request = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: {},
      headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: call.body,
    })
    const { response } = await client.config.requestHandler.handle(request, { abortSignal: context.signal })
    return { status: response.statusCode, body: await textOf(response.body, answerBytesMax) }
  }

  /** Credentials of a profile that signs in through IAM Identity Center or another program: the SDK's own providers do that. */
  async profileCredentials(kind: 'sso' | 'process', profile: string): Promise<AwsCredentials> {
    const { fromProcess, fromSSO } = await import('@aws-sdk/credential-providers')
    const { credentialsFile, configFile } = this.#settings
    const init = { profile, filepath: credentialsFile, configFilepath: configFile }
    const answer = await (kind === 'sso' ? fromSSO(init) : fromProcess(init))()
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = answer
    return {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
      expires: expiration,
    }
  }

  [Symbol.dispose](): void {
    this.#handler?.destroy?.()
  }

  /** Everything the SDK would otherwise look up in the process's own environment is said here. */
  #options(service: AwsServiceName, region: string) {
    const { environment } = this.#settings
    const endpoint = endpointOf(environment, service)
    return {
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      ignoreConfiguredEndpointUrls: true,
      useFipsEndpoint: isOn(environment, 'AWS_USE_FIPS_ENDPOINT'),
      useDualstackEndpoint: isOn(environment, 'AWS_USE_DUALSTACK_ENDPOINT'),
      defaultsMode: 'standard' as const,
      retryMode: 'standard',
      maxAttempts: attemptsMax,
      userAgentAppId: 'portunus',
      requestHandler: this.#handler ?? {
        connectionTimeout: connectMilliseconds,
        requestTimeout: requestMilliseconds,
        throwOnRequestTimeout: true,
      },
    }
  }

  #keep<Client extends { readonly config: { readonly requestHandler: HttpHandler } }>(client: Client): Client {
    this.#handler ??= client.config.requestHandler
    return client
  }

  async #httpHandler(): Promise<HttpHandler> {
    if (this.#handler !== undefined) return this.#handler
    const { STSClient } = await import('@aws-sdk/client-sts')
    return this.#keep(new STSClient(this.#options('sts', 'us-east-1'))).config.requestHandler
  }

  #credentialsOf(call: string, answer: SdkCredentials | undefined): AwsCredentials {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer ?? {}
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) throw incomplete(call)
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: new Secret(SecretAccessKey),
      sessionToken: new Secret(SessionToken),
      expires: Expiration ?? this.#after(roleCredentialsMilliseconds),
    }
  }

  #after(milliseconds: number): Date {
    return new Date(this.#clock.now().getTime() + milliseconds)
  }
}

function signerOf(credentials: AwsCredentials): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  }
}

function incomplete(call: string): Error {
  return new Error(`the answer to ${call} holds no credentials`)
}

async function textOf(body: AsyncIterable<Uint8Array>, lengthMax = metadataBytesMax): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > lengthMax) throw new Error(`the answer has more than ${lengthMax} characters`)
  }
  return text
}
