/** The language of `--query`: which databases are meant, written as a predicate over name, labels and resource. */
import { parseQuery, type Expression } from './database-query-parser.ts'

/** What a query can ask of a database. */
export interface QueriedDatabase {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** The resource as it is printed: `resource.spec.uri` and its like. */
  readonly resource?: unknown
  /** What `search` looks through; name and labels unless given. */
  readonly searchable?: readonly string[] | undefined
}

export interface DatabaseQuery {
  /** As it was typed. */
  readonly text: string
  matches(database: QueriedDatabase): boolean
}

type Value = string | boolean | readonly string[] | undefined

/** Throws DATABASE_QUERY_MALFORMED, which says where the query stops making sense. */
export function databaseQuery(text: string): DatabaseQuery {
  const expression = parseQuery(text)
  return { text, matches: (database) => evaluate(expression, database) === true }
}

/** What is not there is the empty text, as a label without a value would be; `exists` tells the two apart. */
function evaluate(expression: Expression, database: QueriedDatabase): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'name':
      return database.name
    case 'label':
      return Object.hasOwn(database.labels, expression.key) ? database.labels[expression.key] : undefined
    case 'resource':
      return valueAt(database.resource, expression.path)
    case 'not':
      return evaluate(expression.operand, database) !== true
    case 'and':
      return evaluate(expression.left, database) === true && evaluate(expression.right, database) === true
    case 'or':
      return evaluate(expression.left, database) === true || evaluate(expression.right, database) === true
    case 'equal':
      return areEqual(evaluate(expression.left, database), evaluate(expression.right, database)) !== expression.isNegated
    case 'call':
      return call(expression, database)
  }
  return expression satisfies never
}

function call({ name, operands }: Extract<Expression, { kind: 'call' }>, database: QueriedDatabase): Value {
  const values = operands.map((operand) => evaluate(operand, database))
  const [first, second] = values
  switch (name) {
    case 'equals':
      return areEqual(first, second)
    case 'exists':
      return first !== undefined
    case 'hasPrefix':
      return textOf(first).startsWith(textOf(second))
    case 'split':
      return textOf(first)
        .split(textOf(second))
        .map((part) => part.trim())
    case 'contains':
      return Array.isArray(first) ? first.includes(textOf(second)) : textOf(first).includes(textOf(second))
    case 'search':
      return searches(database, values.map(textOf))
  }
  return name satisfies never
}

/** Whether each of the words occurs somewhere, in any case of letters. */
function searches({ name, labels, searchable }: QueriedDatabase, words: readonly string[]): boolean {
  const texts = (searchable ?? [name, ...Object.entries(labels).flat()]).map((text) => text.toLowerCase())
  return words.every((word) => texts.some((text) => text.includes(word.toLowerCase())))
}

function areEqual(left: Value, right: Value): boolean {
  return typeof left === 'boolean' || typeof right === 'boolean' ? String(left) === String(right) : textOf(left) === textOf(right)
}

function textOf(value: Value): string {
  return Array.isArray(value) ? value.join(',') : String(value ?? '')
}

function valueAt(resource: unknown, path: readonly string[]): Value {
  let found: unknown = resource
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Object.entries(found).find(([name]) => name === key)?.[1]
  }
  if (Array.isArray(found)) return found.map(String)
  if (typeof found === 'string' || typeof found === 'boolean') return found
  return typeof found === 'number' ? String(found) : undefined
}
