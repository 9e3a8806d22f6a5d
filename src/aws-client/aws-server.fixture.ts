/** A small HTTP server that answers in the wire formats of STS, Redshift, the container endpoint and IMDSv2, as a test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Clock } from '#foundation'

interface RecordedCall {
  readonly action: string
  readonly parameters: Readonly<Record<string, string>>
  /** The access key in the signature; undefined for calls without one. */
  readonly accessKeyId: string | undefined
  readonly region: string | undefined
}

/** An answer that is not the usual one: an AWS error, silence, or a wait before the usual one. */
export type Trouble =
  | { readonly status: number; readonly code: string; readonly message?: string }
  | { readonly silence: true }
  | { readonly after: Promise<void> }

/** Called for every call; undefined lets the usual answer through. */
export type TroubleMaker = (call: RecordedCall) => Trouble | undefined

export interface AwsServer extends AsyncDisposable {
  readonly url: string
  readonly calls: RecordedCall[]
  trouble: TroubleMaker
  /** What metadata paths answer; a missing one is 404, a status other than 200 goes with an empty body. */
  readonly metadata: Map<string, string | number>
}

const account = '123456789012'
const credentialsMilliseconds = 900_000
const roleMilliseconds = 3_600_000

export async function startAwsServer(clock: Clock): Promise<AwsServer> {
  const calls: RecordedCall[] = []
  const metadata = new Map<string, string | number>()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const aws: AwsServer = {
    url: `http://127.0.0.1:${port}`,
    calls,
    trouble: () => undefined,
    metadata,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (request.method !== 'POST') return answerMetadata(request, response, metadata)
    const parameters = Object.fromEntries(new URLSearchParams(body))
    const action = parameters['Action'] ?? ''
    const credential = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')
    const call = { action, parameters, accessKeyId: credential?.[1], region: credential?.[2] }
    calls.push(call)
    const trouble = aws.trouble(call)
    if (trouble !== undefined && 'silence' in trouble) return
    if (trouble !== undefined && 'after' in trouble) await trouble.after
    const isError = trouble !== undefined && 'code' in trouble
    response.writeHead(isError ? trouble.status : 200, { 'content-type': 'text/xml' })
    response.end(isError ? errorXml(trouble.code, trouble.message ?? '') : resultXml(call, clock))
  }
  return aws
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return body
}

function answerMetadata(request: IncomingMessage, response: ServerResponse, metadata: AwsServer['metadata']): void {
  const found = metadata.get(`${request.method} ${request.url}`) ?? 404
  // A path that answers 0 stays silent, as a PUT does whose reply cannot come through.
  if (found === 0) return
  response.writeHead(typeof found === 'number' ? found : 200)
  response.end(typeof found === 'number' ? '' : found)
}

function errorXml(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
}

function resultXml(call: RecordedCall, clock: Clock): string {
  const { action, parameters } = call
  return `<${action}Response><${action}Result>${resultOf(call, clock)}</${action}Result><ResponseMetadata><RequestId>${parameters['Version']}</RequestId></ResponseMetadata></${action}Response>`
}

let serial = 0

function resultOf({ action, parameters, accessKeyId }: RecordedCall, clock: Clock): string {
  const after = (milliseconds: number): string => new Date(clock.now().getTime() + milliseconds).toISOString()
  switch (action) {
    case 'AssumeRole':
    case 'AssumeRoleWithWebIdentity':
      return `<Credentials><AccessKeyId>ASIA${parameters['RoleArn']?.split('/').at(-1)}${++serial}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${after(roleMilliseconds)}</Expiration></Credentials>`
    case 'GetCallerIdentity':
      return `<Arn>${callerArn(accessKeyId)}</Arn><UserId>u</UserId><Account>${account}</Account>`
    case 'GetClusterCredentials':
      return `<DbUser>IAM:${parameters['DbUser']}</DbUser><DbPassword>password-${++serial}</DbPassword><Expiration>${after(credentialsMilliseconds)}</Expiration>`
    default:
      return `<DbUser>IAMR:role</DbUser><DbPassword>password-${++serial}</DbPassword><Expiration>${after(credentialsMilliseconds)}</Expiration>`
  }
}

function callerArn(accessKeyId: string | undefined): string {
  return accessKeyId?.startsWith('ASIA') === true
    ? `arn:aws:sts::${account}:assumed-role/through/alice`
    : `arn:aws:iam::${account}:user/agent`
}
