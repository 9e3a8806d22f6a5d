/** YAML text to a tree of texts, lists and mappings that remembers where everything stood. It knows no key of teleport.yaml. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  type Alias,
  type Document,
  type YAMLMap,
} from 'yaml'
import { keyText, type Position, type Problem } from './problem.ts'

const textLengthMax = 1_048_576
const nodesMax = 100_000
const depthMax = 32

/** Scalars stay texts: what is a number, a switch or a duration is for the reader of each key to say. */
export type YamlNode =
  /** `plain`: written without quotes, so that a reader may take it for a number or a switch. */
  | { readonly kind: 'text'; readonly text: string; readonly plain: boolean; readonly position: Position }
  /** An empty value (`key:`), `~` or `null`: as good as not written. */
  | { readonly kind: 'nothing'; readonly position: Position }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[]; readonly position: Position }
  | { readonly kind: 'mapping'; readonly entries: ReadonlyMap<string, YamlEntry>; readonly position: Position }

interface YamlEntry {
  readonly keyPosition: Position
  readonly value: YamlNode
}

export type YamlReading =
  | { readonly kind: 'tree'; readonly root: YamlNode }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

const start: Position = { line: 1, column: 1 }
const tooDeep: Problem = { ...start, key: '', text: 'expected a document that is less deeply nested' }
const parseOptions = { schema: 'failsafe', prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const

/** Reads one YAML document (YAML 1.2, failsafe schema). Bounded in size, nodes and depth; aliases count each time they are used. Never throws. */
export function readYaml(text: string): YamlReading {
  if (text.length > textLengthMax)
    return refused([{ ...start, key: '', text: `expected at most ${textLengthMax} characters, got ${text.length}` }])
  const lines = new LineCounter()
  let document: Document.Parsed
  try {
    // The library compares every key with every other; duplicates are found below, in one pass.
    document = parseDocument(text, { ...parseOptions, lineCounter: lines })
  } catch {
    return refused([tooDeep])
  }
  return readingOf(document, lines)
}

/** The same for a text of several documents; an empty text has none. */
export function readYamlDocuments(text: string, options: { readonly textLengthMax: number }): readonly YamlReading[] {
  if (text.length > options.textLengthMax)
    return [refused([{ ...start, key: '', text: `expected at most ${options.textLengthMax} characters, got ${text.length}` }])]
  const lines = new LineCounter()
  try {
    const documents = parseAllDocuments(text, { ...parseOptions, lineCounter: lines })
    return 'empty' in documents ? [] : documents.map((document) => readingOf(document, lines))
  } catch {
    return [refused([tooDeep])]
  }
}

function readingOf(document: Document.Parsed, lines: LineCounter): YamlReading {
  const reader = new TreeReader(lines)
  for (const error of [...document.errors, ...document.warnings]) {
    reader.report(error.pos[0], [], `expected YAML: ${withoutSource(error.message)}`)
  }
  const root = reader.problems.length > 0 ? undefined : reader.read(document.contents, [])
  return root === undefined || reader.problems.length > 0 ? refused(reader.problems) : { kind: 'tree', root }
}

function refused(problems: readonly Problem[]): YamlReading {
  return { kind: 'problems', problems }
}

class TreeReader {
  readonly problems: Problem[] = []
  readonly #lines: LineCounter
  readonly #anchors = new Map<string, unknown>()
  #aliasDepth = 0
  #nodes = 0

  constructor(lines: LineCounter) {
    this.#lines = lines
  }

  report(offset: number, path: readonly PropertyKey[], text: string): void {
    this.problems.push({ ...this.#positionOf(offset), key: keyText(path), text })
  }

  /** The node, or undefined once a bound is passed. */
  read(node: unknown, path: readonly PropertyKey[]): YamlNode | undefined {
    const offset = offsetOf(node)
    if (++this.#nodes > nodesMax || path.length > depthMax) {
      const bound = path.length > depthMax ? `${depthMax} levels` : `${nodesMax} values, aliases counted each time`
      if (this.problems.length === 0) this.report(offset, path, `expected at most ${bound}`)
      return undefined
    }
    if (isAlias(node)) return this.#readAlias(node, path)
    const read = this.#readContent(node, path)
    // Known from its end on, so that nothing can hold itself; an alias inside an alias changes nothing.
    if (isNode(node) && node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node)
    return read
  }

  #readContent(node: unknown, path: readonly PropertyKey[]): YamlNode | undefined {
    const position = this.#positionOf(offsetOf(node))
    if (isMap(node)) return this.#readMapping(node, path)
    if (isSeq(node)) {
      const items: YamlNode[] = []
      for (const [index, item] of node.items.entries()) {
        const read = this.read(item, [...path, index])
        if (read === undefined) return undefined
        items.push(read)
      }
      return { kind: 'list', items, position }
    }
    if (!isScalar(node)) return { kind: 'nothing', position }
    const text = typeof node.value === 'string' ? node.value : ''
    const isNothing = node.type === 'PLAIN' && /^(?:|~|null|Null|NULL)$/.test(text)
    return isNothing ? { kind: 'nothing', position } : { kind: 'text', text, plain: node.type === 'PLAIN', position }
  }

  #readAlias(node: Alias.Parsed | Alias, path: readonly PropertyKey[]): YamlNode | undefined {
    const target = this.#anchors.get(node.source)
    if (target === undefined) {
      this.report(offsetOf(node), path, `expected an anchor "&${node.source}" before the alias "*${node.source}"`)
      return { kind: 'nothing', position: this.#positionOf(offsetOf(node)) }
    }
    this.#aliasDepth++
    const read = this.read(target, path)
    this.#aliasDepth--
    return read
  }

  #readMapping(map: YAMLMap, path: readonly PropertyKey[]): YamlNode | undefined {
    const entries = new Map<string, YamlEntry>()
    for (const { key, value } of map.items) {
      const offset = offsetOf(key)
      const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined
      if (name === undefined || name === '__proto__') {
        this.report(offset, path, 'expected a plain text as the key')
        continue
      }
      if (entries.has(name)) this.report(offset, [...path, name], 'expected every key once, this one was there before')
      const read = this.read(value, [...path, name])
      if (read === undefined) return undefined
      entries.set(name, { keyPosition: this.#positionOf(offset), value: read })
    }
    return { kind: 'mapping', entries, position: this.#positionOf(offsetOf(map)) }
  }

  #positionOf(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** The library quotes the text it stumbled over, which may be a token. */
function withoutSource(message: string): string {
  return message.replace(/(?:[:\n]| %)[^]*$/, '')
}

function offsetOf(node: unknown): number {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const first: unknown = Array.isArray(range) ? range[0] : undefined
  return typeof first === 'number' ? first : 0
}

/** The tree as plain values: nothing is left out of mappings and null in lists. */
export function plainOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'nothing':
      return null
    case 'list':
      return node.items.map(plainOf)
    case 'mapping':
      return Object.fromEntries(
        [...node.entries].filter(([, entry]) => entry.value.kind !== 'nothing').map(([key, entry]) => [key, plainOf(entry.value)]),
      )
  }
  node satisfies never
}

/** Where a path stands: its key when it is written, else the nearest mapping or list around it. */
export function locate(root: YamlNode, path: readonly PropertyKey[]): Position {
  let position = root.position
  let node: YamlNode | undefined = root
  for (const step of path) {
    if (node?.kind === 'mapping') {
      const entry = node.entries.get(String(step))
      if (entry === undefined) return position
      position = entry.keyPosition
      node = entry.value
    } else if (node?.kind === 'list') {
      node = node.items[Number(step)]
      if (node === undefined) return position
      position = node.position
    } else return position
  }
  return position
}
