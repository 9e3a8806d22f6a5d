/** Documents from outside: how an unknown value is bounded, checked against a schema, and refused with the path that is wrong. */
import { PortunusError } from '#foundation'
import * as z from 'zod/mini'
import { quote } from './quote.ts'

/** A resource as it stands in YAML and JSON: plain values under snake_case keys. */
export type ResourceDocument = Readonly<Record<string, unknown>>

export interface DocumentProblem {
  /** Like `spec.allow.db_users[2]`; empty for the document itself. */
  readonly path: string
  /** What is wrong there, such as `expected a text, got a number`. */
  readonly problem: string
}

export const documentDepthMax = 16
export const documentValuesMax = 20_000
export const documentCharactersMax = 524_288
const problemsReportedMax = 20
/** What the schema library says where a schema has no words of its own; the rest of it depends on the locale somebody has loaded. */
const unworded = /^Invalid /

/**
 * The typed value of a document. Throws RESOURCE_MALFORMED (bad-input) naming path and expectation of the first problem;
 * `details.problems` holds up to twenty. `kind` is what the message calls it: `role`, `user`, ...
 */
export function readDocument<T>(kind: string, schema: z.core.$ZodType<T>, input: unknown): T {
  const bounds = { values: 0, characters: 0 }
  const tooMuch = boundsProblem(input, { path: [], bounds })
  if (tooMuch !== undefined) throw malformed(kind, undefined, [tooMuch])
  const result = z.safeParse(schema, input)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => problemsOfIssue(issue, input))
  throw malformed(kind, nameIn(kind, input), problems)
}

type Path = readonly PropertyKey[]

/** Walks before the schema does, so that a huge, deep, circular or exotic value costs little. */
function boundsProblem(
  value: unknown,
  at: { readonly path: Path; readonly bounds: { values: number; characters: number } },
): DocumentProblem | undefined {
  const { path, bounds } = at
  const here = (problem: string): DocumentProblem => ({ path: pathText(path), problem })
  if (++bounds.values > documentValuesMax) return here(`expected at most ${documentValuesMax} values in the document`)
  if (path.length > documentDepthMax) return here(`expected at most ${documentDepthMax} levels`)
  if (typeof value === 'string') bounds.characters += value.length
  if (bounds.characters > documentCharactersMax) return here(`expected at most ${documentCharactersMax} characters in the document`)
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value) && !isPlainObject(value)) return here('expected plain values, got a special object')
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return here('expected no key "__proto__"')
    bounds.characters += key.length
    const step = Array.isArray(value) ? Number(key) : key
    const inner = boundsProblem(Reflect.get(value, key), { path: [...path, step], bounds })
    if (inner !== undefined) return inner
  }
  return undefined
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown): DocumentProblem[] {
  const path = pathText(issue.path)
  const received = valueAt(input, issue.path)
  if (issue.code !== 'unrecognized_keys' && issue.code !== 'invalid_key' && !unworded.test(issue.message))
    return [{ path, problem: issue.message }]
  switch (issue.code) {
    case 'invalid_type':
      return [
        {
          path,
          problem: received === undefined ? 'required, but missing' : `expected ${article(issue.expected)}, got ${describe(received)}`,
        },
      ]
    case 'invalid_value':
      return [{ path, problem: `expected ${choices(issue.values)}, got ${describe(received)}` }]
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), problem: issue.message }))
    case 'invalid_key':
      return [{ path, problem: issue.issues[0]?.message ?? 'expected another key' }]
    default:
      return [{ path, problem: issue.message }]
  }
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

const articles: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function article(expected: string): string {
  return articles[expected] ?? expected
}

/** A value as messages show it; texts are quoted and cut, structures only named. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : `a ${typeof value}`
}

function choices(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)))
  return shown.length === 1 ? shown.join('') : `one of ${shown.join(', ')}`
}

function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (typeof step === 'string' && /^[a-z_][\w-]*$/i.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${quote(String(step))}]`
  }
  return text
}

/** The document's own name for the message; never that of a token, whose name is the secret. */
function nameIn(kind: string, input: unknown): string | undefined {
  const name = valueAt(input, ['metadata', 'name'])
  return kind === 'token' || typeof name !== 'string' || name === '' ? undefined : name
}

function malformed(kind: string, name: string | undefined, problems: readonly DocumentProblem[]): PortunusError {
  const [first] = problems
  const subject = name === undefined ? `the ${kind}` : `the ${kind} ${quote(name)}`
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new PortunusError(
    'RESOURCE_MALFORMED',
    `Cannot read ${subject}: ${where}${first?.problem ?? 'another form was expected'}${more}`,
    {
      category: 'bad-input',
      hint: hintFor(problems),
      details: { kind, problems: problems.slice(0, problemsReportedMax) },
    },
  )
}

function hintFor(problems: readonly DocumentProblem[]): string {
  const paths = problems.slice(0, 5).map(({ path }) => (path === '' ? 'the document' : path))
  return `correct ${[...new Set(paths)].join(', ')} and try again`
}
