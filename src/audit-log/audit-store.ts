/** The AuditStore port: the log of the whole cluster. */
import type { AuditEvent } from '#audit-events'

/** Every given condition must hold. `from` is included, `to` is not; both are times or RFC 3339 texts. */
export interface AuditSearch {
  readonly from?: Date | string | undefined
  readonly to?: Date | string | undefined
  /** Names of events, such as `db.session.query`. */
  readonly types?: readonly string[] | undefined
  readonly user?: string | undefined
  /** Name of a database resource. */
  readonly database?: string | undefined
  /** Id of a session. */
  readonly session?: string | undefined
  /** 1000 unless told. */
  readonly limit?: number | undefined
  /** By time; the newest first (`descending`) unless told. */
  readonly order?: 'ascending' | 'descending' | undefined
}

export interface StoredAuditEvent {
  /** Counts from 1 in the order of arrival. */
  readonly sequence: number
  /** The hash chain's value after this event. */
  readonly hash: string
  readonly event: AuditEvent
}

export interface AuditVerification {
  readonly ok: boolean
  /** How many events were found in order, from the first one. */
  readonly events: number
  /** The sequence number at which an event is missing, changed or out of place. */
  readonly brokenAt?: number
  /** The chain's value after the last good event. Kept elsewhere, it shows later whether history was rewritten as a whole. */
  readonly hash: string
}

export interface AuditStore extends AsyncDisposable {
  /**
   * Durable when it resolves: all of them or none. An event whose uid is there already is left out, so sending twice is harmless.
   * Throws AUDIT_EVENT_REFUSED (bad-input) for one without a name, code, uid or time, and the errors of the database.
   */
  append(events: readonly AuditEvent[]): Promise<void>
  search(search?: AuditSearch): Promise<readonly StoredAuditEvent[]>
  /** Reads the whole log; appends go on meanwhile. */
  verify(): Promise<AuditVerification>
}
