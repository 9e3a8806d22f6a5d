/** Explanations: they say what the decision says, and what each role contributes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noConditions, type Role, type RoleConditions } from '#resources'
import { explainDatabaseAccess } from './explain-database.ts'

function role(name: string, allow: Partial<RoleConditions>, deny: Partial<RoleConditions> = {}): Role {
  const spec = { options: {}, allow: { ...noConditions, ...allow }, deny: { ...noConditions, ...deny } }
  return { kind: 'role', version: 'v7', metadata: { name, labels: {} }, spec }
}

const everywhere = { dbLabels: { '*': ['*'] } }
const roles = [
  role('dev', { dbLabels: { env: ['dev'] }, dbUsers: ['alice'], dbNames: ['*'] }),
  role('names', { ...everywhere, dbNames: ['y'] }),
  role('users', { ...everywhere, dbUsers: ['{{internal.db_users}}'] }),
]
const request = { database: { name: 'db', labels: { env: 'prod' }, protocol: 'postgres' }, databaseUser: 'alice', databaseName: 'y' }
const subject = { user: 'alice', roles, traits: { db_users: ['alice'] } }

test('each role says which of the three it matches, and no two of them together grant', () => {
  const { decision, roles: found } = explainDatabaseAccess(subject, request)
  assert.equal(decision.allowed, false)
  assert.deepEqual(found, [
    { role: 'dev', labels: false, databaseUser: true, databaseName: true, denies: undefined },
    { role: 'names', labels: true, databaseUser: false, databaseName: true, denies: undefined },
    { role: 'users', labels: true, databaseUser: true, databaseName: false, denies: undefined },
  ])
})

test('a granted connection names its role', () => {
  const { decision } = explainDatabaseAccess(subject, { ...request, database: { ...request.database, labels: { env: 'dev' } } })
  assert.deepEqual(decision, { allowed: true, grantedBy: 'dev' })
})

const denials: readonly (readonly [Partial<RoleConditions>, string])[] = [
  [{ dbLabels: { env: ['prod'] } }, 'labels'],
  [{ dbUsers: ['al*'] }, 'database-user'],
  [{ dbNames: ['y'] }, 'database-name'],
]

for (const [deny, expected] of denials) {
  test(`a role that denies by ${expected} says so, and only that role does`, () => {
    const all = [role('all', { ...everywhere, dbUsers: ['*'], dbNames: ['*'] }), role('guard', {}, deny)]
    const { decision, roles: found } = explainDatabaseAccess({ ...subject, roles: all }, request)
    assert.equal(decision.allowed, false)
    assert.deepEqual(
      found.map(({ denies }) => denies),
      [undefined, expected],
    )
  })
}

test('nobody without roles is explained anything away', () => {
  const { decision, roles: found } = explainDatabaseAccess({ ...subject, roles: [] }, request)
  assert.deepEqual([decision.allowed, found], [false, []])
})
