/** People as administrators see them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAuthorityWorld } from './testing/authority-world.ts'

test('a created user is listed with roles, traits and who made it', async () => {
  await using world = await openAuthorityWorld()
  await world.admin.createUser({ name: 'alice', roles: ['access', 'requester', 'access'], traits: { db_users: ['*'], logins: [] } })
  const { users } = await world.admin.listUsers({})
  assert.deepEqual(
    users.map((user) => [user.metadata.name, user.spec.roles, user.spec.traits, user.spec.createdBy?.user]),
    [['alice', ['access', 'requester'], { db_users: ['*'], logins: [] }, '00000000-0000-4000-8000-000000000003.test.example.com']],
  )
})

const refusals: readonly (readonly [string, string, readonly string[], string])[] = [
  ['a role that does not exist', 'alice', ['access', 'nothing'], 'ROLE_UNKNOWN'],
  ['a role that reaches for another record', 'alice', ['../users/alice'], 'ROLE_UNKNOWN'],
  ['no role', 'alice', [], 'USER_WITHOUT_ROLES'],
  ['a name with a slash', 'a/b', ['access'], 'NAME_REFUSED'],
  ['a name with blanks around it', ' alice', ['access'], 'NAME_REFUSED'],
  ['a name with a line end', 'a\nb', ['access'], 'NAME_REFUSED'],
]

test('a user that cannot be is refused, and nobody is created', async (context) => {
  await using world = await openAuthorityWorld()
  for (const [sentence, name, roles, code] of refusals) {
    await context.test(sentence, () => assert.rejects(world.admin.createUser({ name, roles, traits: {} }), { code }))
  }
  assert.deepEqual((await world.admin.listUsers({})).users, [])
})

test('a name is taken once, also by two at the same moment', async () => {
  await using world = await openAuthorityWorld()
  const create = () => world.admin.createUser({ name: 'alice', roles: ['access'], traits: {} })
  const outcomes = await Promise.allSettled([create(), create()])
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  await assert.rejects(create(), { code: 'USER_EXISTS', category: 'already-exists' })
})

test('creating a user again does not touch the password of the first', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await assert.rejects(world.admin.createUser({ name: 'alice', roles: ['editor'], traits: {} }), { code: 'USER_EXISTS' })
  await world.logIn('alice', totp)
})

test('a deleted user cannot log in, and neither can a later user of the name with the old password', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await world.admin.deleteUser({ name: 'alice' })
  await assert.rejects(world.logIn('alice', totp), { code: 'LOGIN_REFUSED' })
  await world.admin.createUser({ name: 'alice', roles: ['access'], traits: {} })
  await assert.rejects(world.logIn('alice', totp), { code: 'LOGIN_REFUSED' })
  await assert.rejects(world.admin.deleteUser({ name: 'nobody' }), { code: 'USER_UNKNOWN' })
})

test('the certificate of a deleted user opens nothing any more', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const alice = world.person(await world.logIn('alice', totp))
  await alice.client.listDatabases({})
  await world.admin.deleteUser({ name: 'alice' })
  await assert.rejects(alice.client.listDatabases({}), { code: 'USER_GONE', category: 'access-denied' })
})

test('an editor may administrate, a holder of access may not, and the refusal is in the audit log', async () => {
  await using world = await openAuthorityWorld()
  const editor = world.person(await world.logIn('erin', await world.enrol('erin', ['editor'])))
  await editor.client.createUser({ name: 'bob', roles: ['access'], traits: {} })
  const alice = world.person(await world.logIn('alice', await world.enrol('alice')))
  await assert.rejects(alice.client.createUser({ name: 'mallory', roles: ['editor'], traits: {} }), {
    code: 'OPERATION_REFUSED',
    category: 'access-denied',
  })
  const [denied] = await world.audited('access.denied')
  assert.partialDeepStrictEqual(denied, { code: 'TPA01W', user: 'alice', operation: 'createUser' })
})

test('a role taken from a user is gone before the certificate ends', async () => {
  await using world = await openAuthorityWorld()
  const erin = world.person(await world.logIn('erin', await world.enrol('erin', ['editor'])))
  await erin.client.listUsers({})
  const item = await world.store.get('users/erin')
  const user = JSON.parse(item?.value ?? '') as { spec: { roles: string[] } }
  user.spec.roles = ['access']
  await world.store.put('users/erin', JSON.stringify(user))
  await assert.rejects(erin.client.listUsers({}), { code: 'OPERATION_REFUSED' })
})
