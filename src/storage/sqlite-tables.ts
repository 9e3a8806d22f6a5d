/** The tables of the SQLite store: their schema, the statements on them, and how rows become values. */
import type { StatementSync } from 'node:sqlite'
import type { SqliteDatabase } from './sqlite-database.ts'
import type { StoreEvent, StoreItem } from './store.ts'

/** Never change a migration that has been released; add one. */
export const migrations = [
  `CREATE TABLE items (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL, expires INTEGER) STRICT, WITHOUT ROWID;
   CREATE INDEX items_by_expiry ON items (expires) WHERE expires IS NOT NULL;
   CREATE TABLE changes (
     revision INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT, expires INTEGER
   ) STRICT;`,
]

export function prepareStatements(
  database: SqliteDatabase,
): Readonly<Record<'get' | 'from' | 'put' | 'delete' | 'change' | 'forget' | 'changes' | 'revision' | 'expired', StatementSync>> {
  return {
    get: database.prepare('SELECT key, value, revision, expires FROM items WHERE key = ?'),
    from: database.prepare('SELECT key, value, revision, expires FROM items WHERE key >= ? ORDER BY key'),
    put: database.prepare(
      `INSERT INTO items (key, value, revision, expires) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision, expires = excluded.expires`,
    ),
    delete: database.prepare('DELETE FROM items WHERE key = ?'),
    change: database.prepare('INSERT INTO changes (kind, key, value, expires) VALUES (?, ?, ?, ?)'),
    forget: database.prepare('DELETE FROM changes WHERE revision <= ?'),
    changes: database.prepare('SELECT revision, kind, key, value, expires FROM changes WHERE revision > ? ORDER BY revision LIMIT ?'),
    revision: database.prepare('SELECT coalesce(max(revision), 0) AS number FROM changes'),
    expired: database.prepare('SELECT key FROM items WHERE expires <= ? ORDER BY expires LIMIT ?'),
  }
}

type Row = Readonly<Record<string, unknown>>

export function parseItem(row: Row): StoreItem {
  const { key, value, revision, expires } = row
  return {
    key: String(key),
    value: String(value),
    revision: Number(revision),
    ...(expires === null ? {} : { expires: new Date(Number(expires)) }),
  }
}

export function parseChange(row: Row): { readonly key: string; readonly revision: number; readonly event: StoreEvent } {
  const key = String(row['key'])
  const revision = Number(row['revision'])
  const event: StoreEvent = row['kind'] === 'delete' ? { kind: 'delete', key, revision } : { kind: 'put', item: parseItem(row) }
  return { key, revision, event }
}

export function parseNumber(row: Row | undefined): number {
  return Number(row?.['number'])
}
