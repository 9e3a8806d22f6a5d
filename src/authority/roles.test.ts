/** Roles and people as administrators change them: revisions, refusals, and what must stay true. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import { noConditions, presetRoles, type Role, type User } from '#resources'
import { openAuthorityWorld, type AuthorityWorld } from './testing/authority-world.ts'

function role(name: string, allow: Partial<Role['spec']['allow']> = {}): Role {
  return {
    kind: 'role',
    version: 'v7',
    metadata: { name, labels: {} },
    spec: { options: {}, allow: { ...noConditions, ...allow }, deny: noConditions },
  }
}

async function roleNamed(world: AuthorityWorld, name: string): Promise<Role> {
  const found = (await world.admin.listRoles({})).roles.find(({ metadata }) => metadata.name === name)
  assert(found !== undefined, `there is a role ${name}`)
  return found
}

async function userNamed(world: AuthorityWorld, name: string): Promise<User> {
  const found = (await world.admin.listUsers({})).users.find(({ metadata }) => metadata.name === name)
  assert(found !== undefined, `there is a user ${name}`)
  return found
}

test('a role is created once, changed and deleted, and each is in the audit log', async () => {
  await using world = await openAuthorityWorld()
  const created = await world.admin.createRole({ role: role('dev', { dbUsers: ['a'] }) })
  assert.deepEqual(created.warnings, [])
  await assert.rejects(world.admin.createRole({ role: role('dev') }), { code: 'ROLE_EXISTS', category: 'already-exists' })
  const updated = await world.admin.updateRole({ role: role('dev', { dbUsers: ['b'] }) })
  assert.notEqual(updated.role.metadata.revision, created.role.metadata.revision)
  assert.deepEqual((await roleNamed(world, 'dev')).spec.allow.dbUsers, ['b'])
  await world.admin.deleteRole({ name: 'dev' })
  await assert.rejects(world.admin.deleteRole({ name: 'dev' }), { code: 'ROLE_UNKNOWN', category: 'not-found' })
  await assert.rejects(world.admin.updateRole({ role: role('dev') }), { code: 'ROLE_UNKNOWN' })
  const events = await Promise.all(['role.created', 'role.updated', 'role.deleted'].map((type) => world.audited(type)))
  assert.deepEqual(
    events.flat().map((event) => [event['event'], event['code'], event['name']]),
    [
      ['role.created', 'T9000I', 'dev'],
      ['role.updated', 'T9002I', 'dev'],
      ['role.deleted', 'T9001I', 'dev'],
    ],
  )
})

test('of two who change the same revision of a role, the second is told, and nothing of the first is lost', async () => {
  await using world = await openAuthorityWorld()
  const { role: read } = await world.admin.createRole({ role: role('dev') })
  const change = (dbUsers: readonly string[]) => ({ role: { ...read, spec: { ...read.spec, allow: { ...read.spec.allow, dbUsers } } } })
  const outcomes = await Promise.allSettled([world.admin.updateRole(change(['a'])), world.admin.updateRole(change(['b']))])
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  await assert.rejects(world.admin.updateRole(change(['c'])), { code: 'RESOURCE_REVISION_CHANGED', category: 'conflict' })
  assert.equal((await roleNamed(world, 'dev')).spec.allow.dbUsers.length, 1)
})

test('a role that cannot mean what it says is refused with its places, a doubtful one is kept with a warning', async () => {
  await using world = await openAuthorityWorld()
  await assert.rejects(world.admin.createRole({ role: role('dev', { dbUsers: ['^(a$'] }) }), (error: unknown) => {
    assert(error instanceof PortunusError)
    assert.deepEqual([error.code, error.category], ['ROLE_REFUSED', 'bad-input'])
    assert.partialDeepStrictEqual(error.details, { problems: [{ path: 'spec.allow.db_users[0]' }] })
    return true
  })
  const { warnings } = await world.admin.createRole({ role: role('dev', { dbUsers: ['^a|b$'] }) })
  assert.match(warnings.join(), /^spec\.allow\.db_users\[0\]: .*anchored/)
})

test('a role somebody holds is not deleted', async () => {
  await using world = await openAuthorityWorld()
  await world.admin.createRole({ role: role('dev') })
  await world.admin.createUser({ name: 'alice', roles: ['access', 'dev'], traits: {} })
  await assert.rejects(world.admin.deleteRole({ name: 'dev' }), { code: 'ROLE_IN_USE', category: 'conflict' })
  await world.admin.deleteUser({ name: 'alice' })
  await world.admin.deleteRole({ name: 'dev' })
})

test('a preset that was deleted or lost rules is whole again after a restart, and its other changes stay', async () => {
  await using world = await openAuthorityWorld()
  await world.admin.deleteRole({ name: 'reviewer' })
  const auditor = await roleNamed(world, 'auditor')
  await world.admin.updateRole({ role: { ...auditor, spec: { ...auditor.spec, allow: { ...noConditions, dbUsers: ['kept'] } } } })
  await world.reopen()
  assert.equal((await roleNamed(world, 'reviewer')).metadata.name, 'reviewer')
  const repaired = await roleNamed(world, 'auditor')
  assert.deepEqual(repaired.spec.allow.dbUsers, ['kept'])
  const preset = presetRoles().find(({ metadata }) => metadata.name === 'auditor')
  assert.deepEqual(repaired.spec.allow.rules, preset?.spec.allow.rules)
})

test('a user is replaced but for who made it, and a stale copy is refused', async () => {
  await using world = await openAuthorityWorld()
  await world.admin.createUser({ name: 'alice', roles: ['access'], traits: {}, labels: { team: 'data' }, description: 'first' })
  const read = await userNamed(world, 'alice')
  assert.deepEqual([read.metadata.labels, read.metadata.description], [{ team: 'data' }, 'first'])
  const forged = { ...read.spec, roles: ['access', 'editor'], createdBy: { time: '2001-01-01T00:00:00Z', user: 'mallory' } }
  const { user } = await world.admin.updateUser({ user: { ...read, spec: forged } })
  assert.deepEqual([user.spec.roles, user.spec.createdBy], [['access', 'editor'], read.spec.createdBy])
  await assert.rejects(world.admin.updateUser({ user: read }), { code: 'RESOURCE_REVISION_CHANGED' })
  for (const [roles, code] of [
    [[], 'USER_WITHOUT_ROLES'],
    [['nothing'], 'ROLE_UNKNOWN'],
  ] as const) {
    await assert.rejects(world.admin.updateUser({ user: { ...user, spec: { ...user.spec, roles } } }), { code })
  }
  assert.partialDeepStrictEqual((await world.audited('user.update'))[0], { code: 'T1003I', name: 'alice', roles: ['access', 'editor'] })
})

test('a user who expires is gone in time', async () => {
  await using world = await openAuthorityWorld()
  const expires = new Date(world.clock.now().getTime() + 60_000).toISOString()
  await world.admin.createUser({ name: 'guest', roles: ['access'], traits: {}, expires })
  assert.equal((await userNamed(world, 'guest')).metadata.expires, expires)
  world.clock.step(60_001)
  assert.deepEqual((await world.admin.listUsers({})).users, [])
})

test('an unlocked user logs in at once, and the next wrong code does not lock again', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const lock = async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      await assert.rejects(world.logIn('alice', totp, { code: '000000' }), { code: 'LOGIN_REFUSED' })
    }
    await assert.rejects(world.logIn('alice', totp), { code: 'LOGIN_LOCKED' })
  }
  await lock()
  await world.admin.unlockUser({ name: 'alice' })
  await assert.rejects(world.logIn('alice', totp, { code: '000000' }), { code: 'LOGIN_REFUSED' })
  await world.logIn('alice', totp)
  world.clock.step(30_000)
  await lock()
  const { status: _status, ...spec } = (await userNamed(world, 'alice')).spec
  await world.admin.updateUser({ user: { ...(await userNamed(world, 'alice')), spec } })
  await world.logIn('alice', totp)
  assert.equal((await world.audited('user.unlock')).length, 1)
  await assert.rejects(world.admin.unlockUser({ name: 'nobody' }), { code: 'USER_UNKNOWN' })
})

test('a person cannot take from the cluster the last user who edits users; the local administrator can', async () => {
  await using world = await openAuthorityWorld()
  const erin = world.person(await world.logIn('erin', await world.enrol('erin', ['editor'])))
  const editor = await roleNamed(world, 'editor')
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['deleting oneself', () => erin.client.deleteUser({ name: 'erin' })],
    ['giving the role away', async () => erin.client.updateUser({ user: changed(await userNamed(world, 'erin'), ['access']) })],
    ['emptying the role', () => erin.client.updateRole({ role: { ...editor, spec: { ...editor.spec, allow: noConditions } } })],
    [
      'denying it',
      () =>
        erin.client.updateRole({
          role: { ...editor, spec: { ...editor.spec, deny: { ...noConditions, rules: [{ resources: ['user'], verbs: ['update'] }] } } },
        }),
    ],
  ]
  for (const [sentence, attempt] of attempts) await assert.rejects(attempt(), { code: 'LAST_EDITOR', category: 'conflict' }, sentence)
  await erin.client.createUser({ name: 'bob', roles: ['editor'], traits: {} })
  const both = await Promise.allSettled([
    erin.client.deleteUser({ name: 'bob' }),
    erin.client.updateUser({ user: changed(await userNamed(world, 'erin'), ['access']) }),
  ])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  await world.admin.deleteUser({ name: 'erin' })
})

function changed(user: User, roles: readonly string[]): User {
  return { ...user, spec: { ...user.spec, roles } }
}
