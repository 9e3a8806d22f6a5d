/** Events of one connection of a person to a database, from the decision to its end. */
import type { ActorFields, StatusFields } from './cluster-events.ts'

/** Which database, as who. `db_user` and `db_name` are what was asked for; `db_actual_user` is whom the database saw, such as `IAM:alice`. */
export interface DatabaseFields {
  readonly db_service: string
  readonly db_protocol?: string | undefined
  readonly db_uri?: string | undefined
  readonly db_name?: string | undefined
  readonly db_user?: string | undefined
  readonly db_actual_user?: string | undefined
  readonly db_type?: string | undefined
  readonly db_origin?: string | undefined
  readonly db_labels?: Readonly<Record<string, string>> | undefined
  readonly db_aws_region?: string | undefined
  readonly db_aws_redshift_cluster_id?: string | undefined
}

/** Which session: `sid` is its UUID, `ei` counts its events from 0. */
export interface SessionFields {
  readonly sid?: string | undefined
  readonly ei?: number | undefined
  /** Host id of the agent. */
  readonly server_id?: string | undefined
  readonly certificate_id?: string | undefined
  /** Host id of the proxy that terminated the client, where one did. */
  readonly proxied_by?: string | undefined
}

type SessionEvent = ActorFields & SessionFields & DatabaseFields

/** A connection was let in, or refused before the database was asked. */
export interface DatabaseSessionStart extends SessionEvent, StatusFields {
  readonly event: 'db.session.start'
  readonly code: 'TDB00I' | 'TDB00W'
  /** The role that granted it. */
  readonly granted_by?: string | undefined
  /** What the client calls itself (`application_name`). */
  readonly user_agent?: string | undefined
  /** What else the client asked the database for while connecting (`options`, `role`, `search_path`); secrets are blanked, long values cut. */
  readonly startup_parameters?: Readonly<Record<string, string>> | undefined
  readonly postgres_pid?: number | undefined
  readonly server_version?: string | undefined
}

/** The person was let in, but the database could not be reached or did not let us in. */
export interface DatabaseConnectFailed extends SessionEvent, StatusFields {
  readonly event: 'db.session.connect.failed'
  readonly code: 'TDB12W'
  readonly sql_state?: string | undefined
}

export interface DatabaseSessionEnd extends SessionEvent {
  readonly event: 'db.session.end'
  readonly code: 'TDB01I'
  /** RFC 3339. */
  readonly session_start?: string | undefined
  readonly session_stop?: string | undefined
  readonly duration_ms?: number | undefined
  /** Which side ended it. */
  readonly ended_by?: 'client' | 'database' | 'agent' | undefined
  readonly reason?: string | undefined
  readonly statements?: number | undefined
  /** Bytes from the database to the client. */
  readonly bytes_sent?: number | undefined
  /** Bytes from the client to the database. */
  readonly bytes_received?: number | undefined
}

/** A bound parameter: its text, NULL, or the bytes of a binary one. */
export type QueryParameter = string | null | { readonly base64: string }

/**
 * How a statement went: `skipped` by the server after an error before it, `suspended` with rows left in its portal, `refused` by
 * us and never sent, `unknown` when the agent died before it knew.
 */
export type QueryOutcome = 'ok' | 'suspended' | 'error' | 'skipped' | 'refused' | 'unknown'

/** One statement, whichever protocol messages it took. `time` is when it was sent. */
export interface DatabaseQuery extends SessionEvent {
  readonly event: 'db.session.query'
  readonly code: 'TDB02I' | 'TDB02W'
  /** Absent while the outcome is unknown. */
  readonly success?: boolean | undefined
  readonly outcome: QueryOutcome
  /** Secrets are blanked. */
  readonly db_query: string
  readonly db_query_parameters?: readonly QueryParameter[] | undefined
  /** Of the whole statement as it was sent, where `db_query` holds its first part only. */
  readonly db_query_sha256?: string | undefined
  readonly db_query_bytes?: number | undefined
  /** The rest of a prepared text that ran before stands in the parts with these values of `statement_uid`, instead of its own uid. */
  readonly db_query_parts_of?: readonly string[] | undefined
  /** No text is known: SQL made the statement (PREPARE, DECLARE CURSOR), or its text was forgotten to save memory. */
  readonly db_query_missing?: true | undefined
  /** Values beyond the limit were left out. */
  readonly db_query_parameters_cut?: true | undefined
  /** Commands completed, where a simple query held several. */
  readonly commands?: number | undefined
  readonly statement_name?: string | undefined
  readonly portal_name?: string | undefined
  readonly duration_ms?: number | undefined
  readonly rows?: number | undefined
  readonly command_tag?: string | undefined
  readonly sql_state?: string | undefined
  readonly error?: string | undefined
  readonly bytes_sent?: number | undefined
  readonly bytes_received?: number | undefined
  readonly postgres_pid?: number | undefined
  readonly user_agent?: string | undefined
}

/**
 * A further part of a long statement, which `db_query` of its `db.session.query` begins: `statement_uid` is the uid of that event,
 * `part` counts from 1 up to `parts`. It is written before the statement can run; a prepared text may never run at all.
 */
export interface DatabaseQueryPart extends SessionEvent {
  readonly event: 'db.session.query.part'
  readonly code: 'TDB13I'
  readonly statement_uid: string
  readonly part: number
  readonly parts: number
  readonly db_query: string
}

/** A cancel request: of a running session, or with a key that belongs to none. */
export interface DatabaseSessionCancel extends Partial<SessionEvent>, StatusFields {
  readonly event: 'db.session.cancel'
  readonly code: 'TDB11I' | 'TDB11W'
  readonly postgres_pid?: number | undefined
}

/** Bytes the audit could not follow; it has stopped reading that direction. */
export interface DatabaseMalformedPacket extends SessionEvent {
  readonly event: 'db.session.malformed_packet'
  readonly code: 'TDB06I'
  readonly direction: 'client' | 'database'
  readonly reason: string
}

/** We ended a connection: a lock, an expired certificate, an idle limit, a shutdown. */
export interface ClientDisconnect extends SessionEvent {
  readonly event: 'client.disconnect'
  readonly code: 'T3006I'
  readonly reason: string
}

export type DatabaseEventBody =
  | DatabaseSessionStart
  | DatabaseConnectFailed
  | DatabaseSessionEnd
  | DatabaseQuery
  | DatabaseQueryPart
  | DatabaseSessionCancel
  | DatabaseMalformedPacket
  | ClientDisconnect
