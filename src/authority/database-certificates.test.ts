/** Certificates that open databases: for whom, for what, for how long. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { generateKeyPair, identityFromCertificate } from '#certificates'
import { clientAddress, databaseServer, hostIds, openAuthorityWorld, type AuthorityWorld, type Person } from './testing/authority-world.ts'

const minute = 60_000
const { publicKeyPem } = await generateKeyPair()
const route = { service: 'my-redshift', protocol: 'postgres' }

async function aliceWithDatabase(world: AuthorityWorld, roles: readonly string[] = ['access']): Promise<Person> {
  const agent = await world.host('Db')
  await agent.upsertDatabaseServer({ server: databaseServer() })
  const totp = await world.enrol('alice', roles, { db_users: ['alice'], db_names: ['dev'] })
  return world.person(await world.logIn('alice', totp, { ttlMilliseconds: 60 * minute }))
}

async function databaseCertificate(alice: Person, change: Partial<{ user: string; name: string; service: string }> = {}) {
  const { certificatePem } = await alice.client.issueDatabaseCertificate({ publicKeyPem, route: { ...route, ...change } })
  return certificatePem
}

test('a database certificate names its route and the login it came from, and ends with it', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  world.clock.step(5 * minute)
  const certificate = new X509Certificate(await databaseCertificate(alice, { user: 'alice', name: 'dev' }))
  assert.partialDeepStrictEqual(identityFromCertificate(certificate), {
    kind: 'user',
    user: 'alice',
    usage: 'db',
    route: { ...route, user: 'alice', name: 'dev' },
    previousExpiry: alice.certificate.validToDate.toISOString(),
    clientAddress,
  })
  assert.deepEqual(certificate.validToDate, alice.certificate.validToDate)
})

test('a shorter time is granted', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const { validUntil } = await alice.client.issueDatabaseCertificate({ publicKeyPem, route, ttlMilliseconds: minute })
  assert.equal(new Date(validUntil).getTime() - world.clock.now().getTime(), minute)
})

const refusals: readonly (readonly [string, Partial<{ user: string; name: string; service: string; protocol: string }>, string])[] = [
  ['a database nobody announces', { service: 'nothing' }, 'DATABASE_UNKNOWN'],
  ['another protocol', { protocol: 'mysql' }, 'DATABASE_PROTOCOL_MISMATCH'],
  ['a database user that no role has', { user: 'root', name: 'dev' }, 'DATABASE_REFUSED'],
  ['a database name that no role has', { user: 'alice', name: 'prod' }, 'DATABASE_REFUSED'],
]

test('what the person may not open gets no certificate', async (context) => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  for (const [sentence, change, code] of refusals) {
    await context.test(sentence, async () => {
      await assert.rejects(alice.client.issueDatabaseCertificate({ publicKeyPem, route: { ...route, ...change } }), { code })
    })
  }
})

test('a refusal names the failing dimension', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  await assert.rejects(databaseCertificate(alice, { user: 'root', name: 'dev' }), {
    details: { dimension: 'database-user' },
    message: /root/,
  })
  const erin = world.person(await world.logIn('erin', await world.enrol('erin', ['editor'])))
  await assert.rejects(databaseCertificate(erin), { code: 'DATABASE_REFUSED', details: { dimension: 'labels' } })
  assert.deepEqual(
    (await world.audited('db.session.start')).map((event) => [event['code'], event['user'], event['db_user'], event['error_code']]),
    [
      ['TDB00W', 'alice', 'root', 'DATABASE_REFUSED'],
      ['TDB00W', 'erin', undefined, 'DATABASE_REFUSED'],
    ],
  )
  assert.deepEqual(await world.audited('access.denied'), []) // one refusal is one event
})

test('a database certificate gets no other certificate and calls nothing', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const holder = world.person(await databaseCertificate(alice))
  const refused = { code: 'OPERATION_REFUSED', category: 'access-denied' }
  await assert.rejects(databaseCertificate(holder), refused)
  await assert.rejects(holder.client.listDatabases({}), refused)
  await assert.rejects(holder.client.ping({}), refused)
})

test('a login that has expired gets nothing', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  world.clock.step(60 * minute)
  await assert.rejects(databaseCertificate(alice), { code: 'CERTIFICATE_EXPIRED' })
})

test('a locked user gets nothing until the lock ends', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const [user] = (await world.admin.listUsers({})).users
  assert.ok(user)
  const status = { isLocked: true, lockExpires: new Date(world.clock.now().getTime() + 30 * minute).toISOString() }
  await world.admin.updateUser({ user: { ...user, spec: { ...user.spec, status } } })
  await assert.rejects(databaseCertificate(alice), { code: 'USER_LOCKED', category: 'access-denied' })
  world.clock.step(30 * minute)
  await (await world.host('Db')).upsertDatabaseServer({ server: databaseServer() })
  await databaseCertificate(alice)
})

test('traits are those the user has now', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const item = await world.store.get('users/alice')
  const user = JSON.parse(item?.value ?? '') as { spec: { traits: Record<string, string[]> } }
  user.spec.traits = { db_users: ['reader'], db_names: ['dev'] }
  await world.store.put('users/alice', JSON.stringify(user))
  const identity = identityFromCertificate(new X509Certificate(await databaseCertificate(alice)))
  assert.deepEqual(identity.kind === 'user' ? identity.traits : undefined, { db_users: ['reader'], db_names: ['dev'] })
  await assert.rejects(databaseCertificate(alice, { user: 'alice', name: 'dev' }), { code: 'DATABASE_REFUSED' })
})

test('a proxy speaks for a client for ten minutes at most, and says that it does', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const clientCertificatePem = await databaseCertificate(alice)
  const issue = () => world.proxy.issueProxiedCertificate({ clientCertificatePem, publicKeyPem, clientAddress: '198.51.100.1:7' })
  const { certificatePem, validUntil } = await issue()
  assert.equal(new Date(validUntil).getTime() - world.clock.now().getTime(), 10 * minute)
  assert.partialDeepStrictEqual(identityFromCertificate(new X509Certificate(certificatePem)), {
    user: 'alice',
    usage: 'db',
    route,
    proxiedBy: hostIds.proxy,
    clientAddress: '198.51.100.1:7',
    previousExpiry: alice.certificate.validToDate.toISOString(),
  })
  world.clock.step(55 * minute)
  assert.equal((await issue()).validUntil, alice.certificate.validToDate.toISOString())
  world.clock.step(5 * minute)
  await assert.rejects(issue(), { code: 'CERTIFICATE_EXPIRED' })
})

test('a proxy cannot speak with a login, a proxied, a foreign or a broken certificate', async () => {
  await using world = await openAuthorityWorld()
  await using stranger = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const speak = (clientCertificatePem: string) => world.proxy.issueProxiedCertificate({ clientCertificatePem, publicKeyPem, clientAddress })
  const proxied = await speak(await databaseCertificate(alice))
  const { certificatePem: hostPem } = await world.authority.issueLocalHost({ roles: ['Admin'], hostname: 'h' })
  const wrong = {
    login: alice.certificate.toString(),
    proxied: proxied.certificatePem,
    foreign: await databaseCertificate(await aliceWithDatabase(stranger)),
    host: hostPem,
    authority: world.authority.trustedAuthorities().user[0] ?? '',
    broken: 'no certificate',
  }
  for (const [kind, pem] of Object.entries(wrong)) {
    await assert.rejects(speak(pem), { code: 'CLIENT_CERTIFICATE_REFUSED', category: 'unauthenticated' }, kind)
  }
  const denied = await world.audited('access.denied')
  assert.equal(denied.length, Object.keys(wrong).length)
  assert.partialDeepStrictEqual(denied[0], { user_kind: 'host', operation: 'issueProxiedCertificate' })
})

test('a proxy cannot speak for somebody who was deleted', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const clientCertificatePem = await databaseCertificate(alice)
  await world.admin.deleteUser({ name: 'alice' })
  await assert.rejects(world.proxy.issueProxiedCertificate({ clientCertificatePem, publicKeyPem, clientAddress }), { code: 'USER_GONE' })
})

test('people see what their roles match, once per name; hosts see everything', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const other = await world.host('Db', hostIds.other)
  await other.upsertDatabaseServer({ server: databaseServer({ hostId: hostIds.other }) })
  const { databases } = await alice.client.listDatabases({})
  assert.deepEqual(
    databases.map(({ database, allowedUsers, allowedNames }) => [database.metadata.name, allowedUsers, allowedNames]),
    [['my-redshift', ['alice'], ['dev']]],
  )
  const erin = world.person(await world.logIn('erin', await world.enrol('erin', ['editor'])))
  assert.deepEqual((await erin.client.listDatabases({})).databases, [])
  assert.equal((await world.admin.listDatabases({})).databases.length, 1)
  assert.equal((await world.proxy.listDatabaseServers({})).servers.length, 2)
})

test('every certificate is in the audit log', async () => {
  await using world = await openAuthorityWorld()
  const alice = await aliceWithDatabase(world)
  const clientCertificatePem = await databaseCertificate(alice, { user: 'alice', name: 'dev' })
  await world.proxy.issueProxiedCertificate({ clientCertificatePem, publicKeyPem, clientAddress })
  const types = (await world.audited('cert.create')).filter(({ user }) => user === 'alice').map((event) => event['cert_type'])
  assert.deepEqual(types, ['user', 'db', 'proxied'])
  assert.equal((await world.admin.verifyAudit({})).ok, true)
  const { events } = await world.admin.searchAuditEvents({ types: ['cert.create'], user: 'alice', limit: 2 })
  assert.equal(events.length, 2)
})
