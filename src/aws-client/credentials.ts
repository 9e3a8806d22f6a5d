/** AWS credentials as values, what a source of them can answer, and the JSON in which containers and instances hand them out. */
import { Secret } from '#foundation'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret<string>
  readonly sessionToken: Secret<string> | undefined
  /** Absent for keys that do not expire. */
  readonly expires: Date | undefined
}

/** Where a call is made from: the region for STS, and when to give up. */
export interface CallContext {
  readonly region: string
  readonly signal: AbortSignal
}

/** The answer of one source. `suspicious` marks a source that somebody seems to have meant to use. */
export type ProviderOutcome =
  | { readonly kind: 'found'; readonly credentials: AwsCredentials }
  | { readonly kind: 'nothing'; readonly reason: string; readonly suspicious?: boolean }

/** One source of credentials in the chain. It answers; it does not throw for what people get wrong. */
export interface CredentialProvider {
  readonly name: string
  find(context: CallContext): Promise<ProviderOutcome>
}

export function found(credentials: AwsCredentials): ProviderOutcome {
  return { kind: 'found', credentials }
}

export function nothing(reason: string): ProviderOutcome {
  return { kind: 'nothing', reason }
}

/** Nothing, though a setting says that somebody meant there to be something. */
export function broken(reason: string): ProviderOutcome {
  return { kind: 'nothing', reason, suspicious: true }
}

/**
 * Reads the document of the instance metadata and container endpoints
 * (IAM User Guide, "Retrieve security credentials from instance metadata"); undefined when it holds no credentials.
 */
export function parseCredentialDocument(text: string): AwsCredentials | undefined {
  const accessKeyId = fieldOf(text, 'AccessKeyId')
  const secretAccessKey = fieldOf(text, 'SecretAccessKey')
  const token = fieldOf(text, 'Token')
  const expiration = Date.parse(fieldOf(text, 'Expiration') ?? '')
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: token === undefined ? undefined : new Secret(token),
    expires: Number.isNaN(expiration) ? undefined : new Date(expiration),
  }
}

function fieldOf(json: string, name: string): string | undefined {
  try {
    const document: unknown = JSON.parse(json)
    const value: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined
    return typeof value === 'string' && value !== '' ? value : undefined
  } catch {
    return undefined
  }
}
