/** AWS Signature Version 4: reads the Authorization header and computes what the signature must be (IAM user guide, "Create a signed AWS API request"). */
import { createHash, createHmac } from 'node:crypto'
import { AwsError } from './aws-error.ts'

/** The parts of an HTTP request a signature covers. Header names are lower-case; every value of a repeated header is listed. */
export interface SignedRequest {
  readonly method: string
  /** Path and query as they came on the request line. */
  readonly target: string
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
}

export interface Authorization {
  readonly accessKeyId: string
  /** YYYYMMDD */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  /** Lower-case hexadecimal. */
  readonly signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'
const scopePattern = /^([A-Z0-9]{16,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/

/** Throws MissingAuthenticationToken or IncompleteSignature. */
export function parseAuthorization(request: SignedRequest): Authorization {
  const header = request.headers.get('authorization')
  if (header === undefined) throw new AwsError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token')
  const text = header.length === 1 ? (header[0] ?? '') : ''
  if (!text.startsWith(`${algorithm} `)) throw incomplete(`Authorization header must start with '${algorithm}'`)
  const parts = new Map(
    text
      .slice(algorithm.length + 1)
      .split(',')
      .map((part) => part.trim())
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  )
  const scope = scopePattern.exec(parts.get('Credential') ?? '')
  const [, accessKeyId, date, region, service] = scope ?? []
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) {
    throw incomplete(`Authorization header requires a well-formed 'Credential' parameter`)
  }
  const signature = parts.get('Signature') ?? ''
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete(`Authorization header requires 'Signature' parameter`)
  const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';').filter((name) => name !== '')
  if (signedHeaders.length === 0) throw incomplete(`Authorization header requires 'SignedHeaders' parameter`)
  return { accessKeyId, date, region, service, signedHeaders, signature }
}

/** The time of signing from `X-Amz-Date`; throws IncompleteSignature. */
export function signingTime(request: SignedRequest): Date {
  const text = request.headers.get('x-amz-date')?.join(',') ?? ''
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const time = match === null ? Number.NaN : Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(time)) throw incomplete(`Authorization header requires existence of a well-formed 'X-Amz-Date' header`)
  return new Date(time)
}

/**
 * Headers that must be covered, or they could be changed on the way: `host` and every `x-amz-*`.
 * Throws SignatureDoesNotMatch naming the first that is not.
 */
export function checkSignedHeaders(request: SignedRequest, authorization: Authorization): void {
  const needed = ['host', ...[...request.headers.keys()].filter((name) => name.startsWith('x-amz-'))]
  const forgotten = needed.find((name) => !authorization.signedHeaders.includes(name))
  if (forgotten !== undefined) throw signatureMismatch(`'${forgotten}' must be a 'SignedHeader' in the AWS Authorization.`)
  const absent = authorization.signedHeaders.find((name) => !request.headers.has(name))
  if (absent !== undefined) throw signatureMismatch(`The signed header '${absent}' is not in the request.`)
}

/** The signature this request must carry if it was signed with that secret. */
export function expectedSignature(request: SignedRequest, authorization: Authorization, secretAccessKey: string): string {
  const { date, region, service } = authorization
  const scope = `${date}/${region}/${service}/aws4_request`
  const stringToSign = [
    algorithm,
    request.headers.get('x-amz-date')?.[0] ?? '',
    scope,
    sha256(canonicalRequest(request, authorization)),
  ].join('\n')
  let key: Uint8Array = Buffer.from(`AWS4${secretAccessKey}`)
  for (const part of [date, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(stringToSign).digest('hex')
}

export function signatureMismatch(message: string): AwsError {
  return new AwsError('SignatureDoesNotMatch', 403, message)
}

function canonicalRequest(request: SignedRequest, authorization: Authorization): string {
  const [path = '', query = ''] = splitOnce(request.target, '?')
  const headers = authorization.signedHeaders.map((name) => `${name}:${canonicalHeader(request.headers.get(name) ?? [])}\n`)
  return [
    request.method,
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    headers.join(''),
    authorization.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

function canonicalHeader(values: readonly string[]): string {
  return values.map((value) => value.trim().replaceAll(/ +/g, ' ')).join(',')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => splitOnce(pair, '=').map((part) => encode(decode(part))))
    .map(([name = '', value = '']) => `${name}=${value}`)
    .sort()
    .join('&')
}

function splitOnce(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator)
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError(
      'MalformedQueryString',
      400,
      'The query string is malformed: a percent sign without two hexadecimal digits of UTF-8.',
    )
  }
}

/** Percent-encodes everything but RFC 3986's unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (symbol) => `%${symbol.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignature', 403, `${message}.`)
}
