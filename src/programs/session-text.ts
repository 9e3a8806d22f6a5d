/** How live database sessions look in lists. */
import type { ResponseOf } from '#authority-api'
import { printJson, printYaml, relativeTime, table } from '#presentation'

type Session = ResponseOf<'listSessions'>['sessions'][number]

const sessionColumns = ['ID', 'User', 'Database', 'Database User', 'Database Name', 'Client', 'Started', 'Agent'] as const

function sessionRow(session: Session, now: Date): readonly string[] {
  const { id, user, database, databaseUser, databaseName, clientAddress, started, hostname } = session
  return [id, user, database, databaseUser, databaseName, clientAddress, relativeTime(new Date(started), now), hostname]
}

function sessionDocument(session: Session): Readonly<Record<string, string>> {
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

/** The sessions as the flag `--format` asks for them. */
export function sessionsText(
  sessions: readonly Session[],
  options: { readonly format: unknown; readonly now: Date; readonly width: number | undefined },
): string {
  switch (options.format) {
    case 'json':
      return printJson(sessions.map(sessionDocument))
    case 'yaml':
      return printYaml(sessions.map(sessionDocument))
    default: {
      const rows = sessions.map((session) => sessionRow(session, options.now))
      return rows.length === 0 ? 'No live sessions found' : table(sessionColumns, rows, { width: options.width, cut: 'Client' })
    }
  }
}
