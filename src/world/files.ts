/** Files of the machine as the Files port: atomic writes, private modes, and errors that name the path. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PortunusError, messageOf, type Files } from '#foundation'

export const nodeFiles: Files = {
  readText: (path) => attempt('read', path, () => readFile(path, 'utf8')),
  async readTextIfPresent(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw fileError('read', path, error)
    }
  },
  readBytes: (path) => attempt('read', path, async () => new Uint8Array(await readFile(path))),
  writeText: (path, text, options = {}) => attempt('write', path, () => writeText(path, text, options)),
  remove: (path) =>
    attempt('remove', path, async () => {
      await unlink(path).catch(ignoreMissing)
    }),
  removeDirectory: (path) => attempt('remove', path, () => rm(path, { recursive: true, force: true })),
  async list(path) {
    try {
      return (await readdir(path)).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw fileError('list', path, error)
    }
  },
  async information(path) {
    try {
      const found = await stat(path)
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
      return { kind, sizeBytes: found.size, mode: found.mode & 0o777, modifiedAt: found.mtime }
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
      throw fileError('look at', path, error)
    }
  },
}

interface WriteOptions {
  readonly mode?: number
  readonly exclusive?: boolean
  readonly directoryMode?: number
}

async function writeText(path: string, text: string, options: WriteOptions): Promise<void> {
  const mode = options.mode ?? 0o600
  await makeDirectory(dirname(path), options.directoryMode ?? 0o700).catch(tellFileInTheWay)
  if (options.exclusive === true) {
    await writeNew(path, text, mode)
    return
  }
  // Not the process id: in a container it is the same after a crash, and so would be the file that the crash left behind.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  try {
    await writeNew(temporary, text, mode)
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing)
    throw error
  }
}

/** `mkdir` calls a file that should be a directory an existing one, which reads as if the wanted file were there. */
function tellFileInTheWay(cause: unknown): never {
  throw codeOf(cause) === 'EEXIST' ? new Error('a part of the path is a file', { cause }) : cause
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode)
  try {
    await handle.writeFile(text)
    await handle.chmod(mode) // the process's umask may have taken bits away
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Step by step instead of `recursive: true`, which never ends where a file system says ENOENT to every new name (/proc). */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || (await isDirectory(parent))) throw error
    await makeDirectory(parent, mode)
    await mkdir(path, { mode }).catch((failure: unknown) => {
      if (codeOf(failure) !== 'EEXIST') throw failure
    })
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function attempt<T>(verb: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fileError(verb, path, error)
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function fileError(verb: string, path: string, cause: unknown): PortunusError {
  switch (codeOf(cause)) {
    case 'ENOENT':
      return new PortunusError('FILE_NOT_FOUND', `Cannot ${verb} "${path}": no such file`, {
        category: 'not-found',
        cause,
        hint: `check the path with: ls -l ${path}`,
      })
    case 'EACCES':
    case 'EPERM':
      return new PortunusError('FILE_ACCESS_DENIED', `Cannot ${verb} "${path}": permission denied`, {
        category: 'access-denied',
        cause,
        hint: 'run the command with sudo, or as the owner of the file',
      })
    case 'EEXIST':
      return new PortunusError('FILE_EXISTS', `Cannot ${verb} "${path}": the file exists already`, {
        category: 'already-exists',
        cause,
        hint: `remove it first: rm -f ${path}`,
      })
    case 'EISDIR':
      return new PortunusError('FILE_IS_DIRECTORY', `Cannot ${verb} "${path}": it is a directory`, {
        category: 'bad-input',
        cause,
        hint: 'name a file in it',
      })
    case 'ENOTDIR':
      return new PortunusError('FILE_PARENT_NOT_DIRECTORY', `Cannot ${verb} "${path}": a part of the path is a file`, {
        category: 'bad-input',
        cause,
        hint: `look at the parts with: namei ${path}`,
      })
    default:
      return new PortunusError('FILE_FAILED', `Cannot ${verb} "${path}": ${messageOf(cause)}`, { category: 'unavailable', cause })
  }
}
