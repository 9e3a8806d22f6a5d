/** Every operation of the table against every kind of caller: the permissions of the product on one screen. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AccessSubject } from '#access'
import { createCertificateAuthority, generateKeyPair, issueCertificate, type HostRole, type Identity } from '#certificates'
import { PortunusError, type Log } from '#foundation'
import { presetRoles } from '#resources'
import { createAuthorityClient, transportTo, type AuthorityClient } from './client.ts'
import { operationNames, operationOf, type OperationName } from './operations.ts'
import { createAuthorityServer, type Handlers, type Peer } from './server.ts'

const cluster = 'test.example.com'
const goldenPath = join(import.meta.dirname, 'permissions.golden.txt')
const start = new Date('2026-01-01T00:00:00Z')
const end = new Date('2026-01-02T00:00:00Z')
const serial = new Uint8Array(16).fill(1)
const uuid = '11111111-2222-4333-8444-555555555555'
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

const authority = await createCertificateAuthority({ type: 'user', cluster, notBefore: start, notAfter: end, serial })
const { publicKeyPem } = await generateKeyPair()

async function person(roles: readonly string[], change: Partial<Extract<Identity, { kind: 'user' }>> = {}): Promise<Peer> {
  const identity: Identity = { kind: 'user', user: 'alice', roles, traits: {}, cluster, usage: 'login', certificateId: uuid, ...change }
  const pem = await issueCertificate({
    authority,
    publicKeyPem,
    commonName: 'alice',
    identity,
    notBefore: start,
    notAfter: end,
    serial,
    usages: ['client'],
  })
  return { identity, certificate: new X509Certificate(pem), remoteAddress: '192.0.2.1:5000' }
}

function host(role: HostRole, change: { readonly cluster?: string } = {}): Peer {
  const identity: Identity = { kind: 'host', hostId: uuid, hostname: 'h', cluster, roles: [role], certificateId: uuid, ...change }
  return { identity, remoteAddress: '192.0.2.2:5000' }
}

const handlers = unreachableHandlers()

/** Handlers that tell that they were reached. */
function unreachableHandlers(): Handlers {
  const reached = async (): Promise<never> => {
    throw new PortunusError('REACHED', 'Cannot answer: this is a test')
  }
  return Object.fromEntries(operationNames.map((name) => [name, reached])) as unknown as Handlers
}

const presets = presetRoles()

async function subjectOf(identity: Extract<Identity, { kind: 'user' }>): Promise<AccessSubject> {
  return { user: identity.user, roles: presets.filter((role) => identity.roles.includes(role.metadata.name)), traits: identity.traits }
}

const app = createAuthorityServer(handlers, { clusterName: cluster, now: () => new Date('2026-01-01T12:00:00Z'), subjectOf, log: silent })

async function outcome(peer: Peer, name: OperationName): Promise<string> {
  const { method, path } = operationOf(name)
  const init = method === 'GET' ? { method } : { method, body: '{}' }
  const response = await app.fetch(new Request(`https://authority${path}`, init), { peer })
  const { error } = (await response.json()) as { error: { code: string } }
  return error.code
}

const callers: Readonly<Record<string, Peer>> = {
  nobody: { identity: undefined, remoteAddress: '192.0.2.3:5000' },
  access: await person(['access']),
  editor: await person(['editor']),
  auditor: await person(['auditor']),
  requester: await person(['requester']),
  reviewer: await person(['reviewer']),
  'db-cert': await person(['access', 'editor', 'auditor'], { usage: 'db', route: { service: 'my-redshift', protocol: 'postgres' } }),
  Db: host('Db'),
  Proxy: host('Proxy'),
  Admin: host('Admin'),
  Auth: host('Auth'),
}

test('the permissions are as the golden table says', async () => {
  const names = Object.keys(callers)
  const width = Math.max(...operationNames.map((name) => name.length)) + 2
  const cell = (text: string): string => text.padEnd(11)
  const lines = [`${'operation'.padEnd(width)}${names.map(cell).join('')}`.trimEnd()]
  for (const name of operationNames.toSorted()) {
    const cells: string[] = []
    for (const caller of Object.values(callers)) {
      cells.push(cell((await outcome(caller, name)) === 'OPERATION_REFUSED' ? '-' : 'allowed'))
    }
    lines.push(`${name.padEnd(width)}${cells.join('')}`.trimEnd())
  }
  const table = `${lines.join('\n')}\n`
  if (process.env['ACCEPT'] === '1') writeFileSync(goldenPath, table)
  assert.equal(table, readFileSync(goldenPath, 'utf8'))
})

const refusedEverywhere: readonly (readonly [string, Peer, string])[] = [
  ['somebody without a certificate', { identity: undefined, remoteAddress: 'x' }, 'OPERATION_REFUSED'],
  ['a person of another cluster', await person(['editor'], { cluster: 'other.example.com' }), 'CLUSTER_MISMATCH'],
  ['a host of another cluster', host('Admin', { cluster: 'other.example.com' }), 'CLUSTER_MISMATCH'],
  ['a person whose certificate nobody has seen', { ...(await person(['editor'])), certificate: undefined }, 'OPERATION_REFUSED'],
  [
    'a database certificate of an editor',
    await person(['editor'], { usage: 'db', route: { service: 'a', protocol: 'postgres' } }),
    'OPERATION_REFUSED',
  ],
]

for (const [sentence, peer, code] of refusedEverywhere) {
  test(`${sentence} may call nothing`, async () => {
    const codes = await Promise.all(operationNames.map((name) => outcome(peer, name)))
    assert.deepEqual([...new Set(codes)], [code])
  })
}

test('a certificate that has expired since the connection was made is refused', async () => {
  const lateApp = createAuthorityServer(handlers, { clusterName: cluster, now: () => end, subjectOf, log: silent })
  const client: AuthorityClient = createAuthorityClient(transportTo(lateApp, await person(['editor'])))
  await assert.rejects(client.listUsers({}), { code: 'CERTIFICATE_EXPIRED', category: 'unauthenticated' })
})

test('a refusal is told before the caller hears of it', async () => {
  const told: string[] = []
  const strict = createAuthorityServer(handlers, {
    clusterName: cluster,
    now: () => start,
    subjectOf,
    log: silent,
    onRefused: async ({ operation, error }) => void told.push(`${operation} ${error.code}`),
  })
  const client = createAuthorityClient(transportTo(strict, host('Db')))
  await assert.rejects(client.login({ user: 'a', password: 'b', publicKeyPem: 'c', clientAddress: 'd' }), { code: 'OPERATION_REFUSED' })
  assert.deepEqual(told, ['login OPERATION_REFUSED'])
})
