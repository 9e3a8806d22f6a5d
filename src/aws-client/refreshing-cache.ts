/** Values that expire, loaded once for all who wait and again before they run out. It knows nothing of what the values are. */
import type { Clock } from '#foundation'

export interface Expiring {
  /** Absent for values that do not expire; they are loaded again after the cache's age limit. */
  readonly expires: Date | undefined
}

export interface RefreshingCacheOptions<Value extends Expiring> {
  readonly clock: Clock
  /** How long before its expiry a value counts as stale. */
  readonly marginMilliseconds: number
  /** How long a value without expiry is kept. */
  readonly ageMillisecondsMax: number
  readonly entriesMax: number
  /** Told when a stale value is handed out because loading a new one failed. */
  readonly onStale?: (error: unknown, value: Value) => void
}

interface Entry<Value> {
  readonly value: Value
  readonly staleAt: number
  readonly expiresAt: number
}

/** One shared load per key at a time; a waiter who gives up does not end the load for the others. */
export class RefreshingCache<Value extends Expiring> {
  readonly #options: RefreshingCacheOptions<Value>
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #loads = new Map<string, Promise<Value>>()

  constructor(options: RefreshingCacheOptions<Value>) {
    this.#options = options
  }

  /**
   * The value under the key, loaded when there is none or it is about to expire. When the load fails and the old value
   * is still good, the old one is given. Rejects with the signal's reason when this waiter is aborted.
   */
  async get(key: string, load: () => Promise<Value>, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Value> {
    options.signal?.throwIfAborted()
    const entry = this.#entries.get(key)
    const now = this.#options.clock.now().getTime()
    if (entry !== undefined && now < entry.staleAt) return entry.value
    const loading = this.#loads.get(key) ?? this.#start(key, load)
    try {
      return await unlessAborted(loading, options.signal)
    } catch (error) {
      const isStillGood = entry !== undefined && this.#options.clock.now().getTime() < entry.expiresAt
      if (!isStillGood || options.signal?.aborted === true) throw error
      this.#options.onStale?.(error, entry.value)
      return entry.value
    }
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  #start(key: string, load: () => Promise<Value>): Promise<Value> {
    // Always settles later than this line, so that the key is free again only after it was taken.
    const loading = Promise.try(load)
      .then((value) => {
        this.#keep(key, value)
        return value
      })
      .finally(() => this.#loads.delete(key))
    this.#loads.set(key, loading)
    return loading
  }

  #keep(key: string, value: Value): void {
    const { marginMilliseconds, ageMillisecondsMax, entriesMax, clock } = this.#options
    const now = clock.now().getTime()
    const expiresAt = value.expires?.getTime() ?? now + ageMillisecondsMax
    const staleAt = value.expires === undefined ? expiresAt : expiresAt - marginMilliseconds
    // Deleted first, so that the newest entry is last in the map's order and the oldest goes first.
    this.#entries.delete(key)
    this.#entries.set(key, { value, staleAt, expiresAt })
    for (const [oldKey, old] of this.#entries) {
      if (old.expiresAt <= now || this.#entries.size > entriesMax) this.#entries.delete(oldKey)
    }
  }
}

/** The promise's result, or the signal's reason as soon as it is aborted; the promise itself goes on. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
