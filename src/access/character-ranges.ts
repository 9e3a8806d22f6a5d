/** Sets of characters as ranges of code points: the classes of regular expressions. */

export type Ranges = readonly (readonly [number, number])[]

const last = 0x10ffff
export const everyCharacter: Ranges = [[0, last]]
/** Everything but the line feed, which a dot does not match. */
export const lineCharacter: Ranges = [
  [0, 9],
  [11, last],
]

const digit: Ranges = [[0x30, 0x39]]
const upper: Ranges = [[0x41, 0x5a]]
const lower: Ranges = [[0x61, 0x7a]]
const alpha: Ranges = [...upper, ...lower]
const alnum: Ranges = [...digit, ...alpha]
const word: Ranges = [...alnum, [0x5f, 0x5f]]
const blank: Ranges = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]

const posixClasses: ReadonlyMap<string, Ranges> = new Map([
  ['alnum', alnum],
  ['alpha', alpha],
  ['digit', digit],
  ['lower', lower],
  ['upper', upper],
  ['space', [[0x09, 0x0d] as const, [0x20, 0x20] as const]],
  ['word', word],
  ['xdigit', [...digit, [0x41, 0x46] as const, [0x61, 0x66] as const]],
])

const escapes: ReadonlyMap<string, Ranges> = new Map([
  ['d', digit],
  ['D', complement(digit)],
  ['w', word],
  ['W', complement(word)],
  ['s', blank],
  ['S', complement(blank)],
  ['t', single('\t')],
  ['n', single('\n')],
  ['r', single('\r')],
  ['f', single('\f')],
  ['v', single('\v')],
])

export function single(character: string): Ranges {
  const point = character.codePointAt(0) ?? 0
  return [[point, point]]
}

/** The class in `[[:name:]]`. */
export function posixClass(name: string): Ranges | undefined {
  return posixClasses.get(name)
}

/** What a backslash and this character stand for; undefined where they stand for nothing we support. */
export function classEscape(character: string): Ranges | undefined {
  return escapes.get(character) ?? (/[a-z0-9]/i.test(character) ? undefined : single(character))
}

/** Every character that is in none of the ranges. */
export function complement(ranges: Ranges): Ranges {
  const result: (readonly [number, number])[] = []
  let from = 0
  for (const [low, high] of ranges.toSorted((left, right) => left[0] - right[0])) {
    if (low > from) result.push([from, low - 1])
    from = Math.max(from, high + 1)
  }
  if (from <= last) result.push([from, last])
  return result
}

/** The ranges with the other case of every ASCII letter in them. */
export function caseInsensitive(ranges: Ranges): Ranges {
  const mirrored = ranges.flatMap(([low, high]) => [
    ...shifted([Math.max(low, 0x41), Math.min(high, 0x5a)], 0x20),
    ...shifted([Math.max(low, 0x61), Math.min(high, 0x7a)], -0x20),
  ])
  return [...ranges, ...mirrored]
}

function shifted([low, high]: readonly [number, number], by: number): Ranges {
  return low > high ? [] : [[low + by, high + by]]
}

export function includes(ranges: Ranges, point: number): boolean {
  for (const [low, high] of ranges) if (point >= low && point <= high) return true
  return false
}

export function isWordCharacter(point: number | undefined): boolean {
  return point !== undefined && includes(word, point)
}
