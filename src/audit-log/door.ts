/**
 * Audit log: where events are kept. The authority's AuditStore appends them once each, chains their hashes, searches and verifies.
 * The agent's AuditJournal writes them ahead of what they describe, survives the death of the process, and ships them at least once.
 */
export type { AuditSearch, AuditStore, AuditVerification, StoredAuditEvent } from './audit-store.ts'
export { openSqliteAuditStore, type SqliteAuditStoreOptions } from './sqlite-audit-store.ts'
export type { AuditJournal, AuditJournalOptions, AuditPressure, JournalFile, SendAuditEvents, ShipOptions } from './audit-journal.ts'
export { openAuditJournal } from './open-audit-journal.ts'
