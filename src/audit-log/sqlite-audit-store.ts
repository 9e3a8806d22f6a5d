/** The AuditStore on a SQLite file of its own. */
import { chainHash, chainHashOfJson, chainStart, type AuditEvent } from '#audit-events'
import { PortunusError, type Clock } from '#foundation'
import { openSqliteDatabase, type SqliteDatabase } from '#storage'
import { columnsOf, parseStoredEvent, type AuditColumns } from './audit-rows.ts'
import type { AuditSearch, AuditStore, AuditVerification, StoredAuditEvent } from './audit-store.ts'

export interface SqliteAuditStoreOptions {
  /** An absolute path, or `:memory:`. */
  readonly path: string
  readonly clock: Clock
}

const migrations = [
  `CREATE TABLE events (
     sequence INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, event TEXT NOT NULL,
     user TEXT, database TEXT, session TEXT, body TEXT NOT NULL, hash TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_time ON events (time);
   CREATE INDEX events_by_event ON events (event, time);
   CREATE INDEX events_by_user ON events (user, time) WHERE user IS NOT NULL;
   CREATE INDEX events_by_database ON events (database, time) WHERE database IS NOT NULL;
   CREATE INDEX events_by_session ON events (session, time) WHERE session IS NOT NULL;
   CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;`,
]

const applicationId = 0x506f_7241 // "PorA"
const searchLimit = 1000
const verifyBatch = 1000

/** Opens or creates the log. Throws the errors of `openSqliteDatabase`. */
export async function openSqliteAuditStore(options: SqliteAuditStoreOptions): Promise<AuditStore> {
  return new SqliteAuditStore(openSqliteDatabase({ path: options.path, what: 'audit log', applicationId, migrations }), options.clock)
}

/** The end of the chain. */
interface Head {
  readonly sequence: number
  readonly hash: string
}

class SqliteAuditStore implements AuditStore {
  readonly #database: SqliteDatabase
  readonly #clock: Clock
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#statements = prepareStatements(database)
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    // Refusals come before the first write, so that a batch with one bad event leaves nothing behind.
    const rows = events.map(columnsOf)
    if (rows.length === 0) return
    this.#database.transaction(() => {
      let head = this.#head()
      for (const columns of rows) head = this.#appendOne(head, columns)
      this.#statements.moveHead.run(head.sequence, head.hash)
    })
  }

  async search(search: AuditSearch = {}): Promise<readonly StoredAuditEvent[]> {
    const { conditions, values } = conditionsOf(search)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const direction = search.order === 'ascending' ? 'ASC' : 'DESC'
    const sql = `SELECT sequence, hash, body FROM events ${where} ORDER BY time ${direction}, sequence ${direction} LIMIT ?`
    return this.#database.run(() =>
      this.#database
        .prepare(sql)
        .all(...values, search.limit ?? searchLimit)
        .map(parseStoredEvent),
    )
  }

  async verify(): Promise<AuditVerification> {
    const end = this.#database.run(() => this.#head())
    let good: Head = { sequence: 0, hash: chainStart }
    for (;;) {
      const rows = this.#database.run(() => this.#statements.verify.all(good.sequence, end.sequence, verifyBatch))
      for (const row of rows) {
        if (!followsOn(row, good)) return broken(good)
        good = { sequence: good.sequence + 1, hash: String(row['hash']) }
      }
      if (rows.length < verifyBatch) break
      await this.#clock.sleep(0) // Others get their turn.
    }
    // The head tells when the newest events have been taken away; rows past it were put in by others.
    const strays = this.#database.run(() => Number(this.#statements.past.get(this.#head().sequence)?.['number']))
    const isWhole = good.sequence === end.sequence && good.hash === end.hash && strays === 0
    return isWhole ? { ok: true, events: good.sequence, hash: good.hash } : broken(good)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database[Symbol.dispose]()
  }

  #appendOne(head: Head, columns: AuditColumns): Head {
    const next = { sequence: head.sequence + 1, hash: chainHashOfJson(head.hash, columns.body) }
    const { uid, time, event, user, database, session, body } = columns
    const { changes } = this.#statements.append.run(next.sequence, uid, time, event, user, database, session, body, next.hash)
    return changes === 0 ? head : next
  }

  #head(): Head {
    const row = this.#statements.head.get()
    return row === undefined ? { sequence: 0, hash: chainStart } : { sequence: Number(row['sequence']), hash: String(row['hash']) }
  }
}

function prepareStatements(database: SqliteDatabase) {
  return {
    append: database.prepare(
      'INSERT INTO events (sequence, uid, time, event, user, database, session, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO NOTHING',
    ),
    head: database.prepare('SELECT sequence, hash FROM head'),
    moveHead: database.prepare(
      'INSERT INTO head (id, sequence, hash) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash',
    ),
    verify: database.prepare('SELECT * FROM events WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?'),
    past: database.prepare('SELECT count(*) AS number FROM events WHERE sequence > ? OR sequence < 1'),
  }
}

function conditionsOf(search: AuditSearch): { readonly conditions: readonly string[]; readonly values: readonly (string | number)[] } {
  const { types, user, database, session } = search
  const parts: readonly (readonly [string, readonly (string | number)[]] | undefined)[] = [
    search.from === undefined ? undefined : ['time >= ?', [milliseconds(search.from)]],
    search.to === undefined ? undefined : ['time < ?', [milliseconds(search.to)]],
    types === undefined ? undefined : [`event IN (${types.map(() => '?').join(', ')})`, types],
    user === undefined ? undefined : ['user = ?', [user]],
    database === undefined ? undefined : ['database = ?', [database]],
    session === undefined ? undefined : ['session = ?', [session]],
  ]
  const present = parts.filter((part) => part !== undefined)
  return { conditions: present.map(([condition]) => condition), values: present.flatMap(([, values]) => values) }
}

function milliseconds(time: Date | string): number {
  const value = typeof time === 'string' ? Date.parse(time) : time.getTime()
  if (!Number.isNaN(value)) return value
  throw new PortunusError('AUDIT_SEARCH_REFUSED', `Cannot search the audit log by the time "${String(time)}": expected an RFC 3339 time`, {
    category: 'bad-input',
    hint: 'write it like 2026-11-22T12:00:00Z',
  })
}

/** Whether the row is the next of the chain, and its searchable columns tell what its event tells. */
function followsOn(row: Readonly<Record<string, unknown>>, previous: Head): boolean {
  try {
    const { sequence, hash, event } = parseStoredEvent(row)
    const columns: Readonly<Record<string, unknown>> = { ...columnsOf(event) }
    const sameColumns = Object.keys(columns).every((column) => row[column] === columns[column])
    return sequence === previous.sequence + 1 && hash === chainHash(previous.hash, event) && sameColumns
  } catch {
    return false
  }
}

function broken(good: Head): AuditVerification {
  return { ok: false, events: good.sequence, brokenAt: good.sequence + 1, hash: good.hash }
}
