/** One way to the database, as the benchmark's clients see it. */

export interface Target extends AsyncDisposable {
  readonly name: TargetName
  /** Environment of libpq (PGHOST, PGPORT, ...). */
  readonly environment: Readonly<Record<string, string>>
  /** The processes between client and database, by what they are. */
  readonly processes: Readonly<Record<string, number>>
}

export const targetNames = ['direct', 'haproxy', 'pgbouncer', 'stunnel', 'hop', 'chain', 'hop-silent'] as const
export type TargetName = (typeof targetNames)[number]

/** The environment all targets share: PostgreSQL's own defaults would ask for Kerberos first. */
export function clientEnvironment(given: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C',
    HOME: '/nonexistent',
    PGGSSENCMODE: 'disable',
    PGHOST: '127.0.0.1',
    PGUSER: 'bench',
    PGDATABASE: 'bench',
    PGCONNECT_TIMEOUT: '30',
    ...given,
  }
}
