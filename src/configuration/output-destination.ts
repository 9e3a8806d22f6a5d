/** Where a generated file goes: what `-o` means, before anything is written. */
import { PortunusError } from '#foundation'

export type OutputDestination = { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }

export interface OutputOptions {
  /** What the word `file` stands for; absent: it is not offered. */
  readonly defaultFile?: string | undefined
}

/**
 * Reads the value of `-o`: `stdout`, `file`, an absolute path, or `file:///absolute/path`.
 * Throws OUTPUT_REFUSED (bad-input) for relative paths, other schemes and nothing. Files are never overwritten: that is for the writer to keep.
 */
export function outputDestination(text: string, options: OutputOptions = {}): OutputDestination {
  if (text === 'stdout' || text === '') return { kind: 'stdout' }
  if (text === 'file' && options.defaultFile !== undefined) return { kind: 'file', path: options.defaultFile }
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? []
  if (scheme !== undefined && scheme.toLowerCase() !== 'file') throw refused(text, `the scheme "${scheme}" is not supported`)
  const path = scheme === undefined ? text : (rest ?? '')
  if (path === '') throw refused(text, 'it names no file')
  if (!path.startsWith('/')) throw refused(text, 'the path is not absolute')
  if (path.endsWith('/')) throw refused(text, 'it names a directory')
  if (/\p{Cc}/u.test(path)) throw refused(text, 'the path has control characters')
  return { kind: 'file', path }
}

function refused(text: string, state: string): PortunusError {
  return new PortunusError('OUTPUT_REFUSED', `Cannot write to ${JSON.stringify(text)}: ${state}`, {
    category: 'bad-input',
    hint: 'use stdout, or an absolute path such as /etc/teleport.yaml',
  })
}
