/** Values quoted for messages: cut to a readable length, control and direction characters escaped. */

const shownLengthMax = 64
const hiddenCharacters = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text in double quotes, safe to print, cut after 64 characters. */
export function quote(text: string): string {
  const characters = Array.from(text.slice(0, shownLengthMax * 2))
  const cut = characters.length > shownLengthMax || text.length > shownLengthMax * 2
  const shown = characters.slice(0, shownLengthMax).join('').replaceAll(hiddenCharacters, escapeCharacter)
  return `"${shown}${cut ? '...' : ''}"`
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
