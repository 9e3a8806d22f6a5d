/** Texts of resources, as `tctl create` and `tctl edit` read them: several YAML or JSON documents, and where everything stands in them. */
import { PortunusError } from '#foundation'
import { placeOf, type Problem } from './problem.ts'
import { locate, readYamlDocuments, type YamlNode } from './yaml-tree.ts'

export interface ResourceText {
  /** Plain values (YAML 1.2, core schema); what is empty is left out of mappings. */
  readonly value: unknown
  /** The error with line and column of what it complains of (`details.problems`); any other error as it is. */
  readonly place: (error: unknown) => unknown
}

/** Characters of all documents together. */
export const resourceTextLengthMax = 4 * 1024 * 1024
const problemsShownMax = 20

/**
 * The documents of a text; a list stands for its entries. Bounded in size, nodes and depth.
 * Throws RESOURCE_TEXT_REFUSED with `name:line:column` of each problem, RESOURCE_TEXT_EMPTY.
 */
export function readResourceDocuments(text: string, options: { readonly name: string }): readonly ResourceText[] {
  const readings = readYamlDocuments(text, { textLengthMax: resourceTextLengthMax })
  const problems = readings.flatMap((reading) => (reading.kind === 'problems' ? reading.problems : []))
  if (problems.length > 0) throw textRefused(options.name, problems)
  const roots = readings.flatMap((reading) => (reading.kind === 'tree' ? [reading.root] : []))
  const documents = roots.flatMap((root) => (root.kind === 'list' ? root.items : [root])).filter((root) => root.kind !== 'nothing')
  if (documents.length === 0) throw textEmpty(options.name)
  return documents.map((root) => ({ value: typedOf(root), place: (error) => placed(error, root, options.name) }))
}

function typedOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'text':
      return node.plain ? scalarOf(node.text) : node.text
    case 'nothing':
      return null
    case 'list':
      return node.items.map(typedOf)
    case 'mapping':
      return Object.fromEntries(
        [...node.entries].filter(([, entry]) => entry.value.kind !== 'nothing').map(([key, entry]) => [key, typedOf(entry.value)]),
      )
  }
  node satisfies never
}

/** YAML 1.2.2, section 10.3.2. */
function scalarOf(text: string): unknown {
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?\d+$/.test(text) || /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text)
  return text
}

interface PathProblem {
  readonly path: string
  readonly problem: string
}

function placed(error: unknown, root: YamlNode, name: string): unknown {
  if (!(error instanceof PortunusError)) return error
  const problems = problemsOf(error.details?.['problems'])
  const [first] = problems
  if (first === undefined) return error
  const [head = error.message] = error.message.split(`: ${first.path === '' ? first.problem : `${first.path}: `}`)
  const places = problems.slice(0, problemsShownMax).map(({ path, problem }) => {
    return placeOf(name, { ...locate(root, stepsOf(path)), key: path, text: problem })
  })
  const state = places.length === 1 ? places.join('') : `${problems.length} problems\n  ${places.join('\n  ')}`
  return new PortunusError(error.code, `${head}: ${state}`, {
    category: error.category,
    hint: 'correct the text and try again',
    details: error.details,
    cause: error,
  })
}

function problemsOf(value: unknown): readonly PathProblem[] {
  if (!Array.isArray(value)) return []
  return value.filter((entry: unknown): entry is PathProblem => {
    if (typeof entry !== 'object' || entry === null || !('path' in entry) || !('problem' in entry)) return false
    return typeof entry.path === 'string' && typeof entry.problem === 'string'
  })
}

/** `spec.allow.db_users[2]` as steps; the inverse of how `resources` writes a path. */
function stepsOf(path: string): readonly PropertyKey[] {
  return [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([\w-]+)/g)].map(([, index, quoted, word]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? (word ?? '') : unquoted(quoted)
  })
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

function textRefused(name: string, problems: readonly Problem[]): PortunusError {
  // The library says the same about every level of a text that is nested too deeply.
  const places = [...new Set(problems.map((problem) => placeOf(name, problem)))]
  const shown = places.slice(0, problemsShownMax)
  const state = places.length === 1 ? shown.join('') : `${places.length} problems\n  ${shown.join('\n  ')}`
  return new PortunusError('RESOURCE_TEXT_REFUSED', `Cannot read the resources of "${name}": ${state}`, {
    category: 'bad-input',
    hint: 'correct the text and try again',
  })
}

function textEmpty(name: string): PortunusError {
  return new PortunusError('RESOURCE_TEXT_EMPTY', `Cannot find a resource in "${name}": the input is empty`, {
    category: 'bad-input',
    hint: 'write resources as YAML documents, separated by lines of ---; tctl get role/access shows one',
  })
}
