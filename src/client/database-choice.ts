/** Which database a command means (name, labels, a query, what one is logged into), decided from values. */
import { PortunusError } from '#foundation'
import type { DatabaseQuery, QueriedDatabase } from './database-query.ts'

/** What the person typed. */
export interface DatabaseSelector {
  readonly name?: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly query?: DatabaseQuery | undefined
}

/** What the choice needs to know of a database. */
export type ChoosableDatabase = QueriedDatabase

/** `reach`: login, connect, proxy. `describe`: env, config, which work on databases one is logged into. */
export type ChoicePurpose = 'reach' | 'describe'

export type ChoicePlan =
  /** This one, one is logged into it already. */
  | { readonly kind: 'active'; readonly name: string }
  /** The list of databases decides: `chooseFromList`. */
  | { readonly kind: 'list' }

export const discoveredNameLabel = 'teleport.internal/discovered-name'

/** Decides as far as the active databases suffice. Throws DATABASE_NOT_CHOSEN when nothing was typed and nothing stands out. */
export function planChoice(selector: DatabaseSelector, activeNames: readonly string[], purpose: ChoicePurpose): ChoicePlan {
  const narrows = Object.keys(selector.labels).length > 0 || selector.query !== undefined
  if (selector.name !== undefined && !narrows) {
    return activeNames.includes(selector.name) ? { kind: 'active', name: selector.name } : { kind: 'list' }
  }
  if (selector.name !== undefined || narrows) return { kind: 'list' }
  const [only, ...others] = activeNames
  if (only !== undefined && others.length === 0) return { kind: 'active', name: only }
  throw notChosen(activeNames, purpose)
}

/** The one database of the list that is meant. Throws DATABASE_CHOICE_EMPTY or DATABASE_AMBIGUOUS (details: the names). */
export function chooseFromList<D extends ChoosableDatabase>(
  selector: DatabaseSelector,
  listed: readonly D[],
  activeNames: readonly string[],
): D {
  const matching = listed.filter((database) => matches(selector, database))
  const active = matching.filter((database) => activeNames.includes(database.name))
  const preferred = active.length > 0 ? active : matching
  const exact = preferred.find((database) => database.name === selector.name)
  if (exact !== undefined) return exact
  const [only, ...others] = preferred
  if (only === undefined) throw notFound(selector)
  if (others.length === 0) return only
  throw ambiguous(selector, preferred)
}

function matches(selector: DatabaseSelector, database: ChoosableDatabase): boolean {
  if (selector.name !== undefined && database.name !== selector.name && database.labels[discoveredNameLabel] !== selector.name) return false
  if (!Object.entries(selector.labels).every(([key, value]) => database.labels[key] === value)) return false
  return selector.query?.matches(database) ?? true
}

/** `env` and `config` speak of stored credentials only. */
export function notLoggedInto(name: string): PortunusError {
  return new PortunusError('DATABASE_NOT_LOGGED_IN', `Cannot describe the connection to "${name}": not logged into database "${name}"`, {
    category: 'not-found',
    hint: `log in first with: tsh db login ${name}`,
  })
}

function notChosen(activeNames: readonly string[], purpose: ChoicePurpose): PortunusError {
  if (activeNames.length > 0) {
    const names = activeNames.map((name) => `"${name}"`).join(', ')
    return new PortunusError('DATABASE_NOT_CHOSEN', `Cannot tell which database is meant: logged into ${names}`, {
      category: 'bad-input',
      hint: 'please specify one by name, --labels or --query',
    })
  }
  if (purpose === 'describe') {
    return new PortunusError('DATABASE_NOT_CHOSEN', 'Cannot tell which database is meant: not logged into any database', {
      category: 'bad-input',
      hint: "please login using 'tsh db login' first (use 'tsh db ls' to see the available databases)",
    })
  }
  return new PortunusError('DATABASE_NOT_CHOSEN', 'Cannot tell which database is meant: none was named', {
    category: 'bad-input',
    hint: "please specify a database service by name, --labels or --query, use 'tsh db ls' to see the available databases",
  })
}

function describeSelector(selector: DatabaseSelector): string {
  const labels = Object.entries(selector.labels).map(([key, value]) => `${key}=${value}`)
  const name = selector.name === undefined ? 'database' : `database "${selector.name}"`
  const withLabels = labels.length === 0 ? '' : ` with labels "${labels.join(',')}"`
  return `${name}${withLabels}${selector.query === undefined ? '' : ` with query (${selector.query.text})`}`
}

function notFound(selector: DatabaseSelector): PortunusError {
  return new PortunusError('DATABASE_CHOICE_EMPTY', `Cannot choose a database: ${describeSelector(selector)} not found`, {
    category: 'not-found',
    hint: "use 'tsh db ls' to see registered databases",
  })
}

function ambiguous(selector: DatabaseSelector, databases: readonly ChoosableDatabase[]): PortunusError {
  const names = databases.map((database) => database.name)
  return new PortunusError('DATABASE_AMBIGUOUS', `Cannot choose a database: ${describeSelector(selector)} matches multiple databases`, {
    category: 'bad-input',
    hint: `give the full name, such as "${names[0] ?? ''}", or narrow with --labels or --query; 'tsh db ls -v' shows full names and labels`,
    details: { databases: names },
  })
}
