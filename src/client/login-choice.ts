/** Which database user and database name a connection uses when the person typed none (facts: the guide's step 6 types both). */
import { PortunusError } from '#foundation'

export interface LoginChoice {
  /** The database the words are about. */
  readonly database: string
  /** Typed as a flag. */
  readonly flag?: string | undefined
  /** The default inside the stored database certificate. */
  readonly stored?: string | undefined
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
}

/** Flag, then the stored value, then the only explicit one allowed. Throws DATABASE_USER_NOT_ALLOWED or DATABASE_USER_NOT_CHOSEN. */
export function chooseDatabaseUser(choice: LoginChoice): string {
  return choose(choice, { noun: 'database user', flag: '--db-user', roleField: 'db_users', code: 'DATABASE_USER' })
}

/** As for the user. Throws DATABASE_NAME_NOT_ALLOWED or DATABASE_NAME_NOT_CHOSEN. */
export function chooseDatabaseName(choice: LoginChoice): string {
  return choose(choice, { noun: 'database name', flag: '--db-name', roleField: 'db_names', code: 'DATABASE_NAME' })
}

interface Wording {
  readonly noun: string
  readonly flag: string
  readonly roleField: string
  readonly code: string
}

function choose(choice: LoginChoice, wording: Wording): string {
  const typed = present(choice.flag) ?? present(choice.stored)
  if (typed !== undefined) return typed
  const explicit = choice.allowed.filter((value) => value !== '*')
  const [only, ...others] = explicit
  if (only !== undefined && others.length === 0) return only
  if (choice.allowed.length === 0) {
    throw new PortunusError(
      `${wording.code}_NOT_ALLOWED`,
      `Cannot connect to "${choice.database}": you are not allowed access to any ${wording.noun} for "${choice.database}"`,
      { category: 'access-denied', hint: `ask an administrator for a role or trait with ${wording.roleField}` },
    )
  }
  throw new PortunusError(
    `${wording.code}_NOT_CHOSEN`,
    `Cannot connect to "${choice.database}": no ${wording.noun} given, allowed are ${allowedText(choice.allowed, choice.denied)}`,
    { category: 'bad-input', hint: `please provide the ${wording.noun} using the ${wording.flag} flag` },
  )
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

/** `[a b]`, `[*], except: [bob]`: what a person may use. */
function allowedText(allowed: readonly string[], denied: readonly string[]): string {
  const sorted = [...allowed].sort((left, right) => rank(left) - rank(right) || left.localeCompare(right, 'en'))
  const list = `[${sorted.join(' ')}]`
  return allowed.includes('*') && denied.length > 0 ? `${list}, except: [${[...denied].sort().join(' ')}]` : list
}

function rank(value: string): number {
  return value === '*' ? 0 : 1
}
