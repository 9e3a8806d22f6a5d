/** What tctl knows of a kind of resource: how it is listed, read from a document, written and deleted. */
import type { AuthorityClient } from '#authority-api'

export interface NamedDocument {
  readonly name: string
  /** The plain snake_case document. */
  readonly document: Readonly<Record<string, unknown>>
}

/** What was done, such as `role "dev" has been created`, and what is worth knowing about it. */
export interface Outcome {
  readonly sentence: string
  readonly notes?: readonly string[]
}

/** A resource that was read from a document and can be written. */
export interface Prepared {
  readonly name: string
  /** Fails with the category already-exists when there is one. */
  create(authority: AuthorityClient): Promise<Outcome>
  /** `replace`: whatever revision is there; otherwise only the revision that the document names, when it names one. */
  update(authority: AuthorityClient, options: { readonly replace: boolean }): Promise<Outcome>
}

export interface ResourceKind {
  readonly kind: string
  /** Other words for it, in lower case. */
  readonly words: readonly string[]
  /** There is one, of this name; naming it is not needed. */
  readonly soleName?: string
  /** Under which name the list has the resource of a given name; the same unless told. */
  readonly listedName?: (name: string) => string
  list(authority: AuthorityClient): Promise<readonly NamedDocument[]>
  /** Absent: it cannot be created or edited. Throws RESOURCE_MALFORMED. */
  readonly prepare?: (document: unknown, context: { readonly now: Date }) => Prepared
  /** Absent: it cannot be deleted. */
  readonly remove?: (authority: AuthorityClient, name: string) => Promise<Outcome>
}

interface Resource {
  readonly metadata: { readonly name: string; readonly revision?: string }
}

/** The resource without its revision. */
export function anyRevision<Value extends Resource>(resource: Value, { replace }: { readonly replace: boolean }): Value {
  if (!replace) return resource
  const { revision: _revision, ...metadata } = resource.metadata
  return { ...resource, metadata }
}

export function named<Value extends Resource>(
  resources: readonly Value[],
  print: (resource: Value) => Readonly<Record<string, unknown>>,
): readonly NamedDocument[] {
  return resources.map((resource) => ({ name: resource.metadata.name, document: print(resource) }))
}
