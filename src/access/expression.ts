/**
 * Regular expressions that cannot run away: a program of instructions, run over all its states at once, so that the time is
 * at most text length times program size whatever the pattern (Russ Cox, "Regular Expression Matching: the Virtual Machine Approach").
 */
import { includes, isWordCharacter, type Ranges } from './character-ranges.ts'
import { refused } from './expression-reader.ts'
import { parseExpression, type Assertion, type ExpressionNode } from './expression-syntax.ts'

type Instruction =
  | { readonly kind: 'characters'; readonly ranges: Ranges }
  | { readonly kind: 'assertion'; readonly where: Assertion }
  /** Tries `first` before `second`. */
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'match' }

export interface Expression {
  readonly source: string
  readonly program: readonly Instruction[]
  readonly groupNames: readonly string[]
}

const programLengthMax = 2000

/** Compiles an expression. Throws PATTERN_REFUSED (bad-input) for syntax outside the subset, or one that would grow too large. */
export function compileExpression(source: string, options: { readonly ignoreCase?: boolean } = {}): Expression {
  const { node, groupNames } = parseExpression(source, options)
  const program: Instruction[] = []
  emit(program, { kind: 'group', part: node, index: 0 }, source)
  program.push({ kind: 'match' })
  return { source, program, groupNames }
}

function emit(program: Instruction[], node: ExpressionNode, source: string): void {
  if (program.length > programLengthMax) throw refused(source, 'too large, with its repetitions written out')
  switch (node.kind) {
    case 'characters':
    case 'assertion':
      program.push(node)
      return
    case 'sequence':
      for (const part of node.parts) emit(program, part, source)
      return
    case 'choice':
      return emitChoice(program, node.parts, source)
    case 'group':
      program.push({ kind: 'save', slot: node.index * 2 })
      emit(program, node.part, source)
      program.push({ kind: 'save', slot: node.index * 2 + 1 })
      return
    case 'repeat':
      return emitRepeat(program, node, source)
  }
  node satisfies never
}

function emitChoice(program: Instruction[], parts: readonly ExpressionNode[], source: string): void {
  const jumps: { to: number }[] = []
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      emit(program, part, source)
      continue
    }
    const split = { kind: 'split' as const, first: program.length + 1, second: 0 }
    const jump = { kind: 'jump' as const, to: 0 }
    program.push(split)
    emit(program, part, source)
    program.push(jump)
    jumps.push(jump)
    split.second = program.length
  }
  for (const jump of jumps) jump.to = program.length
}

function emitRepeat(program: Instruction[], node: ExpressionNode & { readonly kind: 'repeat' }, source: string): void {
  const { part, min, max, lazy } = node
  for (let count = 0; count < min; count++) {
    const before = program.length
    emit(program, part, source)
    // An empty part, repeated inside repetitions, would take for ever and add nothing.
    if (program.length === before) break
  }
  const splits: { first: number; second: number }[] = []
  const optionalTimes = max === undefined ? 1 : max - min
  const start = program.length
  for (let count = 0; count < optionalTimes; count++) {
    const split = { kind: 'split' as const, first: program.length + 1, second: program.length + 1 }
    program.push(split)
    splits.push(split)
    emit(program, part, source)
  }
  if (max === undefined) program.push({ kind: 'jump', to: start })
  // The way out is the second choice of a greedy repetition, the first of a lazy one.
  for (const split of splits) {
    if (lazy) split.first = program.length
    else split.second = program.length
  }
}

/** A thread of the machine: where it stands, and what its groups have captured (offsets in code points). */
interface Thread {
  readonly at: number
  readonly captures: readonly number[]
}

/** Whether the expression is found in the text; `^` and `$` are the expression's own. */
export function matchesExpression(expression: Expression, text: string): boolean {
  return findFirst(expression, { points: codePoints(text), from: 0, firstOnly: true }) !== undefined
}

/**
 * The text with every match replaced; undefined when there is none.
 * `$1`, `${1}` and `${name}` stand for groups, `$$` for a dollar sign.
 */
export function replaceMatches(
  expression: Expression,
  { text, replacement }: { readonly text: string; readonly replacement: string },
): string | undefined {
  const points = codePoints(text)
  let result = ''
  let from = 0
  let replaced = false
  while (from <= points.length) {
    const captures = findFirst(expression, { points, from, firstOnly: false })
    if (captures === undefined) break
    const [start = 0, end = 0] = captures
    result += textOf(points, from, start) + expandReplacement(expression, { points, captures, replacement })
    replaced = true
    from = end
    if (end !== start) continue
    // An empty match moves on by one character, which is kept.
    result += textOf(points, end, end + 1)
    from = end + 1
  }
  return replaced ? result + textOf(points, from, points.length) : undefined
}

interface Search {
  readonly points: readonly number[]
  readonly from: number
  /** Any match will do: stop at the first end seen. */
  readonly firstOnly: boolean
}

/** The captures of the leftmost match, earlier alternatives preferred; undefined when there is none. */
function findFirst(expression: Expression, { points, from, firstOnly }: Search): readonly number[] | undefined {
  let found: readonly number[] | undefined
  let threads: Thread[] = []
  for (let at = from; at <= points.length; at++) {
    const seen = new Uint8Array(expression.program.length)
    const current: Thread[] = []
    for (const thread of threads) follow(expression, thread, { points, at, seen, into: current, capturing: !firstOnly })
    if (found === undefined) follow(expression, { at: 0, captures: [] }, { points, at, seen, into: current, capturing: !firstOnly })
    const following: Thread[] = []
    for (const thread of current) {
      const instruction = expression.program[thread.at]
      if (instruction?.kind === 'match') {
        found = thread.captures
        break // Threads after this one are of lower preference.
      }
      const point = points[at]
      if (instruction?.kind === 'characters' && point !== undefined && includes(instruction.ranges, point)) {
        following.push({ at: thread.at + 1, captures: thread.captures })
      }
    }
    if (found !== undefined && (firstOnly || following.length === 0)) return found
    threads = following
  }
  return found
}

interface Position {
  readonly points: readonly number[]
  readonly at: number
  /** Instructions visited at this position already: each is entered once, which bounds the work. */
  readonly seen: Uint8Array
  readonly into: Thread[]
  readonly capturing: boolean
}

/** Follows a thread to the instructions that wait for a character. Iterative: a program may be deeper than the stack. */
function follow(expression: Expression, thread: Thread, position: Position): void {
  const stack: Thread[] = [thread]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const instruction = expression.program[top.at]
    if (instruction === undefined || position.seen[top.at] === 1) continue
    position.seen[top.at] = 1
    if (instruction.kind === 'characters' || instruction.kind === 'match') position.into.push(top)
    else if (instruction.kind === 'jump') stack.push({ ...top, at: instruction.to })
    else if (instruction.kind === 'split') stack.push({ ...top, at: instruction.second }, { ...top, at: instruction.first })
    else if (instruction.kind === 'save')
      stack.push({ at: top.at + 1, captures: position.capturing ? withCapture(top.captures, instruction.slot, position.at) : top.captures })
    else if (holds(instruction.where, position)) stack.push({ ...top, at: top.at + 1 })
  }
}

function withCapture(captures: readonly number[], slot: number, at: number): readonly number[] {
  const copy = captures.slice()
  while (copy.length < slot) copy.push(-1)
  copy[slot] = at
  return copy
}

function holds(where: Assertion, { points, at }: Position): boolean {
  switch (where) {
    case 'start':
      return at === 0
    case 'end':
      return at === points.length
    case 'word-boundary':
      return isWordCharacter(points[at - 1]) !== isWordCharacter(points[at])
    case 'no-word-boundary':
      return isWordCharacter(points[at - 1]) === isWordCharacter(points[at])
  }
  where satisfies never
}

interface Replacement {
  readonly points: readonly number[]
  readonly captures: readonly number[]
  readonly replacement: string
}

function expandReplacement(expression: Expression, { points, captures, replacement }: Replacement): string {
  return replacement.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare
    if (name === undefined) return whole.slice(1)
    const group = /^\d+$/.test(name) ? Number(name) : expression.groupNames.indexOf(name)
    const [start = -1, end = -1] = group < 0 ? [] : captures.slice(group * 2, group * 2 + 2)
    return start < 0 || end < 0 ? '' : textOf(points, start, end)
  })
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

function textOf(points: readonly number[], from: number, to: number): string {
  return points
    .slice(from, to)
    .map((point) => String.fromCodePoint(point))
    .join('')
}
