/** Events and logs for the tests of this room. */
import { databaseQuery, auditEvent, userLogin, type AuditEvent, type QueryOutcome } from '#audit-events'
import type { Log } from '#foundation'

const start = new Date('2026-11-22T12:00:00Z').getTime()

/** A statement's event; `number` makes uid, time and SQL. */
export function statement(number: number, outcome: QueryOutcome = 'ok', sql = `SELECT ${number}`): AuditEvent {
  const body = databaseQuery({
    user: 'alice',
    sid: 's-1',
    db_service: 'my-redshift',
    db_user: 'alice',
    db_name: 'dev',
    db_query: sql,
    outcome,
    ...(outcome === 'unknown' ? {} : { rows: number, duration_ms: 1 }),
  })
  return auditEvent(body, stamp(number))
}

export function login(number: number, user = 'alice', success = true): AuditEvent {
  return auditEvent(userLogin({ user, success, method: 'local' }), stamp(number))
}

function stamp(number: number) {
  return { uid: uidOf(number), time: new Date(start + number * 1000), clusterName: 'example.com' }
}

export function uidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** A log that keeps what it was told. */
export function keepingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const log = {
    lines,
    debug: () => {},
    info: (message: string) => void lines.push(`info ${message}`),
    warn: (message: string) => void lines.push(`warn ${message}`),
    error: (message: string) => void lines.push(`error ${message}`),
    child: () => log,
  }
  return log
}
