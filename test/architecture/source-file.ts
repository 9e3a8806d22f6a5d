/** One source file as facts: what it imports, which names it takes from nowhere, how it begins. Read from the syntax tree. */
import { parseAst } from 'vite'

export interface Import {
  readonly specifier: string
  readonly kind: 'static' | 'lazy' | 'type'
  /** The imported names; `*` stands for all of them. */
  readonly names: readonly string[]
}

export interface Reference {
  /** A bare name (`process`), or a name and its property (`Date.now`). */
  readonly name: string
  readonly line: number
}

export interface SourceFile {
  readonly lines: number
  readonly opensWithComment: boolean
  readonly opensWithDocumentation: boolean
  readonly imports: readonly Import[]
  /** Names that the file uses and nowhere declares or imports. */
  readonly globals: readonly Reference[]
  /** Every property and imported name that is mentioned, declared here or not. */
  readonly mentions: readonly Reference[]
  readonly tree: Node
}

/** A node of the syntax tree (ESTree with TypeScript), by the little we need of it. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** Reads a file; throws when it is no TypeScript. */
export function readSource(text: string, isJsx: boolean): SourceFile {
  const tree = asNode(parseAst(text, { lang: isJsx ? 'tsx' : 'ts' }))
  const lineOf = lineFinder(text)
  const imports: Import[] = []
  const declared = new Set<string>()
  const used: Reference[] = []
  const mentions: Reference[] = []
  walk(tree, (node, parents) => {
    const imported = importOf(node)
    if (imported !== undefined) imports.push(imported)
    if (imported !== undefined) for (const name of imported.names) mentions.push({ name, line: lineOf(node.start) })
    if (node.type !== 'Identifier') return
    const name = textOf(node['name'])
    const role = roleOf(node, parents)
    if (role === 'declaration') declared.add(name)
    if (role === 'use') used.push({ name: usedName(node, parents), line: lineOf(node.start) })
    if (role === 'property') mentions.push({ name, line: lineOf(node.start) })
  })
  const body = text.replace(/^#!.*\n/, '')
  return {
    lines: text.split('\n').length - 1,
    opensWithComment: /^\/[*/]/.test(body),
    opensWithDocumentation: body.startsWith('/**'),
    imports,
    globals: used.filter(({ name }) => !declared.has(name.split('.')[0] ?? '')),
    mentions,
    tree,
  }
}

/** Visits every node with the chain of its parents, nearest first. */
export function walk(node: Node, visit: (node: Node, parents: readonly Node[]) => void, parents: readonly Node[] = []): void {
  visit(node, parents)
  const below = [node, ...parents.slice(0, 4)]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, below)
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
}

/** Where each line begins, as a function from an offset to its line (from 1). */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)]
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The text of a string literal, or undefined for every other expression. */
export function literalText(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : undefined
}

function asNode(value: unknown): Node {
  if (isNode(value)) return value
  throw new Error('Cannot read the syntax tree: the parser gave something else')
}

function childrenOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

function importOf(node: Node): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return declarationImport(node, node['importKind'] === 'type')
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return declarationImport(node, node['exportKind'] === 'type')
    case 'ImportExpression':
      return fromSpecifier(literalText(node['source']) ?? '<computed>', 'lazy', ['*'])
    case 'TSImportType':
      return fromSpecifier(literalText(node['source']) ?? literalText(node['argument']), 'type', ['*'])
    case 'CallExpression': {
      const callee = node['callee']
      const isRequire = isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require'
      return isRequire ? fromSpecifier(literalText(childrenOf(node['arguments'])[0]) ?? '<computed>', 'static', ['*']) : undefined
    }
    default:
      return undefined
  }
}

function declarationImport(node: Node, isTypeOnly: boolean): Import | undefined {
  const specifiers = childrenOf(node['specifiers'])
  const isEveryNameType =
    specifiers.length > 0 && specifiers.every((each) => each['importKind'] === 'type' || each['exportKind'] === 'type')
  const names = specifiers.flatMap((each) => {
    const name = each.type === 'ImportSpecifier' ? each['imported'] : each['local']
    return each.type === 'ImportDefaultSpecifier' || each.type === 'ImportNamespaceSpecifier' || !isNode(name)
      ? ['*']
      : [textOf(name['name'])]
  })
  const namesOrAll = names.length === 0 ? ['*'] : names
  return fromSpecifier(literalText(node['source']), isTypeOnly || isEveryNameType ? 'type' : 'static', namesOrAll)
}

function fromSpecifier(specifier: string | undefined, kind: Import['kind'], names: readonly string[]): Import | undefined {
  return specifier === undefined ? undefined : { specifier, kind, names }
}

const keyHolders: ReadonlySet<string> = new Set([
  'Property',
  'MethodDefinition',
  'PropertyDefinition',
  'AccessorProperty',
  'TSPropertySignature',
  'TSMethodSignature',
  'TSAbstractMethodDefinition',
  'TSAbstractPropertyDefinition',
])

const typeParents: ReadonlySet<string> = new Set([
  'TSTypeReference',
  'TSQualifiedName',
  'TSTypeQuery',
  'TSInterfaceHeritage',
  'TSClassImplements',
])

const functions: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'TSFunctionType',
  'TSMethodSignature',
  'TSDeclareFunction',
  'TSConstructorType',
  'TSCallSignatureDeclaration',
  'TSEmptyBodyFunctionExpression',
])

type Role = 'use' | 'declaration' | 'property' | 'type'

function roleOf(node: Node, parents: readonly Node[]): Role {
  const parent = parents[0]
  if (parent === undefined) return 'use'
  if (parent.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true) return 'property'
  if (keyHolders.has(parent.type) && parent['key'] === node && parent['computed'] !== true && parent['shorthand'] !== true)
    return 'property'
  if (typeParents.has(parent.type)) return 'type'
  if (parent.type.startsWith('Import') || parent.type === 'ExportSpecifier') return 'declaration'
  return isDeclaration(node, parents) ? 'declaration' : 'use'
}

function isDeclaration(node: Node, parents: readonly Node[]): boolean {
  let child = node
  for (const parent of parents) {
    if (functions.has(parent.type)) return parent['id'] === child || childrenOf(parent['params']).includes(child)
    if (parent.type === 'VariableDeclarator' || parent.type.startsWith('Class') || parent.type.startsWith('TS'))
      return parent['id'] === child
    if (parent.type === 'CatchClause') return parent['param'] === child
    // Through patterns: { a, b: [c] = d } declares a and c, and uses d.
    const isPattern = ['ObjectPattern', 'ArrayPattern', 'RestElement', 'Property'].includes(parent.type)
    if (!isPattern && !(parent.type === 'AssignmentPattern' && parent['left'] === child)) return false
    child = parent
  }
  return false
}

/** `Date.now` for a use of Date in front of a property; `Date.new()` and `Date()` where the present moment is asked for. */
function usedName(node: Node, parents: readonly Node[]): string {
  const name = textOf(node['name'])
  const parent = parents[0]
  if (parent?.type === 'NewExpression' && parent['callee'] === node && childrenOf(parent['arguments']).length === 0) return `${name}.new()`
  if (parent?.type === 'CallExpression' && parent['callee'] === node) return name === 'Date' ? 'Date()' : name
  const property = parent?.type === 'MemberExpression' && parent['object'] === node ? parent['property'] : undefined
  return isNode(property) && property.type === 'Identifier' && parent?.['computed'] !== true ? `${name}.${textOf(property['name'])}` : name
}
