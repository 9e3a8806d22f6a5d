/** One PostgreSQL server of our own: made in a temporary directory, run as a child, gone without a trace afterwards. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { PortunusError, Secret, messageOf } from '#foundation'
import { listenOnLoopback } from '../listen.ts'
import { findBinaries } from './binaries.ts'
import type { PostgresBinaries } from './binaries.ts'
import { guardDirectory } from './guard.ts'
import { findOperatingSystemUser } from './operating-system-user.ts'
import type { OperatingSystemUser } from './operating-system-user.ts'

export const superuserName = 'lab_superuser'

export interface PostgresServer extends AsyncDisposable {
  /** Where other files of the lab may go; removed with the server. */
  readonly directory: string
  /** Directory of the Unix socket; only this process's user (and root) reaches it, and it asks for no password. */
  readonly socketDirectory: string
  readonly port: number
  readonly superuserPassword: Secret<string>
  /** Resolves with the reason if the server ends before it is disposed of. */
  readonly ended: Promise<PortunusError>
}

const startMilliseconds = 30_000
const stopMilliseconds = 5000

// A lab may lose its data with the machine's power, and should start fast and small.
const settings = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '32MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  io_method: 'sync',
  autovacuum: 'off',
  jit: 'off',
  timezone: 'UTC',
  lc_messages: 'C',
  unix_socket_permissions: '0700',
}

/** Throws LAB_POSTGRES_MISSING, LAB_OS_USER_MISSING or LAB_POSTGRES_FAILED with what PostgreSQL said. */
export async function openPostgres(): Promise<PostgresServer> {
  await using opened = new AsyncDisposableStack()
  const user = await findOperatingSystemUser()
  const directory = await mkdtemp(join(tmpdir(), 'portunus-lab-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  opened.use(guardDirectory(directory))
  // Others may pass through to the CA file and to PostgreSQL's own directories, but not look around.
  await chmod(directory, 0o711)
  const socketDirectory = join(directory, 'run')
  await makeDirectory(socketDirectory, user)
  const binaries = await findBinaries({ user, scratchDirectory: directory })
  const superuserPassword = new Secret(randomBytes(16).toString('hex'))
  await initialise(binaries, { user, directory, superuserPassword })
  const port = await freePort()
  const child = await start(binaries, { user, directory, socketDirectory, port })
  opened.use({ [Symbol.asyncDispose]: () => stop(child.process) })
  const owned = opened.move()
  return { directory, socketDirectory, port, superuserPassword, ended: child.ended, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function makeDirectory(path: string, user: OperatingSystemUser | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 })
  if (user !== undefined) await chown(path, user.uid, user.gid)
}

interface InitialiseOptions {
  readonly user: OperatingSystemUser | undefined
  readonly directory: string
  readonly superuserPassword: Secret<string>
}

async function initialise(binaries: PostgresBinaries, { user, directory, superuserPassword }: InitialiseOptions): Promise<void> {
  const data = join(directory, 'data')
  await makeDirectory(data, user)
  const passwordFile = join(directory, 'run', 'superuser-password')
  await writeOwned(passwordFile, `${superuserPassword.reveal()}\n`, user)
  const given = ['-D', data, '-U', superuserName, '-E', 'UTF8', '--no-locale', '--no-sync', '--pwfile', passwordFile]
  const methods = ['--auth-local=trust', '--auth-host=scram-sha-256']
  await promisify(execFile)(binaries.initdb, [...given, ...methods], { ...identityOf(user), cwd: directory }).catch((cause: unknown) => {
    const said = cause instanceof Object && 'stderr' in cause ? String(cause.stderr).trim() : messageOf(cause)
    throw postgresFailed(`initdb failed: ${said}`, 'set TMPDIR to a directory every user can enter', cause)
  })
  await rm(passwordFile)
  // Over TCP only the superuser and its password; everybody else comes through the Redshift stand-in.
  const rules = ['local all all trust', `host all ${superuserName} 127.0.0.1/32 scram-sha-256`, '']
  await writeOwned(join(data, 'pg_hba.conf'), rules.join('\n'), user)
}

async function writeOwned(path: string, text: string, user: OperatingSystemUser | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  if (user !== undefined) await chown(path, user.uid, user.gid)
}

interface StartOptions {
  readonly user: OperatingSystemUser | undefined
  readonly directory: string
  readonly socketDirectory: string
  readonly port: number
}

interface StartedPostgres {
  readonly process: ChildProcess
  readonly ended: Promise<PortunusError>
}

async function start(binaries: PostgresBinaries, options: StartOptions): Promise<StartedPostgres> {
  const { user, directory, socketDirectory, port } = options
  const wanted = { ...settings, port: String(port), unix_socket_directories: socketDirectory }
  const arguments_ = ['-D', join(directory, 'data'), ...Object.entries(wanted).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  // Detached: a Ctrl-C in the terminal is the lab's to handle.
  const child = spawn(binaries.postgres, arguments_, {
    ...identityOf(user),
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lastLines: string[] = []
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<'ready'>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line)
    if (lastLines.length > 20) lastLines.shift()
    if (line.includes('database system is ready to accept connections')) becomeReady('ready')
  })
  const ended = new Promise<PortunusError>((resolve) => {
    child.once('error', (cause) => resolve(postgresFailed(messageOf(cause), undefined, cause)))
    child.once('close', (code, signal) =>
      resolve(postgresFailed(`the server ended (${signal ?? `exit code ${code}`}): ${lastLines.slice(-3).join(' | ')}`, undefined)),
    )
  })
  const { promise: late, resolve: becomeLate } = Promise.withResolvers<PortunusError>()
  const timer = setTimeout(() => becomeLate(postgresFailed(`not ready after ${startMilliseconds / 1000} s`, undefined)), startMilliseconds)
  const first = await Promise.race([ready, ended, late])
  clearTimeout(timer)
  if (first === 'ready') return { process: child, ended }
  await stop(child)
  throw first
}

/** Asks for a fast shutdown, insists after a while. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
  await exited
  clearTimeout(timer)
}

/** A port that was free a moment ago: PostgreSQL cannot choose one itself. */
async function freePort(): Promise<number> {
  const probe = createServer()
  const port = await listenOnLoopback(probe, 0)
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function identityOf(user: OperatingSystemUser | undefined) {
  return {
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
  }
}

function postgresFailed(state: string, hint: string | undefined, cause?: unknown): PortunusError {
  return new PortunusError('LAB_POSTGRES_FAILED', `Cannot run PostgreSQL for the lab: ${state}`, { category: 'unavailable', hint, cause })
}
