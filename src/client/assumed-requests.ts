/** What access requests granted, kept beside the login it came from: dropped, or over, the login is there as it was. */
import { X509Certificate } from 'node:crypto'
import { messageOf } from '#foundation'
import { openAuthority } from './authority-connection.ts'
import type { ClientWorld } from './ports.ts'
import type { ProfileDirectory } from './profile-directory.ts'
import { unreadable } from './profile-document.ts'
import { assumedCertificatePath } from './profile-paths.ts'
import {
  heldIdentity,
  listDatabaseKeys,
  readDatabaseKeys,
  removeAssumedCertificate,
  removeDatabaseKeys,
  writeAssumedCertificate,
} from './stored-keys.ts'
import type { Login } from './stored-login.ts'

/** The ids of the requests the login has assumed now. */
export function activeRequestsOf({ held }: Login): readonly string[] {
  return held.identity.activeRequests ?? []
}

/** The same login without what requests granted. */
export function baseOf(login: Login): Login {
  return { ...login, held: login.base }
}

/** Adds what these requests granted to what is assumed already. Throws the authority's refusal. */
export async function assumeRequests(
  world: ClientWorld,
  directory: ProfileDirectory,
  request: { readonly login: Login; readonly ids: readonly string[] },
): Promise<Login> {
  const { login } = request
  return await assumeExactly(world, directory, { login, ids: [...new Set([...activeRequestsOf(login), ...request.ids])] })
}

/** Gives back what these requests granted, or all; the names of the databases whose credentials went with it. */
export async function dropRequests(
  world: ClientWorld,
  directory: ProfileDirectory,
  request: { readonly login: Login; readonly ids: readonly string[] | 'all' },
): Promise<{ readonly login: Login; readonly databases: readonly string[] }> {
  const { login, ids } = request
  const remaining = ids === 'all' ? [] : activeRequestsOf(login).filter((id) => !ids.includes(id))
  if (remaining.length === 0) await removeAssumedCertificate(directory, login.profile)
  const dropped = remaining.length === 0 ? baseOf(login) : await assumeExactly(world, directory, { login, ids: remaining })
  return { login: dropped, databases: await removeElevatedDatabaseKeys(directory, login) }
}

async function assumeExactly(
  world: ClientWorld,
  directory: ProfileDirectory,
  { login, ids }: { readonly login: Login; readonly ids: readonly string[] },
): Promise<Login> {
  const { keyPair } = login.base
  const publicKeyPem = new X509Certificate(keyPair.certificatePem).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  // With the login itself: what was assumed before may be over sooner.
  await using connection = await openAuthority(world, baseOf(login))
  const { certificatePem } = await connection.authority.assumeAccessRequests({ publicKeyPem, ids: [...ids] })
  try {
    const held = heldIdentity({ ...keyPair, certificatePem })
    await writeAssumedCertificate(directory, login.profile, certificatePem)
    return { ...login, held }
  } catch (error) {
    throw unreadable(assumedCertificatePath(directory.path, login.profile.proxyHost, login.profile.user), messageOf(error))
  }
}

async function removeElevatedDatabaseKeys(directory: ProfileDirectory, { profile }: Login): Promise<readonly string[]> {
  const removed: string[] = []
  for (const name of await listDatabaseKeys(directory, profile)) {
    const keys = await readDatabaseKeys(directory, profile, name)
    if ((keys?.identity.activeRequests?.length ?? 0) === 0) continue
    await removeDatabaseKeys(directory, profile, name)
    removed.push(name)
  }
  return removed
}
