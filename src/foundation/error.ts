/** Errors people can act on: a stable code, a message that says what was attempted, and a hint that can be pasted. */

/** What kind of failure it is; doors map it to HTTP statuses, SQLSTATEs and exit codes. */
export type ErrorCategory =
  | 'bad-input'
  | 'unauthenticated'
  | 'access-denied'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'limit-exceeded'
  | 'unavailable'
  | 'unsupported'
  | 'internal'

export interface ErrorOptions {
  readonly category?: ErrorCategory
  /** The next step, beginning with a verb; pasteable where it is a command. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** The SQLSTATE for PostgreSQL clients, where the category alone does not decide it (PostgreSQL manual, appendix A). */
  readonly sqlState?: string | undefined
  /** Facts for programs (JSON output, audit); never secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The one error class of the product. `code` is UPPER_SNAKE_CASE and never changes meaning.
 * `message` reads `Cannot <what was attempted> "<value>": <present state>`, with no full stop.
 */
export class PortunusError extends Error {
  override readonly name = 'PortunusError'
  readonly code: string
  readonly category: ErrorCategory
  readonly hint: string | undefined
  readonly sqlState: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.category = options.category ?? 'internal'
    this.hint = options.hint
    this.sqlState = options.sqlState
    this.details = options.details
  }
}

/** An error as it crosses an API: the parts that are meant for the other side, and no cause. */
export interface ErrorDocument {
  readonly code: string
  readonly category: ErrorCategory
  readonly message: string
  readonly hint?: string | undefined
  readonly sqlState?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** The public face of any thrown value; an unknown one becomes INTERNAL with no inner text, which may hold secrets. */
export function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof PortunusError)) {
    return {
      code: 'INTERNAL',
      category: 'internal',
      message: 'Cannot complete the request: an unexpected failure, see the log of the service',
    }
  }
  return {
    code: error.code,
    category: error.category,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.sqlState === undefined ? {} : { sqlState: error.sqlState }),
    ...(error.details === undefined ? {} : { details: error.details }),
  }
}

/** Rebuilds the error that `errorDocument` described. */
export function errorFromDocument(document: ErrorDocument): PortunusError {
  return new PortunusError(document.code, document.message, {
    category: document.category,
    hint: document.hint,
    sqlState: document.sqlState,
    details: document.details,
  })
}

const statusByCategory: Readonly<Record<ErrorCategory, number>> = {
  'bad-input': 400,
  unauthenticated: 401,
  'access-denied': 403,
  'not-found': 404,
  'already-exists': 409,
  conflict: 412,
  'limit-exceeded': 429,
  unavailable: 503,
  unsupported: 501,
  internal: 500,
}

/** The HTTP status (RFC 9110, section 15) of a category. */
export function httpStatusOf(category: ErrorCategory): number {
  return statusByCategory[category]
}

const sqlStateByCategory: Readonly<Record<ErrorCategory, string>> = {
  'bad-input': '08P01',
  unauthenticated: '28000',
  'access-denied': '28000',
  'not-found': '08004',
  'already-exists': '08004',
  conflict: '08004',
  'limit-exceeded': '53300',
  unavailable: '57P03',
  unsupported: '0A000',
  internal: 'XX000',
}

/** The SQLSTATE a PostgreSQL client is told for an error (PostgreSQL manual, appendix A). */
export function sqlStateOf(error: unknown): string {
  if (!(error instanceof PortunusError)) return sqlStateByCategory.internal
  return error.sqlState ?? sqlStateByCategory[error.category]
}

/** The text of any thrown value, for logs and causes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The document in an answer of the form `{ error: … }`, as all our APIs refuse; undefined for anything else. */
export function readErrorAnswer(answer: unknown): ErrorDocument | undefined {
  const document = fieldOf(answer, 'error')
  const code = textMatching(fieldOf(document, 'code'), /^[A-Z][A-Z0-9_]*$/)
  const category = fieldOf(document, 'category')
  const message = fieldOf(document, 'message')
  if (code === undefined || typeof message !== 'string' || !isCategory(category)) return undefined
  const hint = fieldOf(document, 'hint')
  const sqlState = fieldOf(document, 'sqlState')
  const details = fieldOf(document, 'details')
  if (hint !== undefined && typeof hint !== 'string') return undefined
  if (sqlState !== undefined && textMatching(sqlState, /^[0-9A-Z]{5}$/) === undefined) return undefined
  if (details !== undefined && !isRecord(details)) return undefined
  return { code, category, message, hint, sqlState: textMatching(sqlState, /^/), details }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function textMatching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

function isCategory(value: unknown): value is ErrorCategory {
  return typeof value === 'string' && Object.hasOwn(statusByCategory, value)
}
