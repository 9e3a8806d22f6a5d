/** Text that a terminal cannot be commanded with: control characters and direction marks become visible escapes. */

// Control characters, the marks that reorder or hide text, line separators, and halves of surrogate pairs.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
// Joiners inside emoji and scripts are harmless, and so is the soft hyphen.
const harmless: ReadonlySet<string> = new Set(['\u200C', '\u200D', '\u00AD'])

/** One line: every control character is escaped, line feeds and tabs too. */
export function safeText(text: string): string {
  return text.replaceAll(unsafe, (character) => (harmless.has(character) ? character : escapeCharacter(character)))
}

/** Several lines: line feeds stay, everything else is escaped. */
export function safeLines(text: string): string {
  return text.split(/\r?\n/).map(safeText).join('\n')
}

/** The same characters as JSON and YAML escape them, for text in which they stand inside double quotes. */
export function escapeInQuotes(text: string): string {
  return text.replaceAll(unsafe, (character) => {
    if (harmless.has(character) || character === '\n') return character
    return Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join('')
  })
}

/** Whether a text has characters that `safeText` would change. */
export function isSafe(text: string): boolean {
  return safeText(text) === text
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\t': String.raw`\t`, '\r': String.raw`\r` }

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const escaped = code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  return shortEscapes[character] ?? escaped
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
