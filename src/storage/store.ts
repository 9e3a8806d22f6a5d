/** The Store port: what the cluster state needs of a database, whichever it is. */
import { PortunusError } from '#foundation'

export interface StoreItem {
  readonly key: string
  readonly value: string
  /** The store's revision at which this value was written; every write takes a new one, greater than all before. */
  readonly revision: number
  readonly expires?: Date
}

export interface StoreWriteOptions {
  /** From this time on the item is gone for readers; watchers are told soon after. */
  readonly expires?: Date | undefined
}

export type StoreEvent =
  | { readonly kind: 'put'; readonly item: StoreItem }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: number }

export interface StoreWatchOptions {
  readonly prefix: string
  /** Events after this revision; left out, events from now on. */
  readonly fromRevision?: number | undefined
  readonly signal: AbortSignal
}

/**
 * Keys are 1 to 1024 bytes of UTF-8 and sorted by their bytes, values at most 1 MiB (STORE_KEY_REFUSED, STORE_VALUE_TOO_LARGE).
 * Each write is durable when its promise resolves. Writes resolve to the revision of the item.
 */
export interface Store extends AsyncDisposable {
  get(key: string): Promise<StoreItem | undefined>
  put(key: string, value: string, options?: StoreWriteOptions): Promise<number>
  /** Throws STORE_KEY_EXISTS (already-exists). */
  create(key: string, value: string, options?: StoreWriteOptions): Promise<number>
  /** Throws STORE_REVISION_CHANGED (conflict) unless the item is there with exactly that revision. */
  compareAndSwap(key: string, expectedRevision: number, value: string, options?: StoreWriteOptions): Promise<number>
  /** Whether there was an item; of several callers exactly one is told so. */
  delete(key: string): Promise<boolean>
  list(prefix: string): Promise<readonly StoreItem[]>
  /**
   * Every change under the prefix, in order, none twice and none left out. Ends when the signal is aborted or the store is closed.
   * To follow a list without a gap: take `revision()`, list, then watch from that revision.
   * Throws STORE_REVISION_TOO_OLD (conflict) when the store no longer knows, or never knew, what came after the revision: list again.
   */
  watch(options: StoreWatchOptions): AsyncIterable<StoreEvent>
  /** The revision of the latest write, 0 in a store never written to. */
  revision(): Promise<number>
}

export const keySizeBytesMax = 1024
export const valueSizeBytesMax = 1024 * 1024

/** Throws STORE_KEY_REFUSED or STORE_VALUE_TOO_LARGE. */
export function checkItem(key: string, value: string): void {
  // NUL ends texts in too many databases, and lone surrogates have no UTF-8.
  if (key === '' || !key.isWellFormed() || key.includes('\0') || Buffer.byteLength(key) > keySizeBytesMax) {
    throw new PortunusError(
      'STORE_KEY_REFUSED',
      `Cannot store the key "${key.slice(0, 80)}": expected 1 to ${keySizeBytesMax} bytes of text`,
      {
        category: 'bad-input',
      },
    )
  }
  if (!value.isWellFormed()) {
    throw new PortunusError('STORE_VALUE_REFUSED', `Cannot store "${key}": its value is no well-formed text`, { category: 'bad-input' })
  }
  const size = Buffer.byteLength(value)
  if (size > valueSizeBytesMax) {
    throw new PortunusError('STORE_VALUE_TOO_LARGE', `Cannot store "${key}": ${size} bytes are more than ${valueSizeBytesMax}`, {
      category: 'limit-exceeded',
    })
  }
}

export function keyExists(key: string): PortunusError {
  return new PortunusError('STORE_KEY_EXISTS', `Cannot create "${key}": it is there already`, { category: 'already-exists' })
}

export function revisionChanged(key: string, expected: number, current: number | undefined): PortunusError {
  const state = current === undefined ? 'it is gone' : `it has revision ${current}`
  return new PortunusError('STORE_REVISION_CHANGED', `Cannot change revision ${expected} of "${key}": ${state}`, { category: 'conflict' })
}

export function revisionTooOld(revision: number, reason: string): PortunusError {
  return new PortunusError('STORE_REVISION_TOO_OLD', `Cannot follow changes from revision "${revision}": ${reason}`, {
    category: 'conflict',
    hint: 'list the items again, then watch from the revision taken before the list',
  })
}
