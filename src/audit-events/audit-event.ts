/** Stamps a body with what every event has. */
import type { AuditEvent, AuditEventBody } from './event.ts'

export interface AuditEventStamp {
  /** A fresh UUID. */
  readonly uid: string
  readonly time: Date
  readonly clusterName: string
}

/** The event of a body. Fields that are undefined are left out, so that the event equals what its JSON gives back. */
export function auditEvent(body: AuditEventBody, stamp: AuditEventStamp): AuditEvent {
  const { event, code, ...fields } = body
  return {
    event,
    code,
    uid: stamp.uid,
    time: stamp.time.toISOString(),
    cluster_name: stamp.clusterName,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  }
}
