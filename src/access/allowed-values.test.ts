/** What lists show as allowed database users and names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Traits } from '#resources'
import { allowedDatabaseNames, allowedDatabaseUsers } from './allowed-values.ts'
import { database, subject, type RoleSketch } from './role.fixture.ts'

const prod = { db_labels: { env: 'prod' } }
const rows: readonly (readonly [string, readonly RoleSketch[], readonly string[], readonly string[]])[] = [
  ['no roles, nobody', [], [], []],
  ['no entries, nobody', [{}], [], []],
  ['entries of a role for other databases do not count', [{ allow: { ...prod, db_users: 'alice' } }], [], []],
  ['denied labels leave nobody', [{ allow: { db_users: 'alice' } }, { deny: { db_labels: { env: 'dev' } } }], [], []],
  ['a denied wildcard leaves nobody', [{ allow: { db_users: ['*', 'alice'] } }, { deny: { db_users: '*' } }], [], []],
  ['a denied template without its trait leaves nobody', [{ allow: { db_users: '*' } }, { deny: { db_users: '{{external.x}}' } }], [], []],
  ['denied users are not shown without a wildcard', [{ allow: { db_users: ['alice', 'bob'] }, deny: { db_users: 'bob' } }], ['alice'], []],
  ['a wildcard shows what is denied', [{ allow: { db_users: '*' }, deny: { db_users: 'bob' } }], ['*'], ['bob']],
  ['a wildcard of one role is enough', [{ allow: { db_users: 'a' } }, { allow: { db_users: '*' } }], ['*', 'a'], []],
  ['explicit entries stand beside a wildcard', [{ allow: { db_users: ['*', 'baz'] }, deny: { db_users: 'bob' } }], ['*', 'baz'], ['bob']],
  [
    'an entry of another role is shown where the wildcard covers it',
    [{ allow: { db_users: '*' } }, { allow: { ...prod, db_users: 'eve' } }],
    ['*', 'eve'],
    [],
  ],
  [
    'a deny of a role for other databases counts',
    [{ allow: { db_users: '*' } }, { allow: prod, deny: { db_users: 'bob' } }],
    ['*'],
    ['bob'],
  ],
  [
    'patterns are shown as they are',
    [{ allow: { db_users: ['dev-*', 'alice'] }, deny: { db_users: 'dev-x' } }],
    ['alice', 'dev-*'],
    ['dev-x'],
  ],
  ['a denied pattern hides what it describes', [{ allow: { db_users: ['dev-a', 'alice'] }, deny: { db_users: 'dev-*' } }], ['alice'], []],
  ['a denied pattern takes back the same pattern', [{ allow: { db_users: ['dev-*'] }, deny: { db_users: 'dev-*' } }], [], []],
  [
    'several roles add up, sorted and once each',
    [{ allow: { db_users: ['c', 'a'] } }, { allow: { db_users: ['a', 'b'] } }],
    ['a', 'b', 'c'],
    [],
  ],
]
for (const [sentence, roles, allowed, denied] of rows) {
  test(sentence, () => {
    assert.deepEqual(allowedDatabaseUsers(subject(roles), database({ env: 'dev' })), { allowed, denied })
    const byName = JSON.parse(JSON.stringify(roles).replaceAll('db_users', 'db_names'))
    assert.deepEqual(allowedDatabaseNames(subject(byName), database({ env: 'dev' })), { allowed, denied })
  })
}

test('traits fill what is shown', () => {
  const roles = [{ allow: { db_users: '{{internal.db_users}}' } }]
  const shown = (traits: Traits) => allowedDatabaseUsers(subject(roles, traits), database()).allowed
  assert.deepEqual(shown({ db_users: ['*'] }), ['*'])
  assert.deepEqual(shown({ db_users: ['bob', 'alice'] }), ['alice', 'bob'])
  assert.deepEqual(shown({}), [])
})

test('a role denied by its ARN is not shown by its short name', () => {
  const roles = [{ allow: { db_users: 'role/x' }, deny: { db_users: 'arn:aws:iam::123456789012:role/x' } }]
  const target = database({}, { region: 'us-east-1', accountId: '123456789012' })
  assert.deepEqual(allowedDatabaseUsers(subject(roles), target).allowed, [])
})

test('a user that is denied in another case is not offered, and shown as the role has it', () => {
  const roles = [{ allow: { db_users: ['*', 'root'], db_names: '*' }, deny: { db_users: 'Root' } }]
  assert.deepEqual(allowedDatabaseUsers(subject(roles), database()), { allowed: ['*'], denied: ['Root', 'root'] })
})
