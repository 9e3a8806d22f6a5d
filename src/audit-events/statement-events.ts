/** The events of one session's statements. What they share is put together once, because there are thousands of them a second. */
import { auditEvent } from './audit-event.ts'
import { databaseQuery, successOf } from './constructors.ts'
import type { DatabaseQuery, QueryOutcome } from './database-session-events.ts'
import type { AuditEvent } from './event.ts'
import { redactSql } from './redact-sql.ts'

type TextField =
  | 'db_query'
  | 'db_query_bytes'
  | 'db_query_sha256'
  | 'db_query_parts_of'
  | 'db_query_missing'
  | 'db_query_parameters'
  | 'db_query_parameters_cut'
  | 'statement_name'
  | 'portal_name'
  | 'postgres_pid'
type ResultField = 'rows' | 'commands' | 'duration_ms' | 'bytes_received' | 'bytes_sent' | 'command_tag' | 'sql_state' | 'error'

/** What the statements of a session have in common. */
export type StatementCommon = Omit<DatabaseQuery, 'event' | 'code' | 'success' | 'outcome' | TextField | ResultField>
/** What is known when a statement is sent. */
export type StatementText = Pick<DatabaseQuery, TextField>
/** What is known when it has been answered. */
export type StatementResult = Pick<DatabaseQuery, ResultField>

/** A statement that was sent. */
export interface BegunStatement {
  readonly uid: string
  /** JSON of its event as it stands while the outcome is unknown. */
  readonly json: string
  /** What `json` says beyond what the session's statements share. Secrets are blanked. */
  readonly own: { readonly uid: string; readonly time: string; readonly [field: string]: unknown }
}

/** A statement with its outcome. */
export interface FinishedStatement {
  readonly event: AuditEvent
  /** The fields that say otherwise than the event did while the outcome was unknown; all others are the same. */
  readonly changed: Readonly<Record<string, unknown>>
}

export interface StatementEvents {
  /** Secrets are blanked here, and only here. */
  begun(text: StatementText, stamp: { readonly uid: string; readonly time: Date }): BegunStatement
  finished(begun: BegunStatement, outcome: QueryOutcome, result?: StatementResult): FinishedStatement
}

export function statementEvents(common: StatementCommon, clusterName: string): StatementEvents {
  const body = databaseQuery({ ...common, db_query: '', outcome: 'unknown' })
  const { uid: _uid, time: _time, db_query: _query, ...rest } = auditEvent(body, { uid: '', time: new Date(0), clusterName })
  const shape: Pick<AuditEvent, 'event' | 'code' | 'cluster_name'> = rest
  const shapeJson = JSON.stringify(shape).slice(0, -1)
  return {
    begun(text, { uid, time }) {
      const own = ownFields(text, uid, time.toISOString())
      return { uid, own, json: `${shapeJson},${JSON.stringify(own).slice(1)}` }
    },
    finished({ own }, outcome, result) {
      const changed = changedFields(outcome, result)
      return { event: { ...shape, ...own, ...changed }, changed }
    },
  }
}

// Each field by its name, here and below: V8 makes of that what it cannot make of a loop over names.
function ownFields(text: StatementText, uid: string, time: string) {
  const own: Own = { uid, time, db_query: redactSql(text.db_query) }
  if (text.postgres_pid !== undefined) own.postgres_pid = text.postgres_pid
  if (text.db_query_bytes !== undefined) own.db_query_bytes = text.db_query_bytes
  if (text.db_query_sha256 !== undefined) own.db_query_sha256 = text.db_query_sha256
  if (text.db_query_parts_of !== undefined) own.db_query_parts_of = text.db_query_parts_of
  if (text.db_query_missing !== undefined) own.db_query_missing = text.db_query_missing
  if (text.db_query_parameters !== undefined) own.db_query_parameters = text.db_query_parameters
  if (text.db_query_parameters_cut !== undefined) own.db_query_parameters_cut = text.db_query_parameters_cut
  if (text.statement_name !== undefined) own.statement_name = text.statement_name
  if (text.portal_name !== undefined) own.portal_name = text.portal_name
  return own
}

function changedFields(outcome: QueryOutcome, result: StatementResult | undefined) {
  const { success, code } = successOf(outcome)
  const changed: Changed = { code, outcome }
  if (success !== undefined) changed.success = success
  if (result === undefined) return changed
  if (result.rows !== undefined) changed.rows = result.rows
  if (result.commands !== undefined) changed.commands = result.commands
  if (result.duration_ms !== undefined) changed.duration_ms = result.duration_ms
  if (result.bytes_received !== undefined) changed.bytes_received = result.bytes_received
  if (result.bytes_sent !== undefined) changed.bytes_sent = result.bytes_sent
  if (result.command_tag !== undefined) changed.command_tag = result.command_tag
  if (result.sql_state !== undefined) changed.sql_state = result.sql_state
  if (result.error !== undefined) changed.error = redactSql(result.error)
  return changed
}

type Own = { uid: string; time: string } & Writable<TextField>
type Changed = Writable<ResultField | 'success' | 'code' | 'outcome'>
type Writable<Field extends keyof DatabaseQuery> = { -readonly [Each in Field]?: DatabaseQuery[Each] }
