/** Locks keep people out at every door of the authority, and whoever watches hears of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generateKeyPair } from '#certificates'
import { databaseServer, openAuthorityWorld, type AuthorityWorld } from './testing/authority-world.ts'

let world: AuthorityWorld

before(async () => {
  world = await openAuthorityWorld()
  await (await world.host('Db')).upsertDatabaseServer({ server: databaseServer() })
})

after(() => world[Symbol.asyncDispose]())

const route = { service: 'my-redshift', protocol: 'postgres', user: 'analyst', name: 'dev' }

test('a locked user gets no login, no certificate and no answer, until the lock is removed', async () => {
  const totp = await world.enrol('alice')
  const alice = world.person(await world.logIn('alice', totp))
  const { publicKeyPem } = await generateKeyPair()
  const { lock } = await world.admin.createLock({ target: { user: 'alice' }, message: 'laptop stolen' })
  world.clock.step(30_000)
  const refused = { code: 'LOCK_IN_FORCE', category: 'access-denied', message: /lock targeting user "alice" is in force: laptop stolen$/ }
  await assert.rejects(world.logIn('alice', totp), refused)
  await assert.rejects(alice.client.listDatabases({}), refused)
  await assert.rejects(alice.client.issueDatabaseCertificate({ publicKeyPem, route }), refused)
  await world.admin.deleteLock({ name: lock.metadata.name })
  world.clock.step(30_000)
  await world.logIn('alice', totp)
  await alice.client.issueDatabaseCertificate({ publicKeyPem, route })
  const [created] = await world.audited('lock.created')
  assert.deepEqual([created?.['target'], created?.['reason'], created?.['user_kind']], ['user "alice"', 'laptop stolen', 'host'])
  assert.equal((await world.audited('lock.deleted')).length, 1)
})

test('a lock on a role, a database or a database user refuses the certificate of whoever needs them', async () => {
  const carol = world.person(await world.logIn('carol', await world.enrol('carol')))
  const { publicKeyPem } = await generateKeyPair()
  for (const target of [{ role: 'access' }, { db: 'my-redshift' }, { login: 'analyst' }]) {
    const { lock } = await world.admin.createLock({ target })
    await assert.rejects(carol.client.issueDatabaseCertificate({ publicKeyPem, route }), { code: 'LOCK_IN_FORCE' })
    await world.admin.deleteLock({ name: lock.metadata.name })
  }
  await carol.client.issueDatabaseCertificate({ publicKeyPem, route })
})

test('a lock with an end is over by itself', async () => {
  const totp = await world.enrol('dora')
  await world.admin.createLock({ target: { user: 'dora' }, expires: new Date(world.clock.now().getTime() + 60_000).toISOString() })
  await assert.rejects(world.logIn('dora', totp), { code: 'LOCK_IN_FORCE' })
  world.clock.step(61_000)
  await world.logIn('dora', totp)
  assert.deepEqual((await world.admin.listLocks({})).locks, [])
})

test('a lock with a name of its own is there once, unless it is to be replaced', async () => {
  await world.admin.createLock({ name: 'freeze', target: { db: 'other' } })
  await assert.rejects(world.admin.createLock({ name: 'freeze', target: { db: 'another' } }), {
    code: 'LOCK_EXISTS',
    category: 'already-exists',
  })
  const { lock } = await world.admin.createLock({ name: 'freeze', target: { db: 'another' }, replace: true })
  assert.deepEqual((await world.admin.listLocks({})).locks, [lock])
  await world.admin.deleteLock({ name: 'freeze' })
})

test('a lock on nobody, in the past, or that is not there is refused', async () => {
  await assert.rejects(world.admin.createLock({ target: {} }), { code: 'RESOURCE_MALFORMED' })
  await assert.rejects(world.admin.createLock({ target: { user: 'x' }, expires: '2001-01-01T00:00:00Z' }), { code: 'LOCK_EXPIRED' })
  await assert.rejects(world.admin.deleteLock({ name: 'none' }), { code: 'LOCK_UNKNOWN', category: 'not-found' })
})

test('a watcher is told everything first, then each change as it happens', async () => {
  const agent = await world.host('Db')
  await world.enrol('erin%2Fx', ['access', 'auditor'])
  const first = await agent.watchRevocations({ waitMilliseconds: 0 })
  assert.equal(first.complete, true)
  assert.deepEqual(first.users.find(({ name }) => name === 'erin%2Fx')?.roles, ['access', 'auditor'])
  const quiet = await agent.watchRevocations({ sinceRevision: first.revision, waitMilliseconds: 0 })
  assert.deepEqual([quiet.complete, quiet.revision, quiet.users], [false, first.revision, []])

  const waiting = agent.watchRevocations({ sinceRevision: first.revision, waitMilliseconds: 30_000 })
  const { lock } = await world.admin.createLock({ target: { user: 'erin' } })
  const told = await waiting
  assert.deepEqual(told.locks, [lock])
  await world.admin.deleteLock({ name: lock.metadata.name })
  await world.admin.deleteUser({ name: 'erin%2Fx' })
  const gone = await agent.watchRevocations({ sinceRevision: told.revision, waitMilliseconds: 30_000 })
  assert.deepEqual([gone.deletedLocks, gone.deletedUsers], [[lock.metadata.name], ['erin%2Fx']])
  assert.ok(gone.revision > told.revision)
})

test('a watcher whose revision the store does not know is told everything again', async () => {
  const answer = await (await world.host('Proxy')).watchRevocations({ sinceRevision: 1_000_000, waitMilliseconds: 30_000 })
  assert.equal(answer.complete, true)
})

test('agents tell their sessions; an administrator sees them all, a person the own ones; one that is killed is in the watch', async () => {
  const agent = await world.host('Db')
  const session = (user: string, index: number) => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    user,
    database: 'my-redshift',
    databaseUser: 'analyst',
    databaseName: 'dev',
    clientAddress: '192.0.2.9:5000',
    started: new Date(world.clock.now().getTime() + index).toISOString(),
  })
  const frank = world.person(await world.logIn('frank', await world.enrol('frank')))
  const many = Array.from({ length: 1200 }, (_, index) => session(index === 7 ? 'frank' : 'others', index))
  await agent.reportSessions({ sessions: many })
  assert.equal((await world.admin.listSessions({})).sessions.length, 1200)
  await agent.reportSessions({ sessions: many.slice(0, 10) })
  assert.equal((await world.admin.listSessions({})).sessions.length, 10)
  const own = (await frank.client.listOwnSessions({})).sessions
  assert.deepEqual(
    own.map(({ id, hostname }) => [id, hostname]),
    [[many[7]?.id, 'db']],
  )
  await assert.rejects(frank.client.listSessions({}), { code: 'OPERATION_REFUSED' })
  await assert.rejects(frank.client.killSession({ id: many[1]?.id ?? '' }), { code: 'OPERATION_REFUSED' })

  const { revision } = await agent.watchRevocations({ waitMilliseconds: 0 })
  const waiting = agent.watchRevocations({ sinceRevision: revision, waitMilliseconds: 30_000 })
  await world.admin.killSession({ id: many[7]?.id ?? '', reason: 'maintenance' })
  assert.deepEqual((await waiting).endedSessions, [{ id: many[7]?.id, reason: 'an administrator ended the session: maintenance' }])
  await assert.rejects(world.admin.killSession({ id: 'none' }), { code: 'SESSION_UNKNOWN' })
  assert.equal((await world.audited('session.kill')).length, 1)

  world.clock.step(181_000)
  assert.deepEqual((await world.admin.listSessions({})).sessions, [])
})
