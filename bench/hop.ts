/** Starts the Database Service alone in front of the database, with certificates made for it and for its one client. */
import { randomBytes, randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  agentServerName,
  createCertificateAuthority,
  generateKeyPair,
  issueCertificate,
  type CertificateAuthorityType,
  type HostIdentity,
  type UserIdentity,
} from '#certificates'
import { parseDatabase, parseRole } from '#resources'
import { databasePassword, databaseUser, type BenchPostgres } from './bench-postgres.ts'
import type { HopConfiguration } from './hop-process.ts'
import type { Target } from './target.ts'

const cluster = 'bench.portunus.internal'
const hourMilliseconds = 3_600_000

export interface HopOptions {
  readonly isAudited: boolean
  readonly profileDirectory?: string | undefined
}

export async function openHop(postgres: BenchPostgres, options: HopOptions): Promise<Target> {
  const name = options.isAudited ? 'hop' : 'hop-silent'
  const directory = join(postgres.directory, name)
  await mkdir(directory, { mode: 0o700 })
  const { configuration, clientCertificatePem, clientKeyPem } = await makeConfiguration(postgres, directory, options)
  await writeFile(join(directory, 'client.crt'), clientCertificatePem)
  await writeFile(join(directory, 'client.key'), clientKeyPem, { mode: 0o600 })
  const profiling = options.profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDirectory}`]
  const child = spawn(process.execPath, [...profiling, fileURLToPath(new URL('hop-process.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the hop ended with ${code}`)))
    child.stdout.once('data', (said: Buffer) => resolve(Number(/listening on (\d+)/.exec(said.toString())?.[1])))
    child.stdin.end(JSON.stringify(configuration))
  })
  return {
    name,
    environment: {
      PGPORT: String(port),
      PGSSLMODE: 'require',
      PGSSLCERT: join(directory, 'client.crt'),
      PGSSLKEY: join(directory, 'client.key'),
    },
    processes: { agent: child.pid ?? 0 },
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function makeConfiguration(postgres: BenchPostgres, directory: string, { isAudited }: HopOptions) {
  const [hostAuthority, userAuthority] = await Promise.all([makeAuthority('host'), makeAuthority('user')])
  const [hostKeys, clientKeys] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const hostId = randomUUID()
  const identity: HostIdentity = { kind: 'host', hostId, hostname: 'bench', cluster, roles: ['Db'], certificateId: randomUUID() }
  const person: UserIdentity = {
    kind: 'user',
    user: 'bench',
    roles: ['bench'],
    traits: {},
    cluster,
    usage: 'db',
    route: { service: 'bench', protocol: 'postgres', user: databaseUser, name: 'bench' },
    certificateId: randomUUID(),
  }
  const common = { ...validity(), serial: randomBytes(16) }
  const hostCertificatePem = await issueCertificate({
    ...common,
    authority: hostAuthority,
    publicKeyPem: hostKeys.publicKeyPem,
    commonName: hostId,
    identity,
    dnsNames: [agentServerName(hostId, cluster)],
    usages: ['server', 'client'],
  })
  const clientCertificatePem = await issueCertificate({
    ...common,
    authority: userAuthority,
    publicKeyPem: clientKeys.publicKeyPem,
    commonName: 'bench',
    identity: person,
    usages: ['client'],
  })
  const configuration: HopConfiguration = {
    host: { certificatePem: hostCertificatePem, privateKeyPem: hostKeys.privateKeyPem },
    identity,
    userAuthorityPem: userAuthority.certificatePem,
    database: benchDatabase(postgres),
    roles: [benchRole()],
    login: { user: databaseUser, password: databasePassword },
    journalDirectory: directory,
    isAudited,
  }
  return { configuration, clientCertificatePem, clientKeyPem: clientKeys.privateKeyPem }
}

function makeAuthority(type: CertificateAuthorityType) {
  return createCertificateAuthority({ type, cluster, ...validity(), serial: randomBytes(16) })
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - hourMilliseconds), notAfter: new Date(Date.now() + 24 * hourMilliseconds) }
}

function benchDatabase(postgres: BenchPostgres) {
  return parseDatabase({
    kind: 'db',
    version: 'v3',
    metadata: { name: 'bench' },
    spec: {
      protocol: 'postgres',
      uri: `localhost:${postgres.port}`,
      tls: { ca_cert: postgres.caPem },
      aws: { region: 'us-east-1', account_id: '123456789012', redshift: { cluster_id: 'bench' } },
    },
  })
}

function benchRole() {
  return parseRole({
    kind: 'role',
    version: 'v7',
    metadata: { name: 'bench' },
    spec: { allow: { db_labels: { '*': '*' }, db_users: ['*'], db_names: ['*'] } },
  })
}
