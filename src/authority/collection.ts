/** A kind of record in the Store: JSON under a prefix, changed by compare-and-swap. It knows nothing of what the records mean. */
import { PortunusError } from '#foundation'
import type { Store, StoreItem } from '#storage'

export interface Collection<Value> {
  get(id: string): Promise<Value | undefined>
  /** Throws STORE_KEY_EXISTS (already-exists). */
  create(id: string, value: Value, options?: ExpiryOptions): Promise<Value>
  put(id: string, value: Value, options?: ExpiryOptions): Promise<void>
  /** Applies the change to the present value, again if somebody else was quicker. An undefined result leaves things as they are. */
  change(id: string, change: (current: Value | undefined) => Changed<Value> | undefined): Promise<Value | undefined>
  /** True for exactly one caller: whoever took it away. */
  delete(id: string): Promise<boolean>
  list(): Promise<readonly Value[]>
}

export interface ExpiryOptions {
  readonly expires?: Date | undefined
}

export interface Changed<Value> extends ExpiryOptions {
  readonly value: Value
}

export interface CollectionOptions<Value> {
  readonly prefix: string
  readonly parse: (input: unknown) => Value
  readonly print: (value: Value) => unknown
  /** The value as it is read: with the revision of its last write. */
  readonly stamped?: (value: Value, revision: number) => Value
}

const changeAttemptsMax = 50

interface Listed<Value> {
  readonly revision: number
  readonly value: Value
}

/** Ids may be any text: they are escaped, so that none can reach into another record's key. */
export function openCollection<Value>(store: Store, options: CollectionOptions<Value>): Collection<Value> {
  const keyOf = (id: string): string => `${options.prefix}/${escapeId(id)}`
  const write = (value: Value): string => JSON.stringify(options.print(value))
  const stamped = (value: Value, revision: number): Value => options.stamped?.(value, revision) ?? value
  const read = (item: StoreItem): Value => stamped(options.parse(JSON.parse(item.value)), item.revision)
  // Heartbeats are listed often and change seldom: what has the same revision is not parsed again.
  let listed: ReadonlyMap<string, Listed<Value>> = new Map()
  return {
    async get(id) {
      const item = await store.get(keyOf(id))
      return item === undefined ? undefined : read(item)
    },
    async create(id, value, expiry) {
      return stamped(value, await store.create(keyOf(id), write(value), expiryOf(expiry)))
    },
    async put(id, value, expiry) {
      await store.put(keyOf(id), write(value), expiryOf(expiry))
    },
    async change(id, change) {
      for (let attempt = 0; attempt < changeAttemptsMax; attempt++) {
        const item = await store.get(keyOf(id))
        const current = item === undefined ? undefined : read(item)
        const changed = change(current)
        if (changed === undefined) return current
        const revision = await swapped(store, keyOf(id), item, { text: write(changed.value), expires: changed.expires })
        if (revision !== undefined) return stamped(changed.value, revision)
      }
      throw new PortunusError('RECORD_CONTENDED', `Cannot change the record "${options.prefix}": others keep changing it`, {
        category: 'unavailable',
        hint: 'try again',
      })
    },
    delete: (id) => store.delete(keyOf(id)),
    async list() {
      const items = await store.list(`${options.prefix}/`)
      const before = listed
      listed = new Map(
        items.map((item) => {
          const known = before.get(item.key)
          return [item.key, known?.revision === item.revision ? known : { revision: item.revision, value: read(item) }]
        }),
      )
      return [...listed.values()].map(({ value }) => value)
    },
  }
}

function escapeId(id: string): string {
  return id.toWellFormed().replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('\0', '%00')
}

/** The revision of the write; undefined when somebody else was quicker. */
async function swapped(
  store: Store,
  key: string,
  item: StoreItem | undefined,
  next: { readonly text: string; readonly expires: Date | undefined },
): Promise<number | undefined> {
  try {
    if (item === undefined) return await store.create(key, next.text, expiryOf(next))
    return await store.compareAndSwap(key, item.revision, next.text, expiryOf(next))
  } catch (error) {
    if (error instanceof PortunusError && (error.code === 'STORE_KEY_EXISTS' || error.code === 'STORE_REVISION_CHANGED')) return undefined
    throw error
  }
}

function expiryOf(options: ExpiryOptions | undefined): { readonly expires?: Date } {
  return options?.expires === undefined ? {} : { expires: options.expires }
}
