/** The facts of one database session, and the audit events made of them. Pure. */
import type { AuditEventBody } from '#audit-events'
import { redactSql } from '#audit-events'
import type { UserIdentity } from '#certificates'
import { errorDocument, sqlStateOf } from '#foundation'
import type { StatementBegun, StatementFinished } from '#postgres-protocol'
import type { Database } from '#resources'

export interface SessionFacts {
  readonly sessionId: string
  readonly identity: UserIdentity
  readonly database: Database
  readonly databaseType: string
  /** As the person asked for it. */
  readonly databaseUser: string
  readonly databaseName: string
  readonly applicationName: string | undefined
  readonly clientAddress: string
  readonly agentHostId: string
  readonly startedAt: Date
}

/** What is known once the database has authenticated us. */
export interface UpstreamFacts {
  /** The database's own user, such as `IAM:alice`. */
  readonly user: string
  processId: number | undefined
}

function common(facts: SessionFacts) {
  const { identity, database } = facts
  return {
    sid: facts.sessionId,
    user: identity.user,
    db_service: database.metadata.name,
    db_protocol: database.spec.protocol,
    db_type: facts.databaseType,
    db_uri: database.spec.uri,
    db_user: facts.databaseUser,
    db_name: facts.databaseName,
    client_address: facts.clientAddress,
    server_id: facts.agentHostId,
    ...(identity.proxiedBy === undefined ? {} : { proxied_by: identity.proxiedBy }),
  }
}

export function startedEvent(facts: SessionFacts): AuditEventBody {
  return {
    event: 'db.session.start',
    code: 'TDB00I',
    success: true,
    ...common(facts),
    certificate_id: facts.identity.certificateId,
    ...(facts.applicationName === undefined ? {} : { user_agent: facts.applicationName }),
  }
}

export function deniedEvent(facts: SessionFacts, error: unknown): AuditEventBody {
  return { event: 'db.session.start', code: 'TDB00W', success: false, error: errorDocument(error).message, ...common(facts) }
}

export function connectFailedEvent(facts: SessionFacts, error: unknown): AuditEventBody {
  const document = errorDocument(error)
  return {
    event: 'db.session.connect.failed',
    code: 'TDB12W',
    success: false,
    error: document.message,
    error_code: document.code,
    sql_state: sqlStateOf(error),
    ...common(facts),
  }
}

export interface SessionTotals {
  readonly statements: number
  readonly clientBytes: number
  readonly serverBytes: number
  readonly endedBy: string
  readonly error?: string | undefined
}

export function endedEvent(facts: SessionFacts, totals: SessionTotals, endedAt: Date): AuditEventBody {
  return {
    event: 'db.session.end',
    code: 'TDB01I',
    ...common(facts),
    session_start: facts.startedAt.toISOString(),
    session_stop: endedAt.toISOString(),
    statements: totals.statements,
    client_bytes: totals.clientBytes,
    server_bytes: totals.serverBytes,
    ended_by: totals.endedBy,
    ...(totals.error === undefined ? {} : { error: totals.error }),
  }
}

export function cancelEvent(
  facts: SessionFacts,
  request: { readonly clientAddress: string; readonly user?: string | undefined },
): AuditEventBody {
  return {
    event: 'db.session.cancel',
    code: 'TDB11I',
    ...common(facts),
    cancel_address: request.clientAddress,
    ...(request.user === undefined ? {} : { cancelled_by: request.user }),
  }
}

export function surpriseEvent(facts: SessionFacts, surprise: { readonly direction: string; readonly reason: string }): AuditEventBody {
  return { event: 'db.session.malformed_packet', code: 'TDB06I', ...common(facts), direction: surprise.direction, reason: surprise.reason }
}

/** A statement as it stands before it has run: what is on disk if the agent dies now. */
export function statementEvent(
  facts: SessionFacts,
  upstream: UpstreamFacts,
  begun: StatementBegun,
  finished: StatementFinished | undefined,
): AuditEventBody {
  const failed = finished !== undefined && (finished.outcome === 'error' || finished.outcome === 'skipped')
  const shared = {
    ...common(facts),
    db_user_actual: upstream.user,
    ...(upstream.processId === undefined ? {} : { db_pid: upstream.processId }),
    statement_index: begun.index,
    db_query: redactSql(begun.sql),
    db_query_bytes: begun.sqlLengthBytes,
    ...(begun.sqlSha256 === undefined ? {} : { db_query_sha256: begun.sqlSha256 }),
    ...(begun.parameters === undefined ? {} : { db_query_parameters: begun.parameters }),
    ...(begun.statementName === undefined || begun.statementName === '' ? {} : { statement_name: begun.statementName }),
    ...(begun.portalName === undefined || begun.portalName === '' ? {} : { portal_name: begun.portalName }),
    outcome: finished?.outcome ?? 'unknown',
    ...(finished === undefined ? {} : resultOf(finished)),
  }
  return failed
    ? { event: 'db.session.query', code: 'TDB02W', success: false, ...shared }
    : { event: 'db.session.query', code: 'TDB02I', success: true, ...shared }
}

function resultOf(finished: StatementFinished) {
  return {
    rows: finished.rows,
    duration_ms: Math.round(finished.durationMilliseconds * 1000) / 1000,
    client_bytes: finished.clientBytes,
    server_bytes: finished.serverBytes,
    ...(finished.commandTag === undefined ? {} : { command_tag: finished.commandTag }),
    ...(finished.sqlState === undefined ? {} : { sql_state: finished.sqlState }),
    ...(finished.message === undefined ? {} : { error: finished.message }),
  }
}
