/** Keys and certificates in the profile directory: the login, the databases one is logged into, the authorities one trusts. */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { messageOf, type KeyPairPem } from '#foundation'
import { identityFromCertificate, type UserIdentity } from '#certificates'
import {
  assumedCertificatePath,
  authoritiesPath,
  clusterDatabasesPath,
  databasePaths,
  loginPaths,
  nameOfFile,
  type KeyPairPaths,
} from './profile-paths.ts'
import { unreadable, type Profile } from './profile-document.ts'
import type { ProfileDirectory } from './profile-directory.ts'

/** A key with its certificate, and what the certificate says. */
export interface HeldIdentity {
  readonly keyPair: KeyPairPem
  readonly identity: UserIdentity
  readonly validFrom: Date
  readonly validUntil: Date
}

const privateMode = { mode: 0o600, directoryMode: 0o700 } as const

/** The login of the profile's user; undefined after a logout. Throws PROFILE_UNREADABLE when the files do not fit together. */
export async function readLoginKeys(directory: ProfileDirectory, profile: Profile): Promise<HeldIdentity | undefined> {
  const paths = loginPaths(directory.path, profile.proxyHost, profile.user)
  const keyPair = await readKeyPair(directory, paths)
  if (keyPair === undefined) return undefined
  try {
    return heldIdentity(keyPair)
  } catch (error) {
    throw unreadable(paths.certificate, messageOf(error))
  }
}

export async function writeLoginKeys(directory: ProfileDirectory, profile: Profile, keyPair: KeyPairPem): Promise<void> {
  await writeKeyPair(directory, loginPaths(directory.path, profile.proxyHost, profile.user), keyPair)
}

/** The certificate with what access requests granted to this login; undefined where there is none in force. */
export async function readAssumedKeys(
  directory: ProfileDirectory,
  profile: Profile,
  login: HeldIdentity,
): Promise<HeldIdentity | undefined> {
  const now = directory.now?.()
  if (now === undefined) return undefined
  const certificatePem = await directory.files.readTextIfPresent(assumedCertificatePath(directory.path, profile.proxyHost, profile.user))
  if (certificatePem === undefined) return undefined
  try {
    const held = heldIdentity({ ...login.keyPair, certificatePem })
    const isSameLogin = held.identity.user === login.identity.user && held.identity.cluster === login.identity.cluster
    return isSameLogin && now < held.validUntil && now < login.validUntil ? held : undefined
  } catch {
    return undefined // of an earlier login, whose key is gone
  }
}

export async function writeAssumedCertificate(directory: ProfileDirectory, profile: Profile, certificatePem: string): Promise<void> {
  await directory.files.writeText(assumedCertificatePath(directory.path, profile.proxyHost, profile.user), certificatePem, privateMode)
}

export async function removeAssumedCertificate(directory: ProfileDirectory, profile: Profile): Promise<void> {
  await directory.files.remove(assumedCertificatePath(directory.path, profile.proxyHost, profile.user))
}

/** The host authorities of the profile's cluster, which vouch for its proxies and agents. */
export async function readHostAuthorities(directory: ProfileDirectory, profile: Profile): Promise<readonly string[]> {
  const text = await directory.files.readTextIfPresent(authoritiesPath(directory.path, profile.proxyHost, profile.cluster))
  return text?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? []
}

export async function writeHostAuthorities(directory: ProfileDirectory, profile: Profile, pems: readonly string[]): Promise<void> {
  const text = pems.map((pem) => (pem.endsWith('\n') ? pem : `${pem}\n`)).join('')
  await directory.files.writeText(authoritiesPath(directory.path, profile.proxyHost, profile.cluster), text, privateMode)
}

/** The stored credentials for a database; undefined where there are none, or where they are broken and must be fetched again. */
export async function readDatabaseKeys(directory: ProfileDirectory, profile: Profile, database: string): Promise<HeldIdentity | undefined> {
  const keyPair = await readKeyPair(directory, databasePaths(directory.path, profile, database))
  if (keyPair === undefined) return undefined
  try {
    const held = heldIdentity(keyPair)
    return held.identity.route?.service === database ? held : undefined
  } catch {
    return undefined // two commands may have stored a key and a certificate over each other
  }
}

export async function writeDatabaseKeys(
  directory: ProfileDirectory,
  profile: Profile,
  database: string,
  keyPair: KeyPairPem,
): Promise<void> {
  await writeKeyPair(directory, databasePaths(directory.path, profile, database), keyPair)
}

/** Names of the databases with stored credentials, expired ones included, sorted. */
export async function listDatabaseKeys(directory: ProfileDirectory, profile: Profile): Promise<readonly string[]> {
  const folder = clusterDatabasesPath(directory.path, profile.proxyHost, profile.user, profile.cluster)
  const files = await directory.files.list(folder)
  return files
    .filter((name) => name.endsWith('.crt'))
    .map((name) => nameOfFile(name.slice(0, -'.crt'.length)))
    .filter((name) => name !== undefined)
    .sort()
}

export async function removeDatabaseKeys(directory: ProfileDirectory, profile: Profile, database: string): Promise<void> {
  const paths = databasePaths(directory.path, profile, database)
  await directory.files.remove(paths.key)
  await directory.files.remove(paths.certificate)
}

/** What a key pair of a person stands for; throws when the two do not belong together or the certificate is no person's. */
export function heldIdentity(keyPair: KeyPairPem): HeldIdentity {
  const certificate = new X509Certificate(keyPair.certificatePem)
  if (!certificate.checkPrivateKey(createPrivateKey(keyPair.privateKeyPem))) {
    throw new TypeError('the certificate does not belong to the key beside it')
  }
  const identity = identityFromCertificate(certificate)
  if (identity.kind !== 'user') throw new TypeError('the certificate is not one of a person')
  return { keyPair, identity, validFrom: certificate.validFromDate, validUntil: certificate.validToDate }
}

async function readKeyPair(directory: ProfileDirectory, paths: KeyPairPaths): Promise<KeyPairPem | undefined> {
  const certificatePem = await directory.files.readTextIfPresent(paths.certificate)
  const privateKeyPem = await directory.files.readTextIfPresent(paths.key)
  return certificatePem === undefined || privateKeyPem === undefined ? undefined : { certificatePem, privateKeyPem }
}

async function writeKeyPair(directory: ProfileDirectory, paths: KeyPairPaths, keyPair: KeyPairPem): Promise<void> {
  await directory.files.writeText(paths.key, keyPair.privateKeyPem, privateMode)
  await directory.files.writeText(paths.certificate, keyPair.certificatePem, privateMode)
}
