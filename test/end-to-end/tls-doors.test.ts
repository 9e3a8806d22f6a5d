/** Strangers at every TLS door: one row for each door and certificate, and what else the one port must not let in. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { KeyPairPem } from '#foundation'
import { hostWith, hoursFromNow, issue, makeAuthority, person, personForDatabase, type Issue, type Issuer } from './doors/certificates.ts'
import { openCluster, service, type Cluster } from './doors/cluster.ts'
import {
  askForTicket,
  authorityPort,
  authorityThroughProxy,
  postgresByAlpn,
  postgresBySslRequest,
  proxyApi,
  relay,
  tunnel,
  type Door,
} from './doors/knock.ts'

let cluster: Cluster
before(async () => {
  cluster = await openCluster()
  await cluster.admin.createUser({ name: 'alice', roles: ['access'], traits: { db_users: ['alice'], db_names: ['dev'] } })
})
after(() => cluster[Symbol.asyncDispose]())

const userAuthority = (): Issuer => cluster.userAuthority
const hostAuthority = (): Issuer => cluster.hostAuthority

async function ticket(): Promise<string> {
  const answer = await askForTicket(cluster, { credential: await issue({ issuer: userAuthority(), identity: person() }) }, {})
  assert.ok(answer.kind === 'served', JSON.stringify(answer))
  const parsed: unknown = JSON.parse(answer.body)
  assert.ok(typeof parsed === 'object' && parsed !== null && 'serverName' in parsed)
  return String(parsed.serverName)
}

interface TestedDoor {
  readonly knock: Door
  /** What opens the door; every wrong certificate of the table differs from it in one thing. */
  readonly right: () => Issue
  /** How the served one looks. */
  readonly serves: RegExp
  /** What the door says to certificates that TLS lets pass, because our own authority signed them. */
  readonly says: { readonly otherCluster: string; readonly noIdentity: string }
}

const login = (): Issue => ({ issuer: userAuthority(), identity: person() })
const forDatabase = (): Issue => ({ issuer: userAuthority(), identity: personForDatabase() })
const agent = (): Issue => ({ issuer: hostAuthority(), identity: hostWith('Db') })

const inWords = { otherCluster: '28000', noIdentity: '28000' }

const doors = {
  'the authority through the proxy': {
    knock: authorityThroughProxy,
    right: login,
    serves: /doors\.example\.com/,
    says: { otherCluster: 'CLUSTER_MISMATCH', noIdentity: 'closed' },
  },
  'the port of the authority': {
    knock: authorityPort,
    right: login,
    serves: /doors\.example\.com/,
    says: { otherCluster: 'CLUSTER_MISMATCH', noIdentity: 'closed' },
  },
  'the API of the proxy': {
    knock: proxyApi,
    right: login,
    serves: /relay\.portunus\.internal/,
    says: { otherCluster: 'CERTIFICATE_KIND_REFUSED', noIdentity: 'CERTIFICATE_IDENTITY_UNREADABLE' },
  },
  'the tunnel': { knock: tunnel, right: agent, serves: /^PRI \* HTTP\/2\.0/, says: { otherCluster: 'closed', noIdentity: 'closed' } },
  'the agent behind a ticket': { knock: relay(ticket), right: forDatabase, serves: /^R/, says: inWords },
  'PostgreSQL by ALPN': { knock: postgresByAlpn, right: forDatabase, serves: /^R/, says: inWords },
  'PostgreSQL by SSLRequest': { knock: postgresBySslRequest, right: forDatabase, serves: /^R/, says: inWords },
} as const satisfies Record<string, TestedDoor>

type DoorName = keyof typeof doors

/** Certificates that are wrong in one thing, at any door. */
const wrongEverywhere: readonly (readonly [string, (right: Issue) => Promise<KeyPairPem | undefined>])[] = [
  ['no certificate at all', async () => undefined],
  ["a stranger's certificate", async (right) => issue({ ...right, issuer: await makeAuthority('user') })],
  ['a certificate of an authority that has the name of ours', async (right) => issue({ ...right, issuer: await lookAlike(right.issuer) })],
  ['the certificate of an authority itself', async () => authorityAsCredential(await makeAuthority('user'))],
  ['an expired certificate', (right) => issue({ ...right, notAfter: hoursFromNow(-1) })],
  ['a certificate that is not valid yet', (right) => issue({ ...right, notBefore: hoursFromNow(0.5) })],
  ['a certificate for servers only', (right) => issue({ ...right, usages: ['server'] })],
  [
    'a certificate of another cluster',
    async (right) => issue(elsewhere({ ...right, issuer: await makeAuthority('user', { cluster: 'other' }) })),
  ],
]

function elsewhere(right: Issue): Issue {
  return right.identity === undefined ? right : { ...right, identity: { ...right.identity, cluster: 'other' } }
}

function lookAlike({ certificatePem }: Issuer): Promise<Issuer> {
  const { serialNumber, subject } = new X509Certificate(certificatePem)
  return makeAuthority(subject.includes('host authority') ? 'host' : 'user', { serial: Buffer.from(serialNumber, 'hex') })
}

function authorityAsCredential({ certificatePem, privateKeyPem }: Issuer): KeyPairPem {
  return { certificatePem, privateKeyPem: privateKeyPem.reveal() }
}

/** What is right at one door and wrong at another: the issue, and the code of the refusal (`closed` where TLS refuses). */
const wrongHere: readonly (readonly [DoorName, string, () => Issue, string])[] = [
  ['the authority through the proxy', 'a database certificate', forDatabase, 'OPERATION_REFUSED'],
  ['the port of the authority', 'a database certificate', forDatabase, 'OPERATION_REFUSED'],
  [
    'the port of the authority',
    'a host identity that the user authority signed',
    () => ({ ...agent(), issuer: userAuthority() }),
    'closed',
  ],
  [
    'the port of the authority',
    'a personal identity that the host authority signed',
    () => ({ ...login(), issuer: hostAuthority() }),
    'closed',
  ],
  ['the port of the authority', 'a person nobody created', () => ({ ...login(), identity: person({ user: 'mallory' }) }), 'USER_GONE'],
  ['the API of the proxy', 'a host certificate', agent, 'closed'],
  [
    'the API of the proxy',
    'a host identity that the user authority signed',
    () => ({ ...agent(), issuer: userAuthority() }),
    'CERTIFICATE_KIND_REFUSED',
  ],
  ['the API of the proxy', 'a certificate of another database', () => databaseCertificate('another'), 'CERTIFICATE_ROUTE_MISMATCH'],
  ['the tunnel', 'a login certificate', login, 'closed'],
  ['the tunnel', 'a database certificate', forDatabase, 'closed'],
  ['the tunnel', 'a personal identity that the host authority signed', () => ({ ...login(), issuer: hostAuthority() }), 'closed'],
  ['the tunnel', 'the certificate of a proxy', () => ({ ...agent(), identity: hostWith('Proxy') }), 'closed'],
  ['the tunnel', 'the certificate of an administrator', () => ({ ...agent(), identity: hostWith('Admin') }), 'closed'],
  ['the agent behind a ticket', 'a login certificate', login, '28000'],
  ['the agent behind a ticket', 'a host certificate', agent, 'closed'],
  ['the agent behind a ticket', 'a host identity that the user authority signed', () => ({ ...agent(), issuer: userAuthority() }), '28000'],
  ['the agent behind a ticket', 'a certificate of another database', () => databaseCertificate('another'), '08004'],
  ['PostgreSQL by ALPN', 'a login certificate', login, '28000'],
  ['PostgreSQL by ALPN', 'a host certificate', agent, 'closed'],
  ['PostgreSQL by ALPN', 'a certificate of another database', () => databaseCertificate('another'), '08004'],
  ['PostgreSQL by SSLRequest', 'a login certificate', login, '28000'],
  ['PostgreSQL by SSLRequest', 'a host certificate', agent, 'closed'],
  ['PostgreSQL by SSLRequest', 'a host identity that the user authority signed', () => ({ ...agent(), issuer: userAuthority() }), '28000'],
]

function databaseCertificate(name: string): Issue {
  return { issuer: userAuthority(), identity: personForDatabase({ route: { service: name, protocol: 'postgres' } }) }
}

async function knockWith(name: DoorName, credential: KeyPairPem | undefined, version?: 'TLSv1.2'): Promise<string> {
  const answer = await doors[name].knock(cluster, { credential, ...(version === undefined ? {} : { version }) })
  return answer.kind === 'refused' ? answer.code : answer.kind === 'served' ? `served ${JSON.stringify(answer.body)}` : 'closed'
}

for (const name of Object.keys(doors).filter((key): key is DoorName => key in doors)) {
  const door: TestedDoor = doors[name]
  describe(`at ${name}`, () => {
    for (const [what, make] of wrongEverywhere) {
      test(`${what} is refused`, async () => {
        assert.equal(await knockWith(name, await make(door.right())), 'closed')
      })
    }
    test('a certificate whose identity names another cluster is refused', async () => {
      assert.equal(await knockWith(name, await issue(elsewhere(door.right()))), door.says.otherCluster)
    })
    test('a certificate without an identity is refused', async () => {
      assert.equal(await knockWith(name, await issue({ issuer: door.right().issuer })), door.says.noIdentity)
    })
    for (const [, what, make, code] of wrongHere.filter(([at]) => at === name)) {
      test(`${what} is refused`, async () => {
        assert.equal(await knockWith(name, await issue(make())), code)
      })
    }
    test('TLS 1.2 refuses no certificate and a stranger like TLS 1.3', async () => {
      assert.equal(await knockWith(name, undefined, 'TLSv1.2'), 'closed')
      assert.equal(await knockWith(name, await issue({ ...door.right(), issuer: await makeAuthority('user') }), 'TLSv1.2'), 'closed')
    })
  })
}

test('of all these nothing reached AWS or the database', () => {
  assert.deepEqual(cluster.lab.control.activity(), [])
})

async function assertServed(door: TestedDoor, options: { readonly version?: 'TLSv1.2' } = {}): Promise<void> {
  const answer = await door.knock(cluster, { credential: await issue(door.right()), ...options })
  assert.ok(answer.kind === 'served', JSON.stringify(answer))
  assert.match(answer.body, door.serves)
}

describe('the right certificate opens', () => {
  for (const name of Object.keys(doors).filter((key): key is DoorName => key in doors)) {
    const door: TestedDoor = doors[name]
    test(name, async () => {
      await assertServed(door)
    })
    if (name.startsWith('PostgreSQL')) {
      test(`${name}, with TLS 1.2 as well`, async () => {
        await assertServed(door, { version: 'TLSv1.2' })
      })
    } else {
      test(`${name}, but not with TLS 1.2, which shows certificates to whoever listens`, async () => {
        assert.equal(await knockWith(name, await issue(door.right()), 'TLSv1.2'), 'closed')
      })
    }
  }
})

test(`the database certificate of "${service}" gets a ticket for it`, async () => {
  assert.match(await knockWith('the API of the proxy', await issue(forDatabase())), /^served/)
})
