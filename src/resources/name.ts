/** Names of resources: what a user, role, token or database may be called. */
import { PortunusError } from '#foundation'
import { quote } from './quote.ts'

export const resourceNameLengthMax = 255
/** Database names become file names (`<name>.crt`) and parts of commands, so they are narrower. */
export const databaseResourceNameLengthMax = 200

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const databaseNamePattern = /^[a-z0-9][a-z0-9._-]*$/i

/**
 * The name itself when it is 1 to 255 characters without control characters, slashes or surrounding blanks.
 * Throws NAME_REFUSED (bad-input).
 */
export function parseResourceName(text: string): string {
  const expected = expectedOfName(text)
  if (expected !== undefined) throw nameRefused(text, expected)
  return text
}

/**
 * The name of a database resource: letters, digits, dots, dashes and underscores, beginning with a letter or digit, at most 200.
 * Throws NAME_REFUSED (bad-input).
 */
export function parseDatabaseResourceName(text: string): string {
  const expected = expectedOfDatabaseName(text)
  if (expected !== undefined) throw nameRefused(text, expected)
  return text
}

/** What a resource name should have been, or undefined when it is one. */
export function expectedOfName(text: string): string | undefined {
  if (text === '') return 'a name of at least one character'
  if (text.length > resourceNameLengthMax) return `a name of at most ${resourceNameLengthMax} characters`
  if (unprintable.test(text)) return 'a name without control characters'
  if (text.trim() !== text) return 'a name without blanks around it'
  // Names stand in paths of files, addresses and `kind/name`.
  if (/[/\\]/.test(text) || text === '.' || text === '..') return 'a name without slashes'
  return undefined
}

/** What the name of a database resource should have been, or undefined when it is one. */
export function expectedOfDatabaseName(text: string): string | undefined {
  if (text.length > databaseResourceNameLengthMax) return `a name of at most ${databaseResourceNameLengthMax} characters`
  if (!databaseNamePattern.test(text)) return 'a name of letters, digits, dots, dashes and underscores that begins with a letter or digit'
  return undefined
}

function nameRefused(text: string, expected: string): PortunusError {
  return new PortunusError('NAME_REFUSED', `Cannot use the name ${quote(text)}: expected ${expected}`, {
    category: 'bad-input',
    hint: 'choose a name of letters, digits, dashes and dots',
  })
}
