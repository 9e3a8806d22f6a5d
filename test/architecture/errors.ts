/** Every error the product can throw, as the sources write it: its code, its message, and where. */
import { isNode, literalText, walk, type Node } from './source-file.ts'
import type { HouseFile } from './rooms-violations.ts'

export interface WrittenError {
  readonly path: string
  readonly code: string | undefined
  /** `internal` where none is given; undefined where it is computed. */
  readonly category: string | undefined
  /** The texts the message may have, `${…}` in the place of what is filled in; undefined where it is computed. */
  readonly messages: readonly (string | undefined)[]
}

/**
 * Codes that two files share on purpose: one meaning, told by two rooms that may not import each other, or by one
 * room in two places. A code is a promise to programs; a second meaning breaks it.
 */
export const sharedCodes: readonly string[] = [
  // A broken promise of our own.
  'INTERNAL',
  // Refused early by the proxy, decided by the agent.
  'DATABASE_ACCESS_DENIED',
  // What a session with the database did that no PostgreSQL does.
  'DATABASE_PROTOCOL',
  // The two APIs, of the authority and of the proxy.
  'OPERATION_UNKNOWN',
  'REQUEST_MALFORMED',
  // Common names and alternative names.
  'CERTIFICATE_NAME_REFUSED',
  // Flags and arguments, in each program.
  'USAGE_REFUSED',
  // An event that has no JSON, and one that has no row.
  'AUDIT_EVENT_REFUSED',
]

export function errorsOf(files: readonly HouseFile[]): readonly WrittenError[] {
  return files.filter((file) => /^(?:src|lab)\//.test(file.path) && !file.isTest).flatMap(errorsIn)
}

/** One sentence for each code or message that breaks the rules of style 5.12 and 5.13. */
export function errorViolations(errors: readonly WrittenError[], shared: readonly string[] = sharedCodes): readonly string[] {
  return [...errors.flatMap(ruleViolations), ...codesOfTwoFiles(errors, shared), ...codesOfTwoCategories(errors)]
}

function errorsIn(file: HouseFile): readonly WrittenError[] {
  const found: WrittenError[] = []
  walk(file.tree, (node) => {
    const callee = node['callee']
    if (node.type !== 'NewExpression' || !isNode(callee) || callee['name'] !== 'PortunusError') return
    const [code, message, options] = Array.isArray(node['arguments']) ? node['arguments'].filter(isNode) : []
    found.push({
      path: file.path,
      code: literalText(code),
      category: categoryOf(options),
      messages: message === undefined ? [] : textsOf(message),
    })
  })
  return found
}

function categoryOf(options: Node | undefined): string | undefined {
  if (options === undefined) return 'internal'
  const properties = Array.isArray(options['properties']) ? options['properties'].filter(isNode) : []
  const isOpen = options.type !== 'ObjectExpression' || properties.some((property) => property.type === 'SpreadElement')
  const category = properties.find((property) => isNode(property['key']) && property['key']['name'] === 'category')
  return category === undefined ? (isOpen ? undefined : 'internal') : literalText(category['value'])
}

function textsOf(node: Node): readonly (string | undefined)[] {
  if (node.type === 'ConditionalExpression') return [node['consequent'], node['alternate']].filter(isNode).flatMap(textsOf)
  if (node.type !== 'TemplateLiteral') return [literalText(node)]
  const quasis = Array.isArray(node['quasis']) ? node['quasis'].filter(isNode) : []
  return [
    quasis.map(({ value }) => (typeof value === 'object' && value !== null && 'cooked' in value ? String(value.cooked) : '')).join('${…}'),
  ]
}

function ruleViolations({ path, code, messages }: WrittenError): readonly string[] {
  const where = `${path}: ${code ?? 'an error'}`
  return [
    ...(code === undefined || /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(code) ? [] : [`${where}: a code is UPPER_SNAKE_CASE`]),
    ...messages.flatMap((message) => (message === undefined ? [] : messageRules(message).map((rule) => `${where}: ${rule}: ${message}`))),
  ]
}

function messageRules(message: string): readonly string[] {
  return [
    ...(message.startsWith('Cannot ') || message.startsWith('${…}') ? [] : ['a message begins with "Cannot"']),
    ...(message.endsWith('.') ? ['a message has no full stop'] : []),
    ...(/\b(?:can't|couldn't|don't|doesn't|isn't|won't|wasn't|it's)\b/i.test(message) ? ['a message has no contraction'] : []),
    ...(/\binvalid\b/i.test(message) ? ['a message says what is wrong instead of "invalid"'] : []),
  ]
}

function codesOfTwoFiles(errors: readonly WrittenError[], shared: readonly string[]): readonly string[] {
  const pathsByCode = new Map<string, Set<string>>()
  for (const { code, path } of errors) if (code !== undefined) pathsByCode.set(code, (pathsByCode.get(code) ?? new Set()).add(path))
  return [...pathsByCode]
    .filter(([code, paths]) => paths.size > 1 && !shared.includes(code))
    .map(
      ([code, paths]) => `${code} is made in ${[...paths].join(' and ')}; make it in one place, or list it in test/architecture/errors.ts`,
    )
}

function codesOfTwoCategories(errors: readonly WrittenError[]): readonly string[] {
  const uses = Map.groupBy(
    errors.filter((error) => error.code !== undefined && error.category !== undefined),
    (error) => error.code,
  )
  return [...uses].flatMap(([code, all]) => {
    const categories = new Set(all.map(({ category, path }) => `"${category}" in ${path}`))
    return new Set(all.map(({ category }) => category)).size > 1 ? [`${code} has several categories: ${[...categories].join(', ')}`] : []
  })
}
