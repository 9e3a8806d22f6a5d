/** The words of a query: names, texts in quotes, and symbols, each with its position counted from 1. */
import type { PortunusError } from '#foundation'

export interface Token {
  readonly kind: 'word' | 'text' | 'symbol' | 'end'
  readonly value: string
  readonly position: number
}

const blank = /\s+/y
const word = /[A-Za-z_][\w-]*/y
const symbol = /==|!=|&&|\|\||[!()[\].,]/y
const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/sy

/** Throws what `refuse` makes of the first character that begins no token. */
export function queryTokens(text: string, refuse: (position: number, problem: string) => PortunusError): readonly Token[] {
  const tokens: Token[] = []
  let index = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = index
    const found = pattern.exec(text)?.[0]
    index += found?.length ?? 0
    return found
  }
  while (index < text.length) {
    if (take(blank) !== undefined) continue
    const position = index + 1
    const plain = take(word)
    const literal = plain === undefined ? take(quoted) : undefined
    const sign = plain === undefined && literal === undefined ? take(symbol) : undefined
    if (plain !== undefined) tokens.push({ kind: 'word', value: plain, position })
    else if (literal !== undefined) tokens.push({ kind: 'text', value: unquoted(literal), position })
    else if (sign !== undefined) tokens.push({ kind: 'symbol', value: sign, position })
    else throw refuse(position, problemAt(text.charAt(index)))
  }
  return tokens
}

function unquoted(literal: string): string {
  const inside = literal.slice(1, -1)
  return literal.startsWith('`') ? inside : inside.replace(/\\(.)/gs, '$1')
}

function problemAt(character: string): string {
  if ('"\'`'.includes(character)) return 'the text has no closing quote'
  if ('=&|'.includes(character)) return `"${character}" stands alone, write it twice`
  return `"${character}" has no meaning`
}
