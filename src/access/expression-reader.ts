/** A reader over the text of a regular expression: where it stands, which flags hold, which groups it has met. */
import { PortunusError } from '#foundation'
import { quote } from '#resources'

export interface Reader {
  readonly source: string
  readonly characters: readonly string[]
  at: number
  depth: number
  readonly groupNames: string[]
  flags: Flags
}

export interface Flags {
  readonly ignoreCase: boolean
  readonly dotMatchesLineEnd: boolean
}

export function openReader(source: string): Reader {
  const flags = { ignoreCase: false, dotMatchesLineEnd: false }
  return { source, characters: Array.from(source), at: 0, depth: 0, groupNames: [''], flags }
}

export function peek(reader: Reader): string | undefined {
  return reader.characters[reader.at]
}

export function take(reader: Reader, character: string): boolean {
  if (peek(reader) !== character) return false
  reader.at++
  return true
}

export function next(reader: Reader): string {
  const character = reader.characters[reader.at++]
  if (character === undefined) throw refused(reader.source, 'it ends too early')
  return character
}

/** The text that follows, at most this many characters of it, for a sticky look ahead. */
export function ahead(reader: Reader, length: number): string {
  return reader.characters.slice(reader.at, reader.at + length).join('')
}

export function refused(source: string, state: string): PortunusError {
  return new PortunusError('PATTERN_REFUSED', `Cannot use the pattern ${quote(source)}: ${state}`, {
    category: 'bad-input',
    hint: 'write a regular expression in RE2 syntax between ^ and $, or a name with * in it',
  })
}
