/** Patterns of role entries: exact names, `*`, names with `*` in them, and regular expressions between `^` and `$`. */
import { compileExpression, matchesExpression, type Expression } from './expression.ts'
import { refused } from './expression-reader.ts'

/**
 * A piece of an entry. Only the author of a role writes patterns: the value of a trait stands for itself,
 * and something unknown stands for whatever it might be.
 */
export type PatternPart =
  | { readonly kind: 'author'; readonly text: string }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'unknown' }

export type Pattern =
  | { readonly kind: 'everything' }
  | { readonly kind: 'exact'; readonly text: string }
  /** Texts that follow each other with anything between them. */
  | { readonly kind: 'glob'; readonly pieces: readonly string[] }
  | { readonly kind: 'expression'; readonly expression: Expression }

// eslint-disable-next-line no-control-regex -- everything but ASCII without its capitals
const mayHoldCapital = /[^\u0000-@[-\u007f]/

/** Compiles an entry. Throws PATTERN_REFUSED (bad-input) where it is a regular expression outside the supported subset. */
export function compilePattern(parts: readonly PatternPart[]): Pattern {
  if (isExpression(parts)) return { kind: 'expression', expression: compileExpression(expressionSource(parts)) }
  const pieces = ['']
  const extend = (text: string): string => (pieces[pieces.length - 1] += text)
  for (const part of parts) {
    if (part.kind === 'unknown') pieces.push('')
    else if (part.kind === 'value') extend(part.text)
    else {
      const [first = '', ...others] = part.text.split('*')
      extend(first)
      pieces.push(...others)
    }
  }
  if (pieces.length === 1) return { kind: 'exact', text: pieces.join('') }
  return pieces.every((piece) => piece === '') ? { kind: 'everything' } : { kind: 'glob', pieces }
}

/** A text in one case. Sign by sign, because what a sign folds to must not hang on its neighbours. */
export function foldCase(text: string): string {
  if (!mayHoldCapital.test(text)) return text
  return Array.from(text, (character) => character.toLowerCase()).join('')
}

/** The pattern for texts in one case (`foldCase`); an expression takes both cases of ASCII letters, unless it says otherwise. */
export function patternIgnoringCase(pattern: Pattern): Pattern {
  switch (pattern.kind) {
    case 'everything':
      return pattern
    case 'exact':
      return { kind: 'exact', text: foldCase(pattern.text) }
    case 'glob':
      return { kind: 'glob', pieces: pattern.pieces.map(foldCase) }
    case 'expression':
      return { kind: 'expression', expression: compileExpression(pattern.expression.source, { ignoreCase: true }) }
  }
  pattern satisfies never
}

/** Whether the whole text is what the pattern describes; an expression says itself where it is anchored. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  switch (pattern.kind) {
    case 'everything':
      return true
    case 'exact':
      return pattern.text === text
    case 'glob':
      return matchesGlob(pattern.pieces, text)
    case 'expression':
      return matchesExpression(pattern.expression, text)
  }
  pattern satisfies never
}

/** Takes the leftmost place for every piece in the middle: no other choice can do better, so there is nothing to go back to. */
function matchesGlob(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  const end = text.length - last.length
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

function isExpression(parts: readonly PatternPart[]): boolean {
  const first = parts[0]
  const last = parts.at(-1)
  if (first?.kind !== 'author' || last?.kind !== 'author') return false
  const isOneSign = parts.length === 1 && first.text.length < 2
  return !isOneSign && first.text.startsWith('^') && last.text.endsWith('$')
}

function expressionSource(parts: readonly PatternPart[]): string {
  let source = ''
  for (const part of parts) {
    if (part.kind === 'author') source += part.text
    // Behind a backslash the first character of a value would be read as an escape.
    else if (source.endsWith('\\')) throw refused(source, 'a template behind a backslash')
    else source += part.kind === 'unknown' ? '(?s:.*)' : escaped(part.text)
  }
  return source
}

function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}_]/gu, (character) => (character === ' ' ? ' ' : `\\${character}`))
}
