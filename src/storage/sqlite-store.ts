/** The Store on one SQLite file: the items, and a log of the latest changes for watchers. */
import { PortunusError, type Clock } from '#foundation'
import { openSqliteDatabase, type SqliteDatabase } from './sqlite-database.ts'
import { migrations, parseChange, parseItem, parseNumber, prepareStatements } from './sqlite-tables.ts'
import { Wakeup } from './wakeup.ts'
import {
  checkItem,
  keyExists,
  revisionChanged,
  revisionTooOld,
  type Store,
  type StoreEvent,
  type StoreItem,
  type StoreWatchOptions,
  type StoreWriteOptions,
} from './store.ts'

export interface SqliteStoreOptions {
  /** An absolute path, or `:memory:`. The file holds secrets: its directory should be readable by its owner only. */
  readonly path: string
  readonly clock: Clock
  /** How many changes are kept for watchers that come back; 10,000 unless told. */
  readonly changesKeptMax?: number
}

const applicationId = 0x506f_7253 // "PorS"
const sweepMilliseconds = 1000
const sweepItemsMax = 1000
const watchBatchMax = 100

/** Opens or creates the store. Throws the errors of `openSqliteDatabase`. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return new SqliteStore(openSqliteDatabase({ path: options.path, what: 'store', applicationId, migrations, checkAtStart: true }), options)
}

class SqliteStore implements Store {
  readonly #database: SqliteDatabase
  readonly #clock: Clock
  readonly #changesKeptMax: number
  readonly #statements: ReturnType<typeof prepareStatements>
  readonly #watchers = new Set<() => void>()
  #sweepTimer: Disposable
  #dataVersion: number

  constructor(database: SqliteDatabase, options: SqliteStoreOptions) {
    this.#database = database
    this.#clock = options.clock
    this.#changesKeptMax = options.changesKeptMax ?? 10_000
    this.#statements = prepareStatements(database)
    this.#dataVersion = database.pragma('data_version')
    this.#sweepTimer = this.#armSweep()
  }

  async get(key: string): Promise<StoreItem | undefined> {
    return this.#database.run(() => this.#read(key))
  }

  async put(key: string, value: string, options: StoreWriteOptions = {}): Promise<number> {
    return this.#write(() => this.#put(key, value, options))
  }

  async create(key: string, value: string, options: StoreWriteOptions = {}): Promise<number> {
    return this.#write(() => {
      if (this.#read(key) !== undefined) throw keyExists(key)
      return this.#put(key, value, options)
    })
  }

  async compareAndSwap(key: string, expectedRevision: number, value: string, options: StoreWriteOptions = {}): Promise<number> {
    return this.#write(() => {
      const current = this.#read(key)
      if (current?.revision !== expectedRevision) throw revisionChanged(key, expectedRevision, current?.revision)
      return this.#put(key, value, options)
    })
  }

  async delete(key: string): Promise<boolean> {
    return this.#write(() => {
      if (this.#read(key) === undefined) return false
      this.#delete(key)
      return true
    })
  }

  async list(prefix: string): Promise<readonly StoreItem[]> {
    const now = this.#clock.now()
    return this.#database.run(() => {
      const items: StoreItem[] = []
      // Keys are sorted by their bytes, so those with the prefix stand together.
      for (const row of this.#statements.from.iterate(prefix)) {
        const item = parseItem(row)
        if (!item.key.startsWith(prefix)) break
        if (!isExpired(item, now)) items.push(item)
      }
      return items
    })
  }

  watch(options: StoreWatchOptions): AsyncIterable<StoreEvent> {
    return this.#follow(options, options.fromRevision ?? this.#revision())
  }

  async revision(): Promise<number> {
    return this.#revision()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweepTimer[Symbol.dispose]()
    this.#database[Symbol.dispose]()
    this.#wakeWatchers()
  }

  async *#follow({ prefix, signal }: StoreWatchOptions, start: number): AsyncGenerator<StoreEvent> {
    if (start > this.#revision()) throw revisionTooOld(start, `the store is at revision ${this.#revision()}`)
    using wakeup = new Wakeup(this.#watchers, signal)
    const isOver = (): boolean => signal.aborted || !this.#database.isOpen
    let position = start
    while (!isOver()) {
      const batch = this.#changesAfter(position)
      for (const change of batch) {
        if (isOver()) return
        position = change.revision
        if (change.key.startsWith(prefix)) yield change.event
      }
      if (batch.length === 0) await wakeup.next()
    }
  }

  #changesAfter(position: number): ReturnType<typeof parseChange>[] {
    const changes = this.#database.run(() => this.#statements.changes.all(position, watchBatchMax).map(parseChange))
    // Revisions have no gaps, unless the log has been cut.
    const [first] = changes
    if (first !== undefined && first.revision !== position + 1) {
      throw revisionTooOld(position, `changes before revision ${first.revision} are no longer kept`)
    }
    return changes
  }

  #revision(): number {
    return this.#database.run(() => parseNumber(this.#statements.revision.get()))
  }

  #read(key: string): StoreItem | undefined {
    const row = this.#statements.get.get(key)
    const item = row === undefined ? undefined : parseItem(row)
    return item === undefined || isExpired(item, this.#clock.now()) ? undefined : item
  }

  #write<Result>(action: () => Result): Result {
    const result = this.#database.transaction(action)
    this.#wakeWatchers()
    return result
  }

  #put(key: string, value: string, options: StoreWriteOptions): number {
    checkItem(key, value)
    const expires = expiryNumber(key, options)
    const revision = this.#change('put', key, value, expires)
    this.#statements.put.run(key, value, revision, expires)
    return revision
  }

  #delete(key: string): void {
    this.#change('delete', key, null, null)
    this.#statements.delete.run(key)
  }

  #change(kind: 'put' | 'delete', key: string, value: string | null, expires: number | null): number {
    const revision = Number(this.#statements.change.run(kind, key, value, expires).lastInsertRowid)
    this.#statements.forget.run(revision - this.#changesKeptMax)
    return revision
  }

  #wakeWatchers(): void {
    for (const wake of this.#watchers) wake()
  }

  #armSweep(): Disposable {
    return this.#clock.timer(sweepMilliseconds, () => {
      this.#sweepTimer = this.#armSweep()
      try {
        this.#sweep()
      } catch {
        // Expired items are invisible without being swept; whoever writes next is told what is wrong with the file.
      }
    })
  }

  #sweep(): void {
    const now = this.#clock.now().getTime()
    const due = (): string[] => this.#statements.expired.all(now, sweepItemsMax).map((row) => String(row['key']))
    if (this.#database.run(due).length > 0) this.#write(() => due().forEach((key) => this.#delete(key)))
    const dataVersion = this.#database.pragma('data_version')
    // Changes that another process has made to the file.
    if (dataVersion !== this.#dataVersion) this.#wakeWatchers()
    this.#dataVersion = dataVersion
  }
}

function isExpired(item: StoreItem, now: Date): boolean {
  return item.expires !== undefined && item.expires <= now
}

function expiryNumber(key: string, options: StoreWriteOptions): number | null {
  const time = options.expires?.getTime() ?? null
  if (Number.isNaN(time)) throw new PortunusError('STORE_EXPIRY_REFUSED', `Cannot store "${key}": its expiry is no time`)
  return time
}
