/** How live database sessions look in lists. */
import type { ResponseOf } from '#authority-api'
import { relativeTime } from '#presentation'

type Session = ResponseOf<'listSessions'>['sessions'][number]

export const sessionColumns = ['ID', 'User', 'Database', 'Database User', 'Database Name', 'Client', 'Started', 'Agent'] as const

export function sessionRow(session: Session, now: Date): readonly string[] {
  const { id, user, database, databaseUser, databaseName, clientAddress, started, hostname } = session
  return [id, user, database, databaseUser, databaseName, clientAddress, relativeTime(new Date(started), now), hostname]
}

export function sessionDocument(session: Session): Readonly<Record<string, string>> {
  return {
    id: session.id,
    user: session.user,
    database: session.database,
    db_user: session.databaseUser,
    db_name: session.databaseName,
    client_address: session.clientAddress,
    started: session.started,
    server_id: session.hostId,
    hostname: session.hostname,
  }
}
