/** The facts of one database session, and the audit events made of them. Pure. */
import {
  databaseSessionCancel,
  databaseSessionStart,
  redactSql,
  statementEvents,
  type AuditEventBody,
  type StatementEvents,
} from '#audit-events'
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
  /** As the client sent them; `user` and `database` among them. */
  readonly startupParameters: ReadonlyMap<string, string>
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
  return databaseSessionStart({
    success: true,
    ...common(facts),
    certificate_id: facts.identity.certificateId,
    user_agent: facts.applicationName,
    startup_parameters: recordedParameters(facts.startupParameters),
  })
}

export function deniedEvent(facts: SessionFacts, error: unknown): AuditEventBody {
  const { message, code } = errorDocument(error)
  const startup_parameters = recordedParameters(facts.startupParameters)
  return databaseSessionStart({ success: false, error: message, error_code: code, ...common(facts), startup_parameters })
}

const parameterLengthMax = 1024
/** Recorded in fields of their own. */
const recordedElsewhere: ReadonlySet<string> = new Set(['user', 'database', 'application_name'])

/** Everything else that reaches the database: `role` or `options` decide as whom and how statements run. The packet bounds the whole. */
function recordedParameters(parameters: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  const recorded = [...parameters]
    .filter(([name]) => !recordedElsewhere.has(name))
    .map(([name, value]): readonly [string, string] => [name, redactSql(value).slice(0, parameterLengthMax)])
  return recorded.length === 0 ? undefined : Object.fromEntries(recorded)
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
  readonly endedBy: 'client' | 'database' | 'agent'
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
    bytes_received: totals.clientBytes,
    bytes_sent: totals.serverBytes,
    ended_by: totals.endedBy,
    ...(totals.error === undefined ? {} : { reason: totals.error }),
  }
}

/** We ended the session. */
export function disconnectEvent(facts: SessionFacts, error: unknown): AuditEventBody {
  return { event: 'client.disconnect', code: 'T3006I', ...common(facts), reason: errorDocument(error).message }
}

/** `client_address` is where the cancel request came from. */
export function cancelEvent(facts: SessionFacts, processId: number, clientAddress: string): AuditEventBody {
  return databaseSessionCancel({ success: true, ...common(facts), postgres_pid: processId, client_address: clientAddress })
}

export function surpriseEvent(
  facts: SessionFacts,
  surprise: { readonly direction: 'frontend' | 'backend'; readonly reason: string },
): AuditEventBody {
  const direction = surprise.direction === 'frontend' ? 'client' : 'database'
  return { event: 'db.session.malformed_packet', code: 'TDB06I', ...common(facts), direction, reason: surprise.reason }
}

/** The parts of a long statement behind its first one, which stands in the event with this uid. Secrets are blanked already. */
export function partEvents(facts: SessionFacts, uid: string, parts: readonly string[]): readonly AuditEventBody[] {
  return parts.slice(1).map((db_query, index) => ({
    event: 'db.session.query.part',
    code: 'TDB13I',
    ...common(facts),
    statement_uid: uid,
    part: index + 1,
    parts: parts.length - 1,
    db_query,
  }))
}

/** The events of a session's statements. */
export function statementEventsOf(facts: SessionFacts, upstream: UpstreamFacts, clusterName: string): StatementEvents {
  return statementEvents({ ...common(facts), db_actual_user: upstream.user, user_agent: facts.applicationName }, clusterName)
}

/** `ownTextId`: the long text whose parts name the uid of this very event. */
export function textOf(begun: StatementBegun, upstream: UpstreamFacts, ownTextId?: string) {
  const otherTextIds = begun.longTextIds?.filter((id) => id !== ownTextId)
  return {
    postgres_pid: upstream.processId,
    db_query: begun.sql,
    db_query_bytes: begun.sqlLengthBytes,
    db_query_sha256: begun.sqlSha256,
    db_query_parts_of: otherTextIds === undefined || otherTextIds.length === 0 ? undefined : otherTextIds,
    db_query_missing: begun.sqlMissing,
    db_query_parameters: begun.parameters,
    db_query_parameters_cut: begun.parametersCut,
    statement_name: nonEmpty(begun.statementName),
    portal_name: nonEmpty(begun.portalName),
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

export function resultOf(finished: StatementFinished) {
  return {
    rows: finished.rows,
    commands: finished.commands,
    duration_ms: Math.round(finished.durationMilliseconds * 1000) / 1000,
    bytes_received: finished.clientBytes,
    bytes_sent: finished.serverBytes,
    command_tag: finished.commandTag,
    sql_state: finished.sqlState,
    error: finished.message,
  }
}
