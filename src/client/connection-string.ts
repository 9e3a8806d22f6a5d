/** How PostgreSQL clients are told where to connect: URIs, environment variables, and a section of `~/.pg_service.conf`. */

export interface LoopbackTarget {
  readonly port: number
  readonly databaseUser: string
  readonly databaseName: string
}

/** The URI (PostgreSQL manual, "Connection Strings") for a local proxy; `localhost`, because that is the name people know. */
export function loopbackUri(target: LoopbackTarget): string {
  return `postgres://${percentEncode(target.databaseUser)}@localhost:${target.port}/${percentEncode(target.databaseName)}`
}

/** The same for a local proxy on a Unix socket: clients look for `.s.PGSQL.<port>` in the directory that is the host. */
export function socketUri(target: LoopbackTarget & { readonly directory: string }): string {
  const query = `host=${percentEncode(target.directory).replaceAll('%2F', '/')}&port=${target.port}`
  return `postgres://${percentEncode(target.databaseUser)}@/${percentEncode(target.databaseName)}?${query}`
}

/** Everything a client needs to go to the proxy's port itself, with the certificate files. */
export interface DirectTarget {
  readonly host: string
  readonly port: number
  readonly databaseUser: string | undefined
  readonly databaseName: string | undefined
  /** A path, or `system` for the public authorities (libpq 16 and newer). */
  readonly authorities: string
  readonly certificate: string
  readonly key: string
}

export function directUri(target: DirectTarget): string {
  const user = target.databaseUser === undefined ? '' : `${percentEncode(target.databaseUser)}@`
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const query = [
    ['sslrootcert', target.authorities],
    ['sslcert', target.certificate],
    ['sslkey', target.key],
    ['sslmode', 'verify-full'],
  ].map(([key, value]) => `${key}=${percentEncode(value ?? '').replaceAll('%2F', '/')}`)
  return `postgres://${user}${host}:${target.port}/${percentEncode(target.databaseName ?? '')}?${query.join('&')}`
}

/** The variables of libpq (PostgreSQL manual, "Environment Variables"). */
export function directEnvironment(target: DirectTarget): Readonly<Record<string, string>> {
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    ...(target.databaseUser === undefined ? {} : { PGUSER: target.databaseUser }),
    ...(target.databaseName === undefined ? {} : { PGDATABASE: target.databaseName }),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: target.authorities,
    PGSSLCERT: target.certificate,
    PGSSLKEY: target.key,
    PGGSSENCMODE: 'disable',
  }
}

/** The keys of a service section (PostgreSQL manual, "The Connection Service File"). */
export function serviceEntries(target: DirectTarget): Readonly<Record<string, string>> {
  return {
    host: target.host,
    port: String(target.port),
    ...(target.databaseUser === undefined ? {} : { user: target.databaseUser }),
    ...(target.databaseName === undefined ? {} : { dbname: target.databaseName }),
    sslmode: 'verify-full',
    sslrootcert: target.authorities,
    sslcert: target.certificate,
    sslkey: target.key,
    gssencmode: 'disable',
  }
}

/**
 * Variables a person may have set for other databases and that would break or redirect a connection to the local proxy.
 * The address is given outright, so that no other program's `::1` can be taken for it.
 */
export const loopbackEnvironment: Readonly<Record<string, string | undefined>> = {
  PGHOSTADDR: '127.0.0.1',
  PGGSSENCMODE: 'disable',
  PGSSLMODE: undefined,
  PGSSLROOTCERT: undefined,
  PGSSLCERT: undefined,
  PGSSLKEY: undefined,
  PGSSLCERTMODE: undefined,
  PGSSLNEGOTIATION: undefined,
  PGREQUIRESSL: undefined,
  PGREQUIREPEER: undefined,
  PGREQUIREAUTH: undefined,
  PGCHANNELBINDING: undefined,
  PGSERVICE: undefined,
  PGTARGETSESSIONATTRS: undefined,
}

// libpq decodes %XX and nothing else; a plus sign stays a plus sign.
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
