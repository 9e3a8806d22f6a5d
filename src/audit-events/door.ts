/**
 * Audit events: what is worth remembering, as a closed union with stable codes; how secrets are kept out of recorded SQL;
 * how events are chained so that none can be changed unseen; and how an event reads for a person.
 * Pure: appending and searching belong to the audit log.
 */
export type { AuditEvent, AuditEventBody, AuditEventCode, AuditEventName } from './event.ts'
export { auditEvent, type AuditEventStamp } from './audit-event.ts'
export type * from './database-session-events.ts'
export type * from './cluster-events.ts'
export { databaseQuery, databaseSessionCancel, databaseSessionStart, hostJoin, inviteRedeemed, userLogin } from './constructors.ts'
export { statementEvents, type BegunStatement, type StatementEvents } from './statement-events.ts'
export { canonicalJson } from './canonical-json.ts'
export { chainHash, chainHashOfJson, chainStart } from './chain.ts'
export { redactSql, redactedParts } from './redact-sql.ts'
export { describeEvent } from './describe-event.ts'
