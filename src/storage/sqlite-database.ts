/** Opens SQLite files the way we want them, and turns what SQLite says when it fails into our errors. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { messageOf, PortunusError } from '#foundation'

export interface SqliteDatabaseOptions {
  /** An absolute path, or `:memory:`. */
  readonly path: string
  /** What the file is to people, for errors: `store`, `audit log`. */
  readonly what: string
  /** Four bytes in the file's header that tell our kinds of file apart (SQLite manual, "PRAGMA application_id"). */
  readonly applicationId: number
  /** Numbered from 1 in order; each runs once, in a transaction of its own. Never change one that has been released. */
  readonly migrations: readonly string[]
  /** Reads the whole file at start to find damage early; for small files. */
  readonly checkAtStart?: boolean
  /** How long a call waits while another process writes; 5 seconds unless told. */
  readonly busyMilliseconds?: number
}

// Result codes of SQLite (sqlite.org/rescode.html); an extended code holds the primary one in its low byte.
const sqliteBusy = 5
const sqliteLocked = 6
const sqliteReadOnly = 8
const sqliteInputOutput = 10
const sqliteCorrupt = 11
const sqliteFull = 13
const sqliteCannotOpen = 14
const sqliteNotDatabase = 26

const busyMilliseconds = 5000

/**
 * Opens or creates the file: write-ahead log, every commit synced to the disk, schema brought up to date.
 * Throws STORE_UNREACHABLE, STORE_CORRUPT, STORE_FOREIGN (another program's file), STORE_TOO_NEW (a later version's file).
 */
export function openSqliteDatabase(options: SqliteDatabaseOptions): SqliteDatabase {
  const database = new SqliteDatabase(options)
  try {
    database.prepareFile()
  } catch (error) {
    database[Symbol.dispose]()
    throw error
  }
  return database
}

/** An open file. Everything it does throws STORE_CORRUPT, STORE_DISK_FULL, STORE_BUSY, STORE_UNREACHABLE, STORE_CLOSED or STORE_FAILED. */
export class SqliteDatabase implements Disposable {
  readonly #options: SqliteDatabaseOptions
  readonly #connection: DatabaseSync

  /** Use `openSqliteDatabase`. */
  constructor(options: SqliteDatabaseOptions) {
    this.#options = options
    this.#connection = this.run(
      () =>
        new DatabaseSync(options.path, {
          timeout: options.busyMilliseconds ?? busyMilliseconds,
          enableForeignKeyConstraints: true,
          defensive: true,
        }),
    )
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  prepare(sql: string): StatementSync {
    return this.run(() => this.#connection.prepare(sql))
  }

  /** A number that a pragma answers, such as `data_version`. */
  pragma(name: string): number {
    return this.run(() => Number(Object.values(this.#connection.prepare(`PRAGMA ${name}`).get() ?? {})[0]))
  }

  /** Runs reads or single statements with our errors. */
  run<Result>(action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** Runs the action as one transaction that holds the write lock from its start; all of it happens or nothing. */
  transaction<Result>(action: () => Result): Result {
    return this.run(() => {
      this.#connection.exec('BEGIN IMMEDIATE')
      try {
        const result = action()
        this.#connection.exec('COMMIT')
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some failures, such as a full disk.
        if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** For `openSqliteDatabase`. */
  prepareFile(): void {
    this.run(() => {
      this.#refuseForeign()
      this.#connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
    })
    this.#migrate()
    if (this.#options.checkAtStart === true) this.#check()
  }

  [Symbol.dispose](): void {
    if (this.#connection.isOpen) this.#connection.close()
  }

  #refuseForeign(): void {
    const { applicationId, migrations } = this.#options
    const present = this.pragma('application_id')
    const isNew = present === 0 && this.pragma('user_version') === 0 && this.pragma('schema_version') === 0
    if (present !== applicationId && !isNew) throw this.#error('FOREIGN', 'the file belongs to another program', { category: 'bad-input' })
    if (this.pragma('user_version') > migrations.length) {
      throw this.#error('TOO_NEW', 'a later version of this program has written to it', {
        category: 'unsupported',
        hint: 'start the version that wrote it, or a later one',
      })
    }
  }

  #migrate(): void {
    const { applicationId, migrations } = this.#options
    for (const [index, migration] of migrations.entries()) {
      if (this.pragma('user_version') > index) continue
      this.transaction(() => {
        if (this.pragma('user_version') > index) return // Another process was quicker.
        this.#connection.exec(migration)
        this.#connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}`)
      })
    }
  }

  #check(): void {
    const row = this.run(() => this.#connection.prepare('PRAGMA quick_check(1)').get())
    if (row?.['quick_check'] !== 'ok') throw this.#corrupt(String(row?.['quick_check']))
  }

  #explain(error: unknown): unknown {
    if (error instanceof PortunusError || !(error instanceof Error)) return error
    if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE') {
      return this.#error('CLOSED', 'it is closed', { category: 'unavailable', cause: error })
    }
    const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
    switch (code) {
      case undefined:
        return error
      case sqliteCorrupt:
      case sqliteNotDatabase:
        return this.#corrupt(error)
      case sqliteFull:
        return this.#error('DISK_FULL', 'the disk is full', { category: 'unavailable', hint: 'free space on its disk', cause: error })
      case sqliteBusy:
      case sqliteLocked:
        return this.#error('BUSY', 'another process keeps it locked', { category: 'unavailable', cause: error })
      case sqliteReadOnly:
      case sqliteInputOutput:
      case sqliteCannotOpen:
        return this.#error('UNREACHABLE', messageOf(error), {
          category: 'unavailable',
          hint: 'check that its directory exists and belongs to the user this program runs as',
          cause: error,
        })
      default:
        return this.#error('FAILED', messageOf(error), { cause: error })
    }
  }

  #corrupt(cause: unknown): PortunusError {
    return this.#error('CORRUPT', 'the file is damaged, or no database', {
      hint: 'stop the program, move the file away and restore it from a backup',
      cause,
    })
  }

  #error(code: string, state: string, options: ConstructorParameters<typeof PortunusError>[2]): PortunusError {
    return new PortunusError(`STORE_${code}`, `Cannot use the ${this.#options.what} "${this.#options.path}": ${state}`, options)
  }
}
