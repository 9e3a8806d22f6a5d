/** Which database users and names somebody has on a database: what lists show and what defaults are chosen from. */
import type { DatabaseTarget } from './decision.ts'
import { deniedByLabels, denyingName, denyingUser } from './decide-database.ts'
import { findEntry, type Entry, type EntryList } from './entries.ts'
import { matchesLabels } from './labels.ts'
import { namesOfDatabaseUser } from './role-arn.ts'
import { compileSubject, type CompiledConditions, type CompiledRole, type Subject } from './subject.ts'

/** `*` stands for all; other entries may be patterns. `denied` holds the exceptions to a `*` or a pattern in `allowed`. */
export interface AllowedValues {
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
}

const none: AllowedValues = { allowed: [], denied: [] }

/** The database users of this person on this database. Every one listed passes the rule for users that `decideDatabaseAccess` applies. */
export function allowedDatabaseUsers(subject: Subject, database: DatabaseTarget): AllowedValues {
  const namesOf = (user: string) => namesOfDatabaseUser(user, database.aws)
  return allowedValues(subject, database, {
    listOf: (conditions) => conditions.databaseUsers,
    isDenied: (roles, user) => denyingUser(roles, namesOf(user)) !== undefined,
    namesOf: (user) => namesOf(user).certain,
  })
}

/** The database names of this person on this database. */
export function allowedDatabaseNames(subject: Subject, database: DatabaseTarget): AllowedValues {
  return allowedValues(subject, database, {
    listOf: (conditions) => conditions.databaseNames,
    isDenied: (roles, name) => denyingName(roles, name) !== undefined,
    namesOf: (name) => [name],
  })
}

interface Dimension {
  readonly listOf: (conditions: CompiledConditions) => EntryList
  readonly isDenied: (roles: readonly CompiledRole[], value: string) => boolean
  readonly namesOf: (value: string) => readonly string[]
}

function allowedValues(subject: Subject, database: DatabaseTarget, dimension: Dimension): AllowedValues {
  const { roles } = compileSubject(subject)
  if (deniedByLabels(roles, database) !== undefined) return none
  const here = roles.filter((role) => matchesLabels(role.allow.labels, database.labels)).map((role) => dimension.listOf(role.allow))
  const deny = roles.map((role) => dimension.listOf(role.deny))
  if (here.length === 0 || deny.some((list) => list.everything !== undefined)) return none
  const hasWildcard = here.some((list) => list.everything !== undefined)
  const deniedPatterns = distinct(deny.flatMap((list) => list.patterns.map(shownText)))
  const patterns = distinct(here.flatMap((list) => list.patterns.map(shownText))).filter((pattern) => !deniedPatterns.includes(pattern))
  const candidates = distinct([...roles.map((role) => dimension.listOf(role.allow)), ...deny].flatMap((list) => [...list.exact.keys()]))
  const isAllowed = (value: string): boolean =>
    !dimension.isDenied(roles, value) && here.some((list) => findEntry(list, dimension.namesOf(value)) !== undefined)
  const isOpen = hasWildcard || patterns.length > 0
  return {
    allowed: [...(hasWildcard ? ['*'] : []), ...candidates.filter(isAllowed), ...patterns],
    denied: isOpen ? [...candidates.filter((value) => dimension.isDenied(roles, value)), ...deniedPatterns] : [],
  }
}

function shownText(entry: Entry): string {
  return entry.shown
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted()
}
