/** What a failed AWS call means: the SDK's error in, one of a closed list of meanings out. It decides; it does not word messages. */

export type AwsFailure =
  /** IAM said no. `action` and `resource` are what AWS named as missing, where it did. */
  | { readonly kind: 'denied'; readonly text: string; readonly action: string | undefined; readonly resource: string | undefined }
  /** The keys themselves were refused: wrong, expired, or signed with a wrong clock. */
  | { readonly kind: 'keys-refused'; readonly text: string; readonly isClock: boolean; readonly isExpired: boolean }
  | { readonly kind: 'not-found'; readonly text: string }
  | { readonly kind: 'throttled'; readonly text: string }
  | { readonly kind: 'unreachable'; readonly text: string; readonly stage: 'dns' | 'connect' | 'tls' | 'timeout' | 'network' }
  | { readonly kind: 'failed'; readonly text: string; readonly status: number | undefined }

const keyCodes = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'InvalidIdentityToken',
])
const expiredCodes = new Set(['ExpiredToken', 'ExpiredTokenException'])
const clockCodes = new Set(['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture'])
const throttleCodes = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
])
const deniedCodes = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'NotAuthorized', 'AuthFailure'])
const notFoundCodes = new Set(['ClusterNotFound', 'ClusterNotFoundFault', 'ResourceNotFoundException'])
const connectCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])
const networkCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_SOCKET_CLOSED'])
const timeoutNames = new Set(['TimeoutError', 'AbortError', 'RequestTimeout'])

/** Reads what the SDK threw (facts: error strings to recognise; AWS pages "Common Errors" of STS and Redshift). */
export function describeFailure(error: unknown): AwsFailure {
  const code = textOf(error, 'name') ?? 'Error'
  const message = textOf(error, 'message') ?? String(error)
  const status = statusOf(error)
  const text = `${code}: ${message}`
  if (status === undefined) return describeSilence(error, text)
  if (throttleCodes.has(code) || status === 429) return { kind: 'throttled', text }
  const isClock = clockCodes.has(code) || /^Signature (?:expired|not yet current)/.test(message)
  const isExpired = expiredCodes.has(code)
  if (isClock || isExpired || keyCodes.has(code)) return { kind: 'keys-refused', text, isClock, isExpired }
  if (notFoundCodes.has(code)) return { kind: 'not-found', text }
  if (deniedCodes.has(code) || status === 403) return { kind: 'denied', text, ...missingPermission(message) }
  if (status === 404) return { kind: 'not-found', text }
  return { kind: 'failed', text, status }
}

/** No answer came: which stage of the way failed. */
function describeSilence(error: unknown, text: string): AwsFailure {
  const code = textOf(error, 'code') ?? textOf(firstOf(error), 'code') ?? ''
  // An error of several addresses tried at once has no message of its own.
  const shown =
    code === '' || text.includes(code) ? text : `${code}: ${textOf(error, 'message') || textOf(firstOf(error), 'message') || ''}`
  const answer = (stage: 'dns' | 'connect' | 'tls' | 'timeout' | 'network'): AwsFailure => ({ kind: 'unreachable', text: shown, stage })
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return answer('dns')
  if (connectCodes.has(code)) return answer('connect')
  if (code === 'ETIMEDOUT' || timeoutNames.has(textOf(error, 'name') ?? '')) return answer('timeout')
  if (networkCodes.has(code)) return answer('network')
  if (/^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO)/.test(code)) return answer('tls')
  return { kind: 'failed', text, status: undefined }
}

/** The action and the resource that AWS names in "is not authorized to perform: <action> on resource: <resource>". */
function missingPermission(message: string): { readonly action: string | undefined; readonly resource: string | undefined } {
  const [, action, resource] = /not authorized to perform:? ([\w-]+:\w+)(?: on resource:? (\S+))?/.exec(message) ?? []
  return { action, resource: resource?.replace(/[.,]$/, '') }
}

function statusOf(error: unknown): number | undefined {
  const metadata = fieldOf(error, '$metadata')
  const status = fieldOf(metadata, 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

function firstOf(error: unknown): unknown {
  const errors = fieldOf(error, 'errors')
  return Array.isArray(errors) ? errors[0] : undefined
}

function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : undefined
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
