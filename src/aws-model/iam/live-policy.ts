/** Policies as AWS gives them back, read leniently: they may be anybody's. */
import type { PolicyDocument } from '../policy.ts'

export interface LiveStatement {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly resources: readonly string[]
  readonly notResources: readonly string[]
  /** Whether it has a Condition, which nobody can decide from here. */
  readonly isConditional: boolean
}

export interface LivePolicy {
  readonly name: string
  readonly statements: readonly LiveStatement[]
}

/** What an identity may do as IAM says it: its policies, and the boundary that cuts them where there is one. */
export interface LivePermissions {
  readonly policies: readonly LivePolicy[]
  readonly boundary: LivePolicy | undefined
}

/** Reads the JSON of a policy; what is no statement is left out, and a text that is no JSON has none. */
export function readLivePolicy(name: string, json: string): LivePolicy {
  return { name, statements: statementsIn(parsedJson(json)).flatMap(readStatement) }
}

/** Whether a live policy says the same as a planned one, whatever the order of its lists and its white space. */
export function isSamePolicy(json: string, planned: PolicyDocument): boolean {
  const live = parsedJson(json)
  return live !== undefined && canonical(live) === canonical(planned)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const texts = value.map(canonical).toSorted()
    // One entry and a list of it mean the same.
    return texts.length === 1 ? texts.join('') : `[${texts.join(',')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`)
  return `{${entries.toSorted().join(',')}}`
}

/** Undefined for a text that is no JSON. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function statementsIn(document: unknown): readonly unknown[] {
  const statement = fieldOf(document, 'Statement')
  return Array.isArray(statement) ? statement : [statement]
}

function readStatement(statement: unknown): readonly LiveStatement[] {
  const effect = fieldOf(statement, 'Effect')
  if (effect !== 'Allow' && effect !== 'Deny') return []
  return [
    {
      effect,
      actions: textsOf(fieldOf(statement, 'Action')),
      notActions: textsOf(fieldOf(statement, 'NotAction')),
      resources: textsOf(fieldOf(statement, 'Resource')),
      notResources: textsOf(fieldOf(statement, 'NotResource')),
      isConditional: fieldOf(statement, 'Condition') !== undefined,
    },
  ]
}

/** The texts of a value that may be one or several. */
export function textsOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((text) => typeof text === 'string')
}

/** The field of a value nobody has checked. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
