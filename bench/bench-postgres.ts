/** The database behind every path: a PostgreSQL of our own with TLS on, made in a temporary directory. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { makeCertificates } from '../lab/certificates.ts'
import { findBinaries } from '../lab/postgres/binaries.ts'
import { findOperatingSystemUser, type OperatingSystemUser } from '../lab/postgres/operating-system-user.ts'
import { freePorts } from '../lab/stage/stage.ts'

/** Both users may log in with this password and own nothing but the benchmark's tables. */
export const databasePassword = 'bench-password'
export const databaseUser = 'bench'
/** As whom Redshift's credentials call would let `bench` in. */
export const issuedUser = 'IAM:bench'
export const databaseName = 'bench'

export interface BenchPostgres extends AsyncDisposable {
  readonly directory: string
  readonly port: number
  readonly caFile: string
  readonly caPem: string
  /** Certificate and key for the peers that end TLS themselves: the same P-256 key, so that handshakes cost the same. */
  readonly certificateFile: string
  readonly keyFile: string
}

const settings = {
  listen_addresses: '127.0.0.1',
  max_connections: '2300',
  shared_buffers: '512MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  io_method: 'sync',
  autovacuum: 'off',
  jit: 'off',
  password_encryption: 'md5',
  md5_password_warnings: 'off',
  ssl: 'on',
}

export async function openBenchPostgres(options: { readonly scale: number }): Promise<BenchPostgres> {
  await using opened = new AsyncDisposableStack()
  const user = await findOperatingSystemUser()
  const directory = await mkdtemp(join(tmpdir(), 'portunus-bench-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  await chmod(directory, 0o711)
  const binaries = await findBinaries({ user, scratchDirectory: directory })
  const data = join(directory, 'data')
  await mkdir(data, { mode: 0o700 })
  await ownedBy(data, user)
  const initdb = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '--no-sync', '--auth=trust']
  await promisify(execFile)(binaries.initdb, initdb, { ...identityOf(user), cwd: directory })
  const certificates = await makeCertificates({ dns: ['localhost'], ip: ['127.0.0.1'] })
  const files = {
    caFile: await writeOwned(join(directory, 'ca.pem'), certificates.authorityPem, user, 0o644),
    certificateFile: await writeOwned(join(data, 'server.crt'), certificates.certificatePem, user, 0o600),
    keyFile: await writeOwned(join(data, 'server.key'), certificates.privateKeyPem, user, 0o600),
  }
  const rules = ['local all all trust', 'host all all 127.0.0.1/32 md5', ''].join('\n')
  await writeOwned(join(data, 'pg_hba.conf'), rules, user, 0o600)
  const [port = 0] = await freePorts(1)
  const wanted = { ...settings, port: String(port), unix_socket_directories: directory }
  await ownedBy(directory, user)
  const args = ['-D', data, ...Object.entries(wanted).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawn(binaries.postgres, args, { ...identityOf(user), cwd: directory, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  opened.defer(() => stop(child))
  await ready(child)
  await fill({ directory, port, scale: options.scale })
  const lifetime = opened.move()
  return { directory, port, ...files, caPem: certificates.authorityPem, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

/** Runs SQL as the superuser. */
export async function asSuperuser(postgres: { readonly directory: string; readonly port: number }, sql: string, database = databaseName) {
  const args = [
    '-X',
    '-q',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    postgres.directory,
    '-p',
    String(postgres.port),
    '-U',
    'postgres',
    '-d',
    database,
  ]
  const { stdout } = await promisify(execFile)('psql', [...args, '-At', '-c', sql])
  return stdout
}

async function fill(options: { readonly directory: string; readonly port: number; readonly scale: number }): Promise<void> {
  for (const user of [databaseUser, issuedUser]) {
    await asSuperuser(options, `CREATE USER "${user}" PASSWORD '${databasePassword}'`, 'postgres')
  }
  await asSuperuser(options, `CREATE DATABASE ${databaseName}`, 'postgres')
  const pgbench = ['-i', '-q', '-s', String(options.scale), '-h', options.directory, '-p', String(options.port), '-U', 'postgres']
  await promisify(execFile)('pgbench', [...pgbench, databaseName])
  await asSuperuser(
    options,
    `CREATE UNLOGGED TABLE bench_in (aid int, bid int, abalance int, filler text);
     GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC`,
  )
  await asSuperuser(options, 'VACUUM ANALYZE')
}

async function ready(child: ChildProcess): Promise<void> {
  const lines: string[] = []
  if (child.stderr === null) throw new Error('PostgreSQL has no standard error')
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line)
    if (!line.includes('database system is ready to accept connections')) continue
    child.stderr.resume()
    return
  }
  throw new Error(`PostgreSQL did not start:\n${lines.join('\n')}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), 5000)
  await exited
  clearTimeout(timer)
}

function identityOf(user: OperatingSystemUser | undefined) {
  return {
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
  }
}

async function writeOwned(path: string, text: string, user: OperatingSystemUser | undefined, mode: number): Promise<string> {
  await writeFile(path, text, { mode })
  await ownedBy(path, user)
  return path
}

async function ownedBy(path: string, user: OperatingSystemUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid)
}
