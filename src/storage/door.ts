/**
 * Storage: one small Store of keys and values that the whole cluster state lives in. Revisions, compare-and-swap, expiry and a change
 * feed that can be taken up again from a revision. Here on a SQLite file; what a store must do is written in `store-contract.ts`.
 * The SQLite opener (write-ahead log, full durability, numbered migrations, clear errors) is shared with the audit log.
 */
export type { Store, StoreEvent, StoreItem, StoreWatchOptions, StoreWriteOptions } from './store.ts'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
export { openSqliteDatabase, type SqliteDatabase, type SqliteDatabaseOptions } from './sqlite-database.ts'
