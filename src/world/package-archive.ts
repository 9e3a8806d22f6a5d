/** The installed package of this very program as one archive, for hosts that install it from a proxy. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PortunusError, messageOf } from '#foundation'

export interface PackageArchive extends AsyncDisposable {
  /** `linux-x64` and the like. */
  readonly platform: string
  /** Makes the archive at the first call; later calls share it. */
  package(): Promise<{ readonly sha256: string; readonly sizeBytes: number; readonly open: () => ReadableStream<Uint8Array> }>
}

/** Undefined where there is nothing to serve: the programs have not been bundled. */
export function openPackageArchive(packageDirectory: string): PackageArchive | undefined {
  if (!existsSync(join(packageDirectory, 'dist', 'teleport-main.js'))) return undefined
  let made: Promise<MadeArchive> | undefined
  return {
    platform: `${process.platform}-${process.arch}`,
    async package() {
      made ??= makeArchive(packageDirectory)
      made.catch(() => (made = undefined)) // the next request tries again
      const { path, sha256, sizeBytes } = await made
      return { sha256, sizeBytes, open: () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array> }
    },
    async [Symbol.asyncDispose]() {
      const archive = await made?.catch(() => undefined)
      if (archive !== undefined) await rm(dirname(archive.path), { recursive: true, force: true })
    },
  }
}

interface MadeArchive {
  readonly path: string
  readonly sha256: string
  readonly sizeBytes: number
}

async function makeArchive(packageDirectory: string): Promise<MadeArchive> {
  const directory = await mkdtemp(join(tmpdir(), 'portunus-package-'))
  const path = join(directory, 'package.tar.gz')
  // The launchers look for their runtime at this place inside the package.
  const runtime = `node_modules/node-${process.platform}-${process.arch}/bin/node`
  // The runtime is most of it; packing it harder costs seconds and saves little.
  const args = [
    '-I',
    'gzip -1',
    '-cf',
    path,
    '--owner=0',
    '--group=0',
    '--dereference',
    '-C',
    packageDirectory,
    'bin',
    'dist',
    'package.json',
    'LICENSE',
  ]
  await runTar([...args, `--transform=s,^${process.execPath.slice(1)}$,${runtime},`, '-P', '-C', '/', process.execPath.slice(1)])
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { path, sha256: hash.digest('hex'), sizeBytes: (await stat(path)).size }
}

function runTar(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(
        new PortunusError('PACKAGE_ARCHIVE_FAILED', `Cannot make the package for other hosts: ${messageOf(cause)}`, {
          category: 'unavailable',
          cause,
          hint: 'install GNU tar on the host of the proxy, or install there with npm',
        }),
      )
    const child = spawn('tar', [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8').slice(0, 1000)))
    child.once('error', fail)
    child.once('close', (code) => (code === 0 ? resolve() : fail(new Error(said.trim() || `tar ended with ${code}`))))
  })
}
