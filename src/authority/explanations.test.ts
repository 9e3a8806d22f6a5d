/** Explanations of access, by the authority. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseServer, openAuthorityWorld } from './testing/authority-world.ts'

const target = { database: 'my-redshift', databaseUser: 'alice', databaseName: 'dev' }

test('an administrator asks about anybody, a person about himself, and both hear the same', async () => {
  await using world = await openAuthorityWorld()
  const alice = world.person(await world.logIn('alice', await world.enrol('alice', ['access'], { db_users: ['alice'], db_names: ['dev'] })))
  await (await world.host('Db')).upsertDatabaseServer({ server: databaseServer() })
  const own = await alice.client.explainOwnAccess(target)
  assert.deepEqual(own, {
    user: 'alice',
    allowed: true,
    grantedBy: 'access',
    isOffline: false,
    roles: [{ role: 'access', labels: true, databaseUser: true, databaseName: true }],
  })
  assert.deepEqual(await world.admin.explainAccess({ user: 'alice', ...target }), own)
  const refused = await alice.client.explainOwnAccess({ ...target, databaseUser: 'root' })
  assert.partialDeepStrictEqual(refused, { allowed: false, dimension: 'database-user', hint: 'ask for a role with db_users: [root]' })
  await assert.rejects(alice.client.explainAccess({ user: 'alice', ...target }), { code: 'OPERATION_REFUSED' })
  await assert.rejects(alice.client.explainOwnAccess({ ...target, database: 'nothing' }), { code: 'EXPLAINED_DATABASE_UNKNOWN' })
})

test('a registered database that no agent announces is explained as such, and a locked user as locked', async () => {
  await using world = await openAuthorityWorld()
  await world.enrol('alice')
  await world.admin.createDatabase({ database: databaseServer().spec.database })
  assert.partialDeepStrictEqual(await world.admin.explainAccess({ user: 'alice', ...target }), { allowed: true, isOffline: true })
  const [user] = (await world.admin.listUsers({})).users
  assert.ok(user)
  await world.admin.updateUser({ user: { ...user, spec: { ...user.spec, status: { isLocked: true } } } })
  const locked = await world.admin.explainAccess({ user: 'alice', ...target })
  assert.partialDeepStrictEqual(locked, { allowed: false, dimension: 'locked', hint: 'lift the lock with: tctl users unlock alice' })
  await assert.rejects(world.admin.explainAccess({ user: 'nobody', ...target }), { code: 'USER_UNKNOWN' })
})

test('a lock is an answer, whoever asks', async () => {
  await using world = await openAuthorityWorld()
  const alice = world.person(await world.logIn('alice', await world.enrol('alice', ['access'], { db_users: ['alice'], db_names: ['dev'] })))
  await (await world.host('Db')).upsertDatabaseServer({ server: databaseServer() })
  const { lock } = await world.admin.createLock({ target: { db: 'my-redshift' }, message: 'maintenance' })
  for (const explanation of [await alice.client.explainOwnAccess(target), await world.admin.explainAccess({ user: 'alice', ...target })]) {
    assert.partialDeepStrictEqual(explanation, { allowed: false, dimension: 'locked' })
    assert.match(explanation.reason ?? '', /maintenance/)
    assert.equal(explanation.grantedBy, undefined)
  }
  await world.admin.deleteLock({ name: lock.metadata.name })
  assert.equal((await alice.client.explainOwnAccess(target)).allowed, true)
})
