/** The profiles of one person on disk: which proxies, which one is current. Keys and certificates are in `stored-keys.ts`. */
import { PortunusError, type Files } from '#foundation'
import { assumedCertificatePath, currentProfilePath, keysPath, loginPaths, profilePath, userDatabasesPath } from './profile-paths.ts'
import { parseProfile, printProfile, type Profile } from './profile-document.ts'

/** A directory of profiles; the files of all rooms below share it. */
export interface ProfileDirectory {
  readonly files: Files
  readonly path: string
  /** Without it, what access requests granted is not looked for. */
  readonly now?: () => Date
}

const privateMode = { mode: 0o600, directoryMode: 0o700 } as const

/** The profile of the proxy, or the current one; undefined where there is none. Throws PROFILE_UNREADABLE. */
export async function readProfile(directory: ProfileDirectory, proxyHost?: string): Promise<Profile | undefined> {
  const host = proxyHost ?? (await currentProxyHost(directory))
  if (host === undefined) return undefined
  const path = profilePath(directory.path, host)
  const text = await directory.files.readTextIfPresent(path)
  return text === undefined ? undefined : parseProfile(text, path)
}

/** The name in `current-profile`, if any. */
export async function currentProxyHost(directory: ProfileDirectory): Promise<string | undefined> {
  const text = await directory.files.readTextIfPresent(currentProfilePath(directory.path))
  const host = text?.trim() ?? ''
  return host === '' ? undefined : host
}

/** All profiles, sorted by proxy host. Throws PROFILE_UNREADABLE for the first one that cannot be read. */
export async function listProfiles(directory: ProfileDirectory): Promise<readonly Profile[]> {
  const profiles: Profile[] = []
  for (const name of await directory.files.list(directory.path)) {
    if (!name.endsWith('.yaml')) continue
    const path = `${directory.path}/${name}`
    const information = await directory.files.information(path)
    if (information?.kind !== 'file') continue
    profiles.push(parseProfile(await directory.files.readText(path), path))
  }
  return profiles
}

export async function writeProfile(directory: ProfileDirectory, profile: Profile): Promise<void> {
  await directory.files.writeText(profilePath(directory.path, profile.proxyHost), printProfile(profile), privateMode)
}

/** Makes the profile of this proxy the one that commands without `--proxy` use. */
export async function setCurrentProfile(directory: ProfileDirectory, proxyHost: string): Promise<void> {
  await directory.files.writeText(currentProfilePath(directory.path), `${proxyHost}\n`, privateMode)
}

/** Forgets one user of one proxy, keys first: a half-done logout must not leave a key behind. Tells whether there was anything. */
export async function removeUser(directory: ProfileDirectory, proxyHost: string, user: string): Promise<boolean> {
  const { files, path } = directory
  const login = loginPaths(path, proxyHost, user)
  const known = (await files.information(login.key)) !== undefined || (await files.information(login.certificate)) !== undefined
  await files.remove(login.key)
  await files.remove(login.certificate)
  await files.remove(assumedCertificatePath(path, proxyHost, user))
  await files.removeDirectory(userDatabasesPath(path, proxyHost, user))
  const profile = await readProfileLeniently(directory, proxyHost)
  if (profile === undefined || profile.user === user) await removeProfile(directory, proxyHost)
  return known
}

/** Forgets every user of every proxy; what cannot be read is removed as well, files of other programs are left alone. */
export async function removeAllUsers(directory: ProfileDirectory): Promise<void> {
  const { files, path } = directory
  for (const name of await files.list(`${path}/keys`)) {
    if ((await files.list(`${path}/keys/${name}`)).includes('cas')) await files.removeDirectory(`${path}/keys/${name}`)
  }
  for (const name of await files.list(path)) {
    if (name.endsWith('.yaml') && (await isProfile(directory, name))) await files.remove(`${path}/${name}`)
  }
  await files.remove(currentProfilePath(path))
}

/** Whether a YAML file is one of ours: TELEPORT_HOME may point to a directory with other things in it. */
async function isProfile(directory: ProfileDirectory, name: string): Promise<boolean> {
  const path = `${directory.path}/${name}`
  if ((await directory.files.information(path))?.kind !== 'file') return false
  return (await directory.files.readText(path)).includes('web_proxy_addr')
}

async function removeProfile(directory: ProfileDirectory, proxyHost: string): Promise<void> {
  const { files, path } = directory
  await files.remove(profilePath(path, proxyHost))
  if ((await currentProxyHost(directory)) === proxyHost) await files.remove(currentProfilePath(path))
  const remaining = await files.list(keysPath(path, proxyHost))
  if (!remaining.some((name) => name.endsWith('.key'))) await files.removeDirectory(keysPath(path, proxyHost))
}

async function readProfileLeniently(directory: ProfileDirectory, proxyHost: string): Promise<Profile | undefined> {
  try {
    return await readProfile(directory, proxyHost)
  } catch (error) {
    if (error instanceof PortunusError && error.code === 'PROFILE_UNREADABLE') return undefined
    throw error
  }
}
