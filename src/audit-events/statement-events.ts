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

export interface StatementEvents {
  /** A statement whose outcome is not known yet. Secrets are blanked, here and only here. */
  begun(text: StatementText, stamp: { readonly uid: string; readonly time: Date }): AuditEvent
  /** The same event as it is in the end. */
  finished(begun: AuditEvent, outcome: QueryOutcome, result?: StatementResult): AuditEvent
}

export function statementEvents(common: StatementCommon, clusterName: string): StatementEvents {
  const body = databaseQuery({ ...common, db_query: '', outcome: 'unknown' })
  const shape = auditEvent(body, { uid: '', time: new Date(0), clusterName })
  return {
    begun(text, stamp) {
      const event: Writable = { ...shape, uid: stamp.uid, time: stamp.time.toISOString(), db_query: redactSql(text.db_query) }
      if (text.postgres_pid !== undefined) event.postgres_pid = text.postgres_pid
      if (text.db_query_bytes !== undefined) event.db_query_bytes = text.db_query_bytes
      if (text.db_query_sha256 !== undefined) event.db_query_sha256 = text.db_query_sha256
      if (text.db_query_missing !== undefined) event.db_query_missing = text.db_query_missing
      if (text.db_query_parameters !== undefined) event.db_query_parameters = text.db_query_parameters
      if (text.db_query_parameters_cut !== undefined) event.db_query_parameters_cut = text.db_query_parameters_cut
      if (text.statement_name !== undefined) event.statement_name = text.statement_name
      if (text.portal_name !== undefined) event.portal_name = text.portal_name
      return event
    },
    finished(begun, outcome, result) {
      const { success, code } = successOf(outcome)
      const event: Writable = { ...begun, code, outcome }
      if (success !== undefined) event.success = success
      if (result !== undefined) addResult(event, result)
      return event
    },
  }
}

// Each field by its name: V8 makes of that what it cannot make of a loop over names.
function addResult(event: Writable, result: StatementResult): void {
  if (result.rows !== undefined) event.rows = result.rows
  if (result.commands !== undefined) event.commands = result.commands
  if (result.duration_ms !== undefined) event.duration_ms = result.duration_ms
  if (result.bytes_received !== undefined) event.bytes_received = result.bytes_received
  if (result.bytes_sent !== undefined) event.bytes_sent = result.bytes_sent
  if (result.command_tag !== undefined) event.command_tag = result.command_tag
  if (result.sql_state !== undefined) event.sql_state = result.sql_state
  if (result.error !== undefined) event.error = redactSql(result.error)
}

type Writable = AuditEvent & { -readonly [Field in TextField | ResultField | 'success']?: DatabaseQuery[Field] }
