/** Which of the databases a list or a search is about: the flags `--labels` and `--search`, decided from values. */
import { parseLabels } from './context.ts'
import { matchesSearch, searchWords, type ListedDatabase } from './database-text.ts'
import { textOrUndefined, type Flags } from './program.ts'

export interface DatabaseFilter {
  /** Whether the flags leave anything out. */
  readonly narrows: boolean
  /** The databases that fit, sorted by name. */
  pick(databases: readonly ListedDatabase[]): readonly ListedDatabase[]
}

/** Throws LABELS_MALFORMED. */
export function databaseFilter(flags: Flags): DatabaseFilter {
  const labels = Object.entries(parseLabels(textOrUndefined(flags['labels'])))
  const words = searchWords(textOrUndefined(flags['search']))
  return {
    narrows: labels.length > 0 || words.length > 0,
    pick: (databases) =>
      databases
        .filter(({ database }) => labels.every(([key, value]) => database.metadata.labels[key] === value))
        .filter(({ database }) => matchesSearch(database, words))
        .toSorted((left, right) => (left.database.metadata.name < right.database.metadata.name ? -1 : 1)),
  }
}
