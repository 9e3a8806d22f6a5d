/** Which of the databases a list or a search is about: the flags `--labels`, `--search` and `--query`, decided from values. */
import { databaseQuery, type DatabaseQuery } from '#client'
import { nonEmpty, parseLabels } from './context.ts'
import { choosable, matchesSearch, searchWords, type ListedDatabase } from './database-text.ts'
import { textOrUndefined, type Flags } from './program.ts'

export interface DatabaseFilter {
  /** Whether the flags leave anything out. */
  readonly narrows: boolean
  /** The databases that fit, sorted by name. */
  pick(databases: readonly ListedDatabase[]): readonly ListedDatabase[]
}

/** The flag `--query`, if given. Throws DATABASE_QUERY_MALFORMED. */
export function queryFlag(flags: Flags): DatabaseQuery | undefined {
  const text = nonEmpty(textOrUndefined(flags['query']))
  return text === undefined ? undefined : databaseQuery(text)
}

/** Throws LABELS_MALFORMED and DATABASE_QUERY_MALFORMED. */
export function databaseFilter(flags: Flags): DatabaseFilter {
  const labels = Object.entries(parseLabels(textOrUndefined(flags['labels'])))
  const words = searchWords(textOrUndefined(flags['search']))
  const query = queryFlag(flags)
  return {
    narrows: labels.length > 0 || words.length > 0 || query !== undefined,
    pick: (databases) =>
      databases
        .filter(({ database }) => labels.every(([key, value]) => database.metadata.labels[key] === value))
        .filter(({ database }) => matchesSearch(database, words))
        .filter((listed) => query?.matches(choosable(listed)) ?? true)
        .toSorted((left, right) => (left.database.metadata.name < right.database.metadata.name ? -1 : 1)),
  }
}
