/** Where things lie in the profile directory (`~/.tsh`, or TELEPORT_HOME): the layout of v17 and newer, as paths. */
import type { Environment } from '#foundation'

/** The profile directory; TELEPORT_HOME replaces the default. */
export function profileDirectoryOf(environment: Environment, homeDirectory: string): string {
  const chosen = environment['TELEPORT_HOME']
  const path = chosen === undefined || chosen === '' ? `${homeDirectory}/.tsh` : chosen
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

export function currentProfilePath(directory: string): string {
  return `${directory}/current-profile`
}

export function profilePath(directory: string, proxyHost: string): string {
  return `${directory}/${fileName(proxyHost)}.yaml`
}

/** Everything secret of one proxy lies below. */
export function keysPath(directory: string, proxyHost: string): string {
  return `${directory}/keys/${fileName(proxyHost)}`
}

export interface KeyPairPaths {
  readonly certificate: string
  readonly key: string
}

export function loginPaths(directory: string, proxyHost: string, user: string): KeyPairPaths {
  const stem = `${keysPath(directory, proxyHost)}/${fileName(user)}`
  return { certificate: `${stem}.crt`, key: `${stem}.key` }
}

/** Beside the login; no name of a user is encoded to a `~`, so it is nobody else's. */
export function assumedCertificatePath(directory: string, proxyHost: string, user: string): string {
  return `${keysPath(directory, proxyHost)}/${fileName(user)}~assumed.crt`
}

export function authoritiesPath(directory: string, proxyHost: string, cluster: string): string {
  return `${keysPath(directory, proxyHost)}/cas/${fileName(cluster)}.pem`
}

export function userDatabasesPath(directory: string, proxyHost: string, user: string): string {
  return `${keysPath(directory, proxyHost)}/${fileName(user)}-db`
}

export function clusterDatabasesPath(directory: string, proxyHost: string, user: string, cluster: string): string {
  return `${userDatabasesPath(directory, proxyHost, user)}/${fileName(cluster)}`
}

export interface DatabaseOwner {
  readonly proxyHost: string
  readonly user: string
  readonly cluster: string
}

export function databasePaths(directory: string, owner: DatabaseOwner, database: string): KeyPairPaths {
  const stem = `${clusterDatabasesPath(directory, owner.proxyHost, owner.user, owner.cluster)}/${fileName(database)}`
  return { certificate: `${stem}.crt`, key: `${stem}.key` }
}

const plainCharacters = /^[A-Za-z0-9@_=+,:.-]$/

/**
 * A name as one part of a path. Names come from servers as well as from people: whatever could lead out of the
 * directory is percent-encoded.
 */
export function fileName(name: string): string {
  let encoded = ''
  for (const character of name.toWellFormed()) encoded += plainCharacters.test(character) ? character : percentEncoded(character)
  return encoded.startsWith('.') ? `%2E${encoded.slice(1)}` : encoded
}

function percentEncoded(character: string): string {
  return encodeURIComponent(character).replace(/^[^%]$/, (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The name a file name stands for; undefined when it stands for none. */
export function nameOfFile(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
