/** The C proxies to compare with, configured as shortly as they allow; each is left out where it is not installed. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findOperatingSystemUser } from '../lab/postgres/operating-system-user.ts'
import { freePorts } from '../lab/stage/stage.ts'
import { databaseName, databasePassword, databaseUser, type BenchPostgres } from './bench-postgres.ts'
import type { Target, TargetName } from './target.ts'

const programs = { haproxy: 'haproxy', stunnel: 'stunnel', pgbouncer: 'pgbouncer' } as const
const startMilliseconds = 10_000

/** Everything the relays need of the database's certificate, in files any user can read. */
async function peerDirectory(postgres: BenchPostgres, name: string): Promise<{ directory: string; pem: string }> {
  const directory = join(postgres.directory, name)
  await mkdir(directory)
  await chmod(directory, 0o755)
  const pem = join(directory, 'server.pem')
  const [certificate, key] = await Promise.all([readFile(postgres.certificateFile, 'utf8'), readFile(postgres.keyFile, 'utf8')])
  await writeFile(pem, certificate + key, { mode: 0o644 })
  return { directory, pem }
}

/** The database itself, over TLS. */
export function openDirect(postgres: BenchPostgres): Target {
  const environment = { PGPORT: String(postgres.port), PGSSLMODE: 'require', PGPASSWORD: databasePassword }
  return { name: 'direct', environment, processes: {}, async [Symbol.asyncDispose]() {} }
}

/** One haproxy, TLS in and out. It cannot answer an SSLRequest, so its clients are made not to ask (direct-tls-shim.c). */
export async function openHaproxy(postgres: BenchPostgres): Promise<Target> {
  const { directory, pem } = await peerDirectory(postgres, 'haproxy')
  const shim = join(directory, 'direct-tls-shim.so')
  const source = fileURLToPath(new URL('direct-tls-shim.c', import.meta.url))
  await promisify(execFile)('cc', ['-O2', '-shared', '-fPIC', '-o', shim, source, '-ldl'])
  const [port = 0] = await freePorts(1)
  const configuration = join(directory, 'haproxy.cfg')
  await writeFile(
    configuration,
    `global
  maxconn 4000
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:${port} ssl crt ${pem}
  server database 127.0.0.1:${postgres.port} ssl verify required ca-file ${postgres.caFile} alpn postgresql
`,
  )
  const child = spawn(programs.haproxy, ['-q', '-f', configuration], { stdio: ['ignore', 'inherit', 'inherit'] })
  const environment = { PGPORT: String(port), PGSSLMODE: 'require', PGPASSWORD: databasePassword, LD_PRELOAD: shim }
  return await peer('haproxy', { environment, ports: [port], children: [child] })
}

/** A pair of stunnels: one ends the clients' TLS, clear text between them, the other opens TLS to the database. */
export async function openStunnelPair(postgres: BenchPostgres): Promise<Target> {
  const { directory, pem } = await peerDirectory(postgres, 'stunnel')
  const [near = 0, far = 0] = await freePorts(2)
  const common = ['foreground = yes', 'syslog = no', 'debug = 2', 'pid =', '[bench]', 'protocol = pgsql', 'TIMEOUTidle = 43200']
  const sides = {
    near: [...common, `accept = 127.0.0.1:${near}`, `connect = 127.0.0.1:${far}`, `cert = ${pem}`],
    far: [
      ...common,
      'client = yes',
      `accept = 127.0.0.1:${far}`,
      `connect = 127.0.0.1:${postgres.port}`,
      `CAfile = ${postgres.caFile}`,
      'verifyChain = yes',
    ],
  }
  const children: ChildProcess[] = []
  for (const [side, lines] of Object.entries(sides)) {
    const path = join(directory, `${side}.conf`)
    await writeFile(path, `${lines.join('\n')}\n`)
    children.push(spawn(programs.stunnel, [path], { stdio: ['ignore', 'ignore', 'ignore'] }))
  }
  const environment = { PGPORT: String(near), PGSSLMODE: 'require', PGPASSWORD: databasePassword }
  return await peer('stunnel', { environment, ports: [near, far], children })
}

/** pgbouncer in session mode, TLS in and out. It keeps server connections, so its connect rate is another thing. */
export async function openPgbouncer(postgres: BenchPostgres): Promise<Target> {
  const { directory, pem } = await peerDirectory(postgres, 'pgbouncer')
  const [port = 0] = await freePorts(1)
  const users = join(directory, 'users.txt')
  await writeFile(users, `"${databaseUser}" "${databasePassword}"\n`, { mode: 0o644 })
  const configuration = join(directory, 'pgbouncer.ini')
  await writeFile(
    configuration,
    `[databases]
${databaseName} = host=127.0.0.1 port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = md5
auth_file = ${users}
pool_mode = session
default_pool_size = 600
max_client_conn = 4000
client_tls_sslmode = require
client_tls_cert_file = ${pem}
client_tls_key_file = ${pem}
server_tls_sslmode = verify-ca
server_tls_ca_file = ${postgres.caFile}
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
`,
  )
  // pgbouncer, like PostgreSQL, refuses to be root.
  const user = await findOperatingSystemUser()
  if (user !== undefined) await chown(directory, user.uid, user.gid)
  const child = spawn(programs.pgbouncer, ['-q', configuration], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  })
  const environment = { PGPORT: String(port), PGSSLMODE: 'require', PGPASSWORD: databasePassword }
  return await peer('pgbouncer', { environment, ports: [port], children: [child] })
}

interface PeerParts {
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly number[]
  readonly children: readonly ChildProcess[]
}

async function peer(name: TargetName, { environment, ports, children }: PeerParts): Promise<Target> {
  const stop = async (): Promise<void> => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    }
  }
  try {
    const started = Promise.all(ports.map(listens))
    const failed = new Promise<never>((_, reject) => {
      for (const child of children) {
        child.once('error', reject)
        child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
      }
    })
    await Promise.race([started, failed])
  } catch (error) {
    await stop()
    throw error
  }
  const processes = Object.fromEntries(children.map((child, index) => [`${name}${index === 0 ? '' : index + 1}`, child.pid ?? 0]))
  return { name, environment, processes, [Symbol.asyncDispose]: stop }
}

async function listens(port: number): Promise<void> {
  const until = Date.now() + startMilliseconds
  while (Date.now() < until) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}

/** A peer that cannot be started is left out, and said so. */
export async function tryToOpen(name: TargetName, open: () => Promise<Target>): Promise<Target | undefined> {
  try {
    return await open()
  } catch (error) {
    console.error(`skipped ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
