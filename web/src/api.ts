/** The proxy's web API, as far as these pages need it. Answers are checked here; the pages believe what they get. */

export interface ClusterInformation {
  readonly clusterName: string
  readonly version: string
}

export interface Invite {
  readonly user: string
  readonly clusterName: string
  readonly otpUri: string
  readonly otpSecret: string
  readonly expires: Date
  readonly usage: string
  /** What `tsh login` needs to trust a self-made certificate of the proxy. */
  readonly loginCaPin: string | undefined
}

/** A refusal in the API's own words, or a request that never got an answer. */
export class ApiError extends Error {
  readonly hint: string | undefined
  /** Whether asking again may help. */
  readonly isTransient: boolean

  constructor(message: string, options: { readonly hint?: string | undefined; readonly isTransient: boolean }) {
    super(message)
    this.hint = options.hint
    this.isTransient = options.isTransient
  }
}

export async function fetchCluster(signal: AbortSignal): Promise<ClusterInformation> {
  const answer = await request('/v1/webapi/ping', { signal })
  return { clusterName: textOf(answer, 'cluster_name'), version: textOf(answer, 'server_version') }
}

export async function fetchInvite(token: string, signal: AbortSignal): Promise<Invite> {
  const answer = await request(`/v1/webapi/invites/${encodeURIComponent(token)}`, { signal })
  return {
    user: textOf(answer, 'user'),
    clusterName: textOf(answer, 'cluster_name'),
    otpUri: textOf(answer, 'otp_uri'),
    otpSecret: textOf(answer, 'otp_secret'),
    expires: new Date(textOf(answer, 'expires')),
    usage: textOf(answer, 'usage'),
    loginCaPin: optionalTextOf(answer, 'login_ca_pin'),
  }
}

/** Sets the password and the second factor; resolves with the user's name. */
export async function redeemInvite(token: string, choice: { readonly password: string; readonly otp: string }): Promise<string> {
  const answer = await request(`/v1/webapi/invites/${encodeURIComponent(token)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(choice),
  })
  return textOf(answer, 'user')
}

async function request(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, { credentials: 'omit', cache: 'no-store', ...init }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('The proxy cannot be reached', { hint: 'check the network connection and try again', isTransient: true })
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw errorOf(answer, response.status)
  return answer
}

function errorOf(answer: unknown, status: number): ApiError {
  const isTransient = status >= 500
  const error = fieldOf(answer, 'error')
  const message = fieldOf(error, 'message')
  const hint = fieldOf(error, 'hint')
  return new ApiError(typeof message === 'string' ? message : `The proxy answered with status ${status}`, {
    hint: typeof hint === 'string' ? hint : undefined,
    isTransient,
  })
}

function textOf(answer: unknown, key: string): string {
  const value = fieldOf(answer, key)
  if (typeof value === 'string') return value
  throw new ApiError(`The proxy left "${key}" out of its answer`, { hint: 'reload the page', isTransient: false })
}

function optionalTextOf(answer: unknown, key: string): string | undefined {
  const value = fieldOf(answer, key)
  return typeof value === 'string' ? value : undefined
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined
}
