/** Which database users and names somebody has on a database: what lists show and what defaults are chosen from. */
import type { DatabaseTarget } from './decision.ts'
import { deniedByLabels, denyingName, denyingUser } from './decide-database.ts'
import { findEntry, type EntryList } from './entries.ts'
import { matchesLabels } from './labels.ts'
import { namesOfDatabaseUser } from './role-arn.ts'
import { compileSubject, type CompiledSubject, type MergedEntries, type Subject } from './subject.ts'

/** `*` stands for all; other entries may be patterns. `denied` holds the exceptions to a `*` or a pattern in `allowed`. */
export interface AllowedValues {
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
}

const none: AllowedValues = { allowed: [], denied: [] }

/** The database users of this person on this database. Every one listed passes the rule for users that `decideDatabaseAccess` applies. */
export function allowedDatabaseUsers(subject: Subject, database: DatabaseTarget): AllowedValues {
  const compiled = compileSubject(subject)
  return allowedValues(compiled, database, {
    of: (entries) => entries.databaseUsers,
    judge: (user, lists) => {
      const names = namesOfDatabaseUser(user, database.aws)
      return denyingUser(compiled, names) === undefined ? holds(lists, names.certain) : 'denied'
    },
  })
}

/** The database names of this person on this database. */
export function allowedDatabaseNames(subject: Subject, database: DatabaseTarget): AllowedValues {
  const compiled = compileSubject(subject)
  return allowedValues(compiled, database, {
    of: (entries) => entries.databaseNames,
    judge: (name, lists) => (denyingName(compiled, name) === undefined ? holds(lists, [name]) : 'denied'),
  })
}

type Judgement = 'allowed' | 'denied' | 'neither'

interface Dimension {
  readonly of: (entries: MergedEntries) => EntryList
  /** What becomes of a value under all denies and the allow lists given. */
  readonly judge: (value: string, lists: readonly EntryList[]) => Judgement
}

function allowedValues({ roles, all }: CompiledSubject, database: DatabaseTarget, { of, judge }: Dimension): AllowedValues {
  const deny = of(all.deny)
  if (deny.everything !== undefined || deniedByLabels(roles, database) !== undefined) return none
  const here = roles.filter((role) => matchesLabels(role.allow.labels, database.labels)).map((role) => of(role.allow))
  if (here.length === 0) return none
  const hasWildcard = here.some((list) => list.everything !== undefined)
  const deniedPatterns = shownPatterns([deny])
  const patterns = shownPatterns(here).filter((pattern) => !deniedPatterns.includes(pattern))
  const judged: Readonly<Record<Judgement, string[]>> = { allowed: [], denied: [], neither: [] }
  // An entry of a role for other databases counts where a wildcard or pattern of a role for this one covers it.
  for (const value of new Set([...of(all.allow).exact.keys(), ...[...deny.exact.values()].map(({ shown }) => shown)]))
    judged[judge(value, here)].push(value)
  const isOpen = hasWildcard || patterns.length > 0
  return {
    allowed: [...(hasWildcard ? ['*'] : []), ...judged.allowed.toSorted(), ...patterns],
    denied: isOpen ? [...judged.denied.toSorted(), ...deniedPatterns] : [],
  }
}

function holds(lists: readonly EntryList[], names: readonly string[]): Judgement {
  return lists.some((list) => findEntry(list, names) !== undefined) ? 'allowed' : 'neither'
}

function shownPatterns(lists: readonly EntryList[]): readonly string[] {
  return [...new Set(lists.flatMap(({ patterns }) => patterns.map(({ shown }) => shown)))].toSorted()
}
