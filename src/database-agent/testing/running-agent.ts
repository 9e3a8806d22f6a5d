/** An agent with real TLS to clients and to a small database server, for the tests of whole sessions. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { AuditEvent } from '#audit-events'
import { nobodyCutOff, type RevocationView } from '#authority-api'
import {
  agentServerName,
  createCertificateAuthority,
  generateKeyPair,
  issueCertificate,
  type CertificateRequest,
  type HostIdentity,
  type UserIdentity,
} from '#certificates'
import { Secret, type Clock, type KeyPairPem, type TlsConnection } from '#foundation'
import { writeStartupMessage } from '#postgres-protocol'
import { presetRoles } from '#resources'
import { atEndOfTurn, memoryPair, nodeClock, nodeNetwork, nodeRandomness, nodeTls } from '#world'
import { agentAlpn, openDatabaseAgent, type DatabaseAgent } from '../agent.ts'
import type { RedshiftLogins } from '../agent-options.ts'
import { openMessageReader, type MessageReader } from '../message-reader.ts'
import { fakeAuthority, type FakeAuthority } from './fake-authority.ts'
import type { TestServer } from './postgres-server.ts'

const cluster = 'test.example.com'
const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * 3_600_000)

export interface RunningAgent extends AsyncDisposable {
  readonly agent: DatabaseAgent
  readonly authority: FakeAuthority
  /** What the journal was given, in order; `flush` stands for a write to the disk. */
  readonly journal: { readonly events: AuditEvent[]; readonly order: string[]; failing: unknown }
  readonly logins: { issued: number; issue: RedshiftLogins['issue'] }
  /** A client that has said its startup packet, inside TLS. */
  connect(startup?: Readonly<Record<string, string>>): Promise<Client>
}

export interface Client {
  readonly stream: TlsConnection['stream']
  readonly reader: MessageReader
}

export async function openRunningAgent(
  server: TestServer,
  options: { readonly clock?: Clock; readonly revocations?: RevocationView } = {},
): Promise<RunningAgent> {
  const credentials = await makeCredentials()
  const authority = fakeAuthority(presetRoles().slice(0, 1))
  const journal: RunningAgent['journal'] = { events: [], order: [], failing: undefined }
  const logins: RunningAgent['logins'] = {
    issued: 0,
    issue: async () => ({ user: 'IAM:alice', password: new Secret('temporary'), expires: hoursFromNow(1) }),
  }
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
  const agent = openDatabaseAgent({
    identity: credentials.host,
    version: '1.2.3',
    databases: [databaseOf(server)],
    credentials: { host: () => credentials.agent, userAuthoritiesPem: () => [credentials.userAuthorityPem] },
    authority,
    revocations: options.revocations ?? nobodyCutOff,
    drainMilliseconds: 50,
    redshiftLogins: {
      async issue(plan, how) {
        logins.issued += 1
        journal.order.push('login issued')
        return await logins.issue(plan, how)
      },
    },
    journal: journalOf(journal),
    atEndOfTurn,
    createHash() {
      const hash = createHash('sha256')
      return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
    },
    md5Hex: (bytes) => createHash('md5').update(bytes).digest('hex'),
    network: nodeNetwork,
    tls: nodeTls,
    clock: options.clock ?? nodeClock,
    randomness: nodeRandomness,
    log,
  })
  return {
    agent,
    authority,
    journal,
    logins,
    async connect(startup = { user: 'alice', database: 'dev' }) {
      const [near, far] = memoryPair('10.0.0.1:1234')
      agent.accept(near)
      const { stream } = await nodeTls.connect(far, {
        serverName: agentServerName(credentials.host.hostId, cluster),
        authoritiesPem: [credentials.hostAuthorityPem],
        identity: credentials.person,
        alpn: [agentAlpn],
      })
      stream.write(writeStartupMessage({ major: 3, minor: 0, parameters: new Map(Object.entries(startup)) }))
      return { stream, reader: openMessageReader(stream) }
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  }
}

function journalOf(seen: RunningAgent['journal']) {
  const note = (word: string, event: AuditEvent): void => {
    seen.order.push(`${word} ${event.event}`)
    if (word !== 'begin') seen.events.push(event)
  }
  return {
    append: (event: AuditEvent) => note('append', event),
    beginStatement: ({ provisional }: { readonly provisional: string }) => note('begin', JSON.parse(provisional) as AuditEvent),
    finishStatement: (event: AuditEvent) => note('finish', event),
    flushSync() {
      if (seen.failing !== undefined) throw seen.failing
      seen.order.push('flush')
    },
  }
}

function databaseOf(server: TestServer) {
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift', labels: {} },
    spec: {
      protocol: 'postgres',
      uri: `${server.address.host}:${server.address.port}`,
      tls: { mode: 'verify-full', caCert: server.authorityPem },
      aws: { region: 'us-east-1', accountId: '123456789012', redshift: { clusterId: 'my-redshift' } },
    },
  } as const
}

async function makeCredentials() {
  const [hostAuthority, userAuthority] = await Promise.all([makeAuthority('host'), makeAuthority('user')])
  const host: HostIdentity = { kind: 'host', hostId: randomUUID(), hostname: 'agent', cluster, roles: ['Db'], certificateId: randomUUID() }
  const person: UserIdentity = {
    kind: 'user',
    user: 'alice',
    roles: ['access'],
    traits: { db_users: ['alice'], db_names: ['dev'] },
    cluster,
    usage: 'db',
    route: { service: 'my-redshift', protocol: 'postgres' },
    certificateId: randomUUID(),
  }
  const dnsNames = [agentServerName(host.hostId, cluster)]
  return {
    host,
    agent: await makeCredential(hostAuthority, { identity: host, dnsNames, usages: ['server'] }),
    person: await makeCredential(userAuthority, { identity: person, usages: ['client'] }),
    hostAuthorityPem: hostAuthority.certificatePem,
    userAuthorityPem: userAuthority.certificatePem,
  }
}

function makeAuthority(type: 'host' | 'user') {
  const validity = { notBefore: hoursFromNow(-1), notAfter: hoursFromNow(1) }
  return createCertificateAuthority({ type, cluster, ...validity, serial: randomBytes(16) })
}

type Wanted = Pick<CertificateRequest, 'identity' | 'dnsNames' | 'usages'>

async function makeCredential(authority: CertificateRequest['authority'], wanted: Wanted): Promise<KeyPairPem> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const validity = { notBefore: hoursFromNow(-1), notAfter: hoursFromNow(1) }
  const certificatePem = await issueCertificate({
    ...wanted,
    authority,
    publicKeyPem,
    commonName: 'somebody',
    ...validity,
    serial: randomBytes(16),
  })
  return { certificatePem, privateKeyPem }
}
