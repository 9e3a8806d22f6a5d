/** Reads a query of `--query` into an expression; whatever cannot be one is refused with its position. */
import { PortunusError } from '#foundation'
import { queryTokens, type Token } from './database-query-tokens.ts'

export type Expression =
  | { readonly kind: 'constant'; readonly value: string | boolean }
  | { readonly kind: 'name' }
  | { readonly kind: 'label'; readonly key: string }
  | { readonly kind: 'resource'; readonly path: readonly string[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'equal'; readonly isNegated: boolean; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] }

const functions = { equals: 2, exists: 1, hasPrefix: 2, split: 2, contains: 2, search: undefined } as const

export type FunctionName = keyof typeof functions

// Deeper than anybody writes; a query of nothing but brackets must not exhaust the stack.
const depthMax = 100

/** Throws DATABASE_QUERY_MALFORMED. */
export function parseQuery(text: string): Expression {
  return new QueryParser(text).query()
}

class QueryParser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = queryTokens(text, (position, problem) => refused(text, position, problem))
  }

  query(): Expression {
    const start = this.#peek()
    const expression = this.#or()
    const token = this.#peek()
    if (token.kind !== 'end') throw this.#unexpected(token, 'an operator such as && or ||')
    this.#requireCondition(expression, start)
    return expression
  }

  #or(): Expression {
    return this.#joined('or', '||', () => this.#joined('and', '&&', () => this.#comparison()))
  }

  #joined(kind: 'and' | 'or', symbol: string, operand: () => Expression): Expression {
    let start = this.#peek()
    let left = operand()
    while (this.#takes(symbol)) {
      this.#requireCondition(left, start)
      start = this.#peek()
      const right = operand()
      this.#requireCondition(right, start)
      left = { kind, left, right }
    }
    return left
  }

  #comparison(): Expression {
    const left = this.#unary()
    const isNegated = this.#takes('!=')
    if (!isNegated && !this.#takes('==')) return left
    return { kind: 'equal', isNegated, left, right: this.#unary() }
  }

  #unary(): Expression {
    if (++this.#depth > depthMax) throw refused(this.#text, this.#peek().position, 'it is nested too deeply')
    try {
      if (!this.#takes('!')) return this.#primary()
      const start = this.#peek()
      const operand = this.#unary()
      this.#requireCondition(operand, start)
      return { kind: 'not', operand }
    } finally {
      this.#depth -= 1
    }
  }

  #primary(): Expression {
    const token = this.#peek()
    this.#next += 1
    if (token.kind === 'text') return { kind: 'constant', value: token.value }
    if (token.kind === 'word') return this.#word(token)
    if (token.kind !== 'symbol' || token.value !== '(') throw this.#unexpected(token, 'name, labels["key"], a function or a quoted text')
    const inner = this.#or()
    this.#require(')')
    return inner
  }

  #word(token: Token): Expression {
    const { value } = token
    if (value === 'true' || value === 'false') return { kind: 'constant', value: value === 'true' }
    if (value === 'name') return { kind: 'name' }
    if (value === 'labels') return { kind: 'label', key: this.#key() }
    if (value === 'resource') return { kind: 'resource', path: this.#path() }
    if (isFunction(value)) return this.#call(value, token)
    const known = `name, labels, resource, ${Object.keys(functions).join(', ')}`
    throw refused(this.#text, token.position, `"${value}" is unknown, known are ${known}; texts stand in quotes`)
  }

  #path(): readonly string[] {
    const path = [this.#key()]
    while (this.#peek().value === '.' || this.#peek().value === '[') path.push(this.#key())
    return path
  }

  /** `.key` or `["key"]`. */
  #key(): string {
    const isBracketed = this.#takes('[')
    if (!isBracketed && !this.#takes('.')) throw this.#unexpected(this.#peek(), '["key"]')
    const token = this.#peek()
    if (token.kind !== (isBracketed ? 'text' : 'word')) throw this.#unexpected(token, isBracketed ? 'a key in quotes' : 'a key')
    this.#next += 1
    if (isBracketed) this.#require(']')
    return token.value
  }

  #call(name: FunctionName, token: Token): Expression {
    this.#require('(')
    const operands = [this.#or()]
    while (this.#takes(',')) operands.push(this.#or())
    this.#require(')')
    const count = functions[name]
    if (count !== undefined && operands.length !== count) {
      throw refused(this.#text, token.position, `${name} takes ${count === 1 ? '1 value' : `${count} values`}, not ${operands.length}`)
    }
    return { kind: 'call', name, operands }
  }

  /** `env` alone is no condition, though it reads like one. */
  #requireCondition(expression: Expression, start: Token): void {
    const isCondition =
      expression.kind === 'constant'
        ? typeof expression.value === 'boolean'
        : expression.kind === 'call'
          ? expression.name !== 'split'
          : expression.kind !== 'name' && expression.kind !== 'label'
    if (!isCondition) throw refused(this.#text, start.position, 'a condition was expected, such as name == "x"')
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', value: '', position: this.#text.length + 1 }
  }

  #takes(symbol: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'symbol' || token.value !== symbol) return false
    this.#next += 1
    return true
  }

  #require(symbol: string): void {
    if (!this.#takes(symbol)) throw this.#unexpected(this.#peek(), `"${symbol}"`)
  }

  #unexpected(token: Token, expected: string): PortunusError {
    const found = token.kind === 'end' ? 'it ends' : `"${token.value}" stands`
    return refused(this.#text, token.position, `${found} where ${expected} was expected`)
  }
}

function isFunction(word: string): word is FunctionName {
  return Object.hasOwn(functions, word)
}

function refused(text: string, position: number, problem: string): PortunusError {
  return new PortunusError('DATABASE_QUERY_MALFORMED', `Cannot read the query "${text}" at position ${position}: ${problem}`, {
    category: 'bad-input',
    hint: `write it like: --query='labels["env"] == "dev" && hasPrefix(name, "orders")'`,
    details: { position },
  })
}
