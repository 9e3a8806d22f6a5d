/** The local port that a database had before, so that the settings of other programs stay true. */
import type { ProfileDirectory } from './profile-directory.ts'
import type { Profile } from './profile-document.ts'
import { fileName } from './profile-paths.ts'

const privateMode = { mode: 0o600, directoryMode: 0o700 } as const
const portMax = 65_535

export async function readStablePort(directory: ProfileDirectory, profile: Profile, database: string): Promise<number | undefined> {
  const text = await directory.files.readTextIfPresent(pathOf(directory, profile, database))
  const port = Number(text?.trim() ?? '')
  return Number.isInteger(port) && port > 0 && port <= portMax ? port : undefined
}

export async function writeStablePort(directory: ProfileDirectory, profile: Profile, database: string, port: number): Promise<void> {
  await directory.files.writeText(pathOf(directory, profile, database), `${port}\n`, privateMode)
}

/** Not below `keys`, which a logout clears. */
function pathOf({ path }: ProfileDirectory, { proxyHost, cluster }: Profile, database: string): string {
  return `${path}/local-ports/${fileName(proxyHost)}/${fileName(cluster)}/${fileName(database)}`
}
