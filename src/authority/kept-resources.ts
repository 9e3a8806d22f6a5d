/** Resources in the Store: their metadata carries the revision of the last write, and their expiry is the record's. */
import { PortunusError } from '#foundation'
import type { Metadata } from '#resources'
import type { Store } from '#storage'
import { openCollection, type Changed, type Collection } from './collection.ts'

interface Resource {
  readonly metadata: Metadata
}

export interface KeptResourcesOptions<Value extends Resource> {
  readonly prefix: string
  readonly parse: (input: unknown) => Value
  readonly print: (value: Value) => unknown
}

/** A collection whose values come back with `metadata.revision`; the revision itself is not written. */
export function openKeptResources<Value extends Resource>(store: Store, options: KeptResourcesOptions<Value>): Collection<Value> {
  return openCollection<Value>(store, {
    prefix: options.prefix,
    parse: options.parse,
    print: (value) => options.print(withRevision(value, undefined)),
    stamped: (value, revision) => withRevision(value, String(revision)),
  })
}

/** What to write: the value, gone when its metadata says so. */
export function kept<Value extends Resource>(value: Value): Changed<Value> {
  const { expires } = value.metadata
  return expires === undefined ? { value } : { value, expires: new Date(expires) }
}

/** Throws RESOURCE_REVISION_CHANGED (conflict) when the wanted value was made from another one than the current. */
export function refuseStale(kind: string, wanted: Metadata, current: Metadata): void {
  if (wanted.revision === undefined || wanted.revision === current.revision) return
  throw new PortunusError(
    'RESOURCE_REVISION_CHANGED',
    `Cannot update the ${kind} "${wanted.name}": it was changed since it was read (revision ${current.revision ?? '?'}, not ${wanted.revision})`,
    { category: 'conflict', hint: `read it again with tctl get ${kind}/${wanted.name} and repeat the change` },
  )
}

function withRevision<Value extends Resource>(value: Value, revision: string | undefined): Value {
  const { revision: _revision, ...metadata } = value.metadata
  return { ...value, metadata: revision === undefined ? metadata : { ...metadata, revision } }
}
