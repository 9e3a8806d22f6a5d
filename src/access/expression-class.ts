/** Classes of characters in regular expressions: `[...]` and what stands behind a backslash. */
import { caseInsensitive, classEscape, complement, posixClass, single, type Ranges } from './character-ranges.ts'
import { ahead, next, peek, refused, take, type Reader } from './expression-reader.ts'

/** The inside of `[...]`, its opening bracket taken already. */
export function readClass(reader: Reader): Ranges {
  const negated = take(reader, '^')
  const ranges: (readonly [number, number])[] = []
  let first = true
  while (first || peek(reader) !== ']') {
    first = false
    const low = readClassItem(reader)
    const isSingle = low.length === 1 && low[0]?.[0] === low[0]?.[1]
    const isRange = isSingle && peek(reader) === '-' && reader.characters[reader.at + 1] !== ']'
    if (!isRange) {
      ranges.push(...low)
      continue
    }
    reader.at++
    const [from, to] = [low[0]?.[0] ?? 0, readClassItem(reader)]
    if (to.length !== 1 || to[0] === undefined || to[0][0] !== to[0][1] || to[0][0] < from) {
      throw refused(reader.source, 'a range that ends before it begins')
    }
    ranges.push([from, to[0][0]])
  }
  reader.at++
  const wanted = reader.flags.ignoreCase ? caseInsensitive(ranges) : ranges
  return negated ? complement(wanted) : wanted
}

function readClassItem(reader: Reader): Ranges {
  const posix = /^\[:(\^?)(\w+):\]/.exec(ahead(reader, 14))
  if (posix !== null) {
    const ranges = posixClass(posix[2] ?? '')
    if (ranges === undefined) throw refused(reader.source, 'a class of characters that is not supported')
    reader.at += posix[0].length
    return posix[1] === '^' ? complement(ranges) : ranges
  }
  const character = next(reader)
  return character === '\\' ? readEscapedCharacters(reader) : single(character)
}

/** What a backslash, taken already, and the characters behind it stand for. */
export function readEscapedCharacters(reader: Reader): Ranges {
  const rest = ahead(reader, 12)
  const code = /^x(?:([0-9a-f]{2})|\{([0-9a-f]{1,6})\})/i.exec(rest)
  if (code !== null) {
    reader.at += code[0].length
    const point = Number.parseInt(code[1] ?? code[2] ?? '', 16)
    if (point > 0x10ffff) throw refused(reader.source, 'a character beyond Unicode')
    return [[point, point]]
  }
  const ranges = classEscape(next(reader))
  if (ranges === undefined) throw refused(reader.source, 'an escape that is not supported')
  return ranges
}
