/** The shape every audit event has, and the closed union of what events can say. */
import type { AccessRequestEventBody } from './access-request-events.ts'
import type { ClusterEventBody } from './cluster-events.ts'
import type { DatabaseEventBody } from './database-session-events.ts'
import type { ResourceEventBody } from './resource-events.ts'

/** An event as it is stored and shipped: snake_case fields, flat or JSON values. A later version may send names this one does not know. */
export interface AuditEvent {
  /** What happened, such as `db.session.start`. */
  readonly event: string
  /** Which way it went; ends in I for information or W for a refusal or failure. Never changes meaning. */
  readonly code: string
  /** A UUID; the same event sent twice keeps it. */
  readonly uid: string
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string
  readonly cluster_name: string
  readonly [field: string]: unknown
}

/** Everything this version can record. */
export type AuditEventBody = ClusterEventBody | ResourceEventBody | AccessRequestEventBody | DatabaseEventBody
export type AuditEventName = AuditEventBody['event']
export type AuditEventCode = AuditEventBody['code']
