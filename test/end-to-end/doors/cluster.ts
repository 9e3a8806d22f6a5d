/** A whole cluster in this process, with the lab behind it, and the private keys of its authorities, as only a test may hold them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLab, type Lab } from '../../../lab/lab.ts'
import {
  openCertificateAuthorities,
  type CertificateAuthorities,
  type CertificateAuthority,
} from '../../../src/authority/certificate-authorities.ts'
import { openSealedBox } from '../../../src/authority/sealed-box.ts'
import { createAuthorityClient, type AuthorityClient } from '#authority-api'
import { authorityServerName } from '#certificates'
import { startTeleportService } from '#composition'
import { defaultConfiguration, type TeleportConfiguration } from '#configuration'
import { Secret, fromHex, type Address, type Log } from '#foundation'
import type { Database } from '#resources'
import { openSqliteStore } from '#storage'
import { nodeClock, nodeNetwork, nodeRandomness, nodeTls, openHttp2Client, thisMachine } from '#world'

export const clusterName = 'doors.example.com'
export const service = 'my-redshift'

export interface Cluster extends AsyncDisposable {
  readonly lab: Lab
  /** The one port of the proxy, and the port of the authority. */
  readonly proxy: Address
  readonly authority: Address
  /** With their private keys. */
  readonly hostAuthority: CertificateAuthority
  readonly userAuthority: CertificateAuthority
  readonly admin: AuthorityClient
}

/** Ready when the agent has announced its database and its control channel is open. */
export async function openCluster(): Promise<Cluster> {
  await using opened = new AsyncDisposableStack()
  const lab = opened.use(await startLab())
  const directory = await mkdtemp(join(tmpdir(), 'portunus-doors-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const log = new RememberingLog()
  const machine = thisMachine()
  const environment = { ...machine.environment, ...lab.environment }
  const service = await startTeleportService({
    configuration: configurationOf(directory, lab),
    machine: { ...machine, environment },
    packageDirectory: join(directory, 'no-package'),
    insecure: false,
    log,
  })
  opened.use(service)
  await log.said('control channel open')
  const authorities = await authoritiesOf(directory)
  const authority = addressOf(await log.said('auth service listens'))
  const admin = opened.use(await connectAsAdmin(directory, authority))
  await announced(admin.client)
  const lifetime = opened.move()
  return {
    lab,
    proxy: addressOf(await log.said('proxy service listens')),
    authority,
    hostAuthority: authorities.of('host'),
    userAuthority: authorities.of('user'),
    admin: admin.client,
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

function configurationOf(directory: string, lab: Lab): TeleportConfiguration {
  const defaults = defaultConfiguration({ isRoot: false, homeDirectory: directory, hostname: 'localhost' })
  const anyPort = { host: '127.0.0.1', port: 0 }
  return {
    ...defaults,
    dataDirectory: directory,
    auth: { ...defaults.auth, clusterName, listenAddress: anyPort },
    proxy: { ...defaults.proxy, webListenAddress: anyPort },
    database: { ...defaults.database, databases: [databaseOf(lab)] },
  }
}

function databaseOf({ redshift, aws }: Lab): Database {
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name: service, labels: { env: 'dev' } },
    spec: {
      protocol: 'postgres',
      uri: `${redshift.host}:${redshift.port}`,
      tls: { mode: 'verify-full', caCert: redshift.caPem },
      aws: { region: aws.region, accountId: aws.accountId, redshift: { clusterId: redshift.clusterId } },
    },
  }
}

/** The authorities of the running cluster, out of its store: several openers find the same ones. */
async function authoritiesOf(directory: string): Promise<CertificateAuthorities> {
  const key = fromHex((await readFile(join(directory, 'authority', 'secret.key'), 'utf8')).trim())
  assert.ok(key)
  await using store = await openSqliteStore({ path: join(directory, 'authority', 'store.db'), clock: nodeClock })
  const box = openSealedBox(new Secret(key), nodeRandomness)
  return await openCertificateAuthorities(store, { clusterName, clock: nodeClock, randomness: nodeRandomness, box })
}

async function connectAsAdmin(directory: string, address: Address): Promise<{ readonly client: AuthorityClient } & AsyncDisposable> {
  const read = (name: string): Promise<string> => readFile(join(directory, 'admin', name), 'utf8')
  const connection = await nodeTls.connect(await nodeNetwork.dial(address), {
    serverName: authorityServerName,
    authoritiesPem: [await read('ca.pem')],
    identity: { certificatePem: await read('identity.crt'), privateKeyPem: await read('identity.key') },
    alpn: ['portunus-authority/1'],
  })
  const http = openHttp2Client(connection)
  return { client: createAuthorityClient(http), [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}

async function announced(admin: AuthorityClient): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if ((await admin.listDatabases({})).databases.length > 0) return
    await nodeClock.sleep(10)
  }
  assert.fail('the agent never announced its database')
}

function addressOf(fields: Readonly<Record<string, unknown>>): Address {
  const [host = '', port] = String(fields['address']).split(':')
  return { host, port: Number(port) }
}

/** Remembers the first line of each message, for whoever asks or waits for it. */
class RememberingLog implements Log {
  readonly #lines = new Map<string, PromiseWithResolvers<Readonly<Record<string, unknown>>>>()

  said(message: string): Promise<Readonly<Record<string, unknown>>> {
    return this.#line(message).promise
  }

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#line(message).resolve(fields)
  }

  debug(): void {}
  warn(): void {}
  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
  }
  child(): Log {
    return this
  }

  #line(message: string): PromiseWithResolvers<Readonly<Record<string, unknown>>> {
    const known = this.#lines.get(message) ?? Promise.withResolvers()
    this.#lines.set(message, known)
    return known
  }
}
