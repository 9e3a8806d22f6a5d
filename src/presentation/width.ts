/** How many columns of a terminal a text takes, and how to cut it to fewer. */

// Unicode Standard Annex 11: East Asian wide and full-width characters, and emoji, take two columns.
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]/u
const widthless = /[\p{M}\u200C\u200D]/u
const asciiOnly = /^[\x20-\x7E]*$/
const cutMark = '...'

export function widthOf(text: string): number {
  if (asciiOnly.test(text)) return text.length
  return Array.from(text).reduce((width, character) => width + characterWidth(character), 0)
}

/** The text padded with blanks on the right. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** The text itself when it fits, else as much of it as fits before three dots. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let result = ''
  let room = width - cutMark.length
  for (const character of text) {
    room -= characterWidth(character)
    if (room < 0) break
    result += character
  }
  return result + cutMark.slice(0, Math.max(0, width))
}

function characterWidth(character: string): number {
  if (widthless.test(character)) return 0
  return wide.test(character) ? 2 : 1
}
