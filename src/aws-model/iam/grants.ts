/** Permissions as single facts, one action on one resource, and the statements that say them in few words. */
import type { PolicyDocument, PolicyStatement } from '../policy.ts'

export interface Grant {
  readonly action: string
  readonly resource: string
}

/** Every action on every resource. */
export function grantsOf(actions: readonly string[], resources: readonly string[]): readonly Grant[] {
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource })))
}

/** Statements that allow the grants and nothing else: actions on the same resources share one. */
export function statementsOf(grants: readonly Grant[]): readonly PolicyStatement[] {
  const resourcesByAction = new Map<string, Set<string>>()
  for (const { action, resource } of grants) {
    resourcesByAction.set(action, (resourcesByAction.get(action) ?? new Set()).add(resource))
  }
  const byResources = new Map<string, { readonly actions: string[]; readonly resources: readonly string[] }>()
  for (const [action, found] of resourcesByAction) {
    const resources = found.has('*') ? ['*'] : [...found].toSorted()
    const key = JSON.stringify(resources)
    const group = byResources.get(key) ?? { actions: [], resources }
    group.actions.push(action)
    byResources.set(key, group)
  }
  return [...byResources.values()].map(({ actions, resources }) => statementOf(actions, resources))
}

export function statementOf(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return { Effect: 'Allow', Action: oneOrMany(actions), Resource: oneOrMany(resources) }
}

/** The grants of a document's Allow statements. */
export function grantsOfDocument(document: PolicyDocument): readonly Grant[] {
  return document.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap((statement) =>
    grantsOf(listOf(statement.Action), listOf(statement.Resource)),
  )
}

/** The many of an element that may be written as one. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

// IAM reads both; one is shorter and is what people write.
function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [first, ...others] = values
  return first !== undefined && others.length === 0 ? first : values
}
