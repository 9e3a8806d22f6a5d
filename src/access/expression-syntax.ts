/** The syntax of regular expressions in roles: the RE2 subset we accept, read into a tree. No back-references, no look-around. */
import { caseInsensitive, everyCharacter, lineCharacter, single, type Ranges } from './character-ranges.ts'
import { readClass, readEscapedCharacters } from './expression-class.ts'
import { ahead, next, openReader, peek, refused, take, type Reader } from './expression-reader.ts'

export type ExpressionNode =
  | { readonly kind: 'characters'; readonly ranges: Ranges }
  | { readonly kind: 'assertion'; readonly where: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly ExpressionNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly ExpressionNode[] }
  | {
      readonly kind: 'repeat'
      readonly part: ExpressionNode
      readonly min: number
      readonly max: number | undefined
      readonly lazy: boolean
    }
  | { readonly kind: 'group'; readonly part: ExpressionNode; readonly index: number }

export type Assertion = 'start' | 'end' | 'word-boundary' | 'no-word-boundary'

export interface ExpressionTree {
  readonly node: ExpressionNode
  /** Names of the capturing groups by index, the whole match being group 0; empty where a group has none. */
  readonly groupNames: readonly string[]
}

const expressionLengthMax = 512
const repetitionsMax = 200
const nestingMax = 50

/** Reads an expression. Throws PATTERN_REFUSED (bad-input). */
export function parseExpression(source: string, { ignoreCase = false }: { readonly ignoreCase?: boolean } = {}): ExpressionTree {
  if (source.length > expressionLengthMax) throw refused(source, `longer than ${expressionLengthMax} characters`)
  const reader = openReader(source)
  if (ignoreCase) reader.flags = { ...reader.flags, ignoreCase }
  const node = readChoice(reader)
  if (reader.at < reader.characters.length) throw refused(source, 'a ")" without its "("')
  return { node, groupNames: reader.groupNames }
}

function readChoice(reader: Reader): ExpressionNode {
  if (++reader.depth > nestingMax) throw refused(reader.source, `more than ${nestingMax} groups inside each other`)
  const outerFlags = reader.flags
  const parts = [readSequence(reader)]
  while (take(reader, '|')) parts.push(readSequence(reader))
  reader.flags = outerFlags
  reader.depth--
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts }
}

function readSequence(reader: Reader): ExpressionNode {
  const parts: ExpressionNode[] = []
  while (reader.at < reader.characters.length && peek(reader) !== '|' && peek(reader) !== ')') {
    const part = readAtom(reader)
    if (part !== undefined) parts.push(readRepeats(reader, part))
  }
  return { kind: 'sequence', parts }
}

function readRepeats(reader: Reader, part: ExpressionNode): ExpressionNode {
  const bounds = readBounds(reader)
  if (bounds === undefined) return part
  if (part.kind === 'assertion') throw refused(reader.source, 'a repetition of nothing')
  const repeat: ExpressionNode = { kind: 'repeat', part, ...bounds, lazy: take(reader, '?') }
  // RE2 refuses `a**` as well: nobody means it.
  if (readBounds(reader) !== undefined) throw refused(reader.source, 'a repetition of a repetition')
  return repeat
}

function readBounds(reader: Reader): { readonly min: number; readonly max: number | undefined } | undefined {
  if (take(reader, '*')) return { min: 0, max: undefined }
  if (take(reader, '+')) return { min: 1, max: undefined }
  if (take(reader, '?')) return { min: 0, max: 1 }
  const counted = /^\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/.exec(ahead(reader, 16))
  if (counted === null) return undefined
  reader.at += counted[0].length
  const min = Number(counted[1])
  const max = counted[2] === undefined ? min : counted[3] === undefined ? undefined : Number(counted[3])
  if (Math.max(min, max ?? 0) > repetitionsMax) throw refused(reader.source, `more than ${repetitionsMax} repetitions`)
  if (max !== undefined && max < min) throw refused(reader.source, 'a repetition that ends before it begins')
  return { min, max }
}

/** One thing that can be repeated, or undefined for flags, which are none. */
function readAtom(reader: Reader): ExpressionNode | undefined {
  const character = next(reader)
  switch (character) {
    case '(':
      return readGroup(reader)
    case '[':
      return characters(reader, readClass(reader))
    case '.':
      return { kind: 'characters', ranges: reader.flags.dotMatchesLineEnd ? everyCharacter : lineCharacter }
    case '^':
      return { kind: 'assertion', where: 'start' }
    case '$':
      return { kind: 'assertion', where: 'end' }
    case '\\':
      return readEscape(reader)
    case '*':
    case '+':
    case '?':
      throw refused(reader.source, 'a repetition of nothing')
    default:
      return characters(reader, single(character))
  }
}

function characters(reader: Reader, ranges: Ranges): ExpressionNode {
  return { kind: 'characters', ranges: reader.flags.ignoreCase ? caseInsensitive(ranges) : ranges }
}

const assertionEscapes: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'start'],
  ['z', 'end'],
  ['b', 'word-boundary'],
  ['B', 'no-word-boundary'],
])

function readEscape(reader: Reader): ExpressionNode {
  const where = assertionEscapes.get(peek(reader) ?? '')
  if (where === undefined) return characters(reader, readEscapedCharacters(reader))
  reader.at++
  return { kind: 'assertion', where }
}

function readGroup(reader: Reader): ExpressionNode | undefined {
  const outerFlags = reader.flags
  let index: number | undefined
  if (take(reader, '?')) {
    const name = readGroupName(reader)
    if (name !== undefined) index = reader.groupNames.push(name) - 1
    else if (readFlags(reader) === 'for the rest') return undefined
  } else {
    index = reader.groupNames.push('') - 1
  }
  const part = readChoice(reader)
  if (!take(reader, ')')) throw refused(reader.source, 'a "(" without its ")"')
  reader.flags = outerFlags
  return index === undefined ? part : { kind: 'group', part, index }
}

function readGroupName(reader: Reader): string | undefined {
  const found = /^P?<(\w{1,32})>/.exec(ahead(reader, 40))
  if (found === null) return undefined
  reader.at += found[0].length
  return found[1]
}

/** `(?i)` holds for the rest of the group around it, `(?i:...)` for its own content. */
function readFlags(reader: Reader): 'for the rest' | 'for the group' {
  let on = true
  for (;;) {
    const flag = next(reader)
    if (flag === ')') return 'for the rest'
    if (flag === ':') return 'for the group'
    if (flag === '-') on = false
    else if (flag === 'i') reader.flags = { ...reader.flags, ignoreCase: on }
    else if (flag === 's') reader.flags = { ...reader.flags, dotMatchesLineEnd: on }
    else throw refused(reader.source, 'a group of a kind that is not supported')
  }
}
