/** What the audit table keeps of an event beside its JSON, for searching, and how a row becomes an event again. */
import { canonicalJson, type AuditEvent } from '#audit-events'
import { PortunusError } from '#foundation'
import type { StoredAuditEvent } from './audit-store.ts'

export interface AuditColumns {
  readonly uid: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly event: string
  readonly user: string | null
  readonly database: string | null
  readonly session: string | null
  /** Canonical JSON. */
  readonly body: string
}

/** Throws AUDIT_EVENT_REFUSED. */
export function columnsOf(event: AuditEvent): AuditColumns {
  for (const field of ['event', 'code', 'uid', 'time', 'cluster_name']) {
    if (typeof event[field] !== 'string' || event[field] === '') throw refused(event, `its field "${field}" is missing`)
  }
  const time = Date.parse(event.time)
  if (Number.isNaN(time)) throw refused(event, `its time is "${event.time}"`)
  return {
    uid: event.uid,
    time,
    event: event.event,
    user: textOf(event['user']),
    database: textOf(event['db_service']),
    session: textOf(event['sid']),
    body: canonicalJson(event),
  }
}

export function parseStoredEvent(row: Readonly<Record<string, unknown>>): StoredAuditEvent {
  return {
    sequence: Number(row['sequence']),
    hash: String(row['hash']),
    event: JSON.parse(String(row['body'])) as AuditEvent, // The body was written from an event; verify() finds foreign hands.
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function refused(event: AuditEvent, state: string): PortunusError {
  return new PortunusError('AUDIT_EVENT_REFUSED', `Cannot record the event "${event.event}": ${state}`, { category: 'bad-input' })
}
