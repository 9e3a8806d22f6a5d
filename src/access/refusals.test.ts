/** The words of refusals: the failing dimension by name, and what would grant it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideDatabaseAccess } from './decide-database.ts'
import { decideOperation } from './decide-operation.ts'
import { database, subject, type RoleSketch } from './role.fixture.ts'

const all = { db_users: '*', db_names: '*' }
const labels = { env: 'prod', 'teleport.internal/x': 'hidden' }

const rows: readonly (readonly [string, readonly RoleSketch[], string, string])[] = [
  ['no roles', [], 'you have no role that still exists', 'ask an administrator to run: tctl users update --set-roles=access alice'],
  [
    'labels',
    [{ allow: { ...all, db_labels: { env: 'dev' } } }],
    'no role of yours matches the labels of "my-redshift"',
    'ask for a role with db_labels: {env: prod}',
  ],
  [
    'database user',
    [{ allow: { db_users: 'alice', db_names: '*' } }],
    'no role lets you use the database user "root"',
    'ask for a role with db_users: [root]',
  ],
  [
    'database user, allowed elsewhere',
    [{ allow: { db_names: '*' } }, { allow: { ...all, db_labels: { env: 'dev' } } }],
    'no role that matches the labels of "my-redshift" lets you use the database user "root"',
    'ask for a role with db_users: [root]',
  ],
  [
    'database name',
    [{ allow: { db_users: '*' } }],
    'no role lets you use the database name "secret db"',
    'ask for a role with db_names: ["secret db"]',
  ],
  [
    'no single role',
    [{ allow: { db_users: '*' } }, { allow: { db_names: '*' } }],
    'no single role lets you use the database user "root" together with the database name "secret db"',
    'ask for a role with db_users: [root] and db_names: ["secret db"]',
  ],
  [
    'denied labels',
    [{ allow: all, deny: { db_labels: { env: 'prod' } } }],
    'the role "dev" denies databases with the labels of "my-redshift"',
    'ask an administrator about spec.deny.db_labels of the role dev',
  ],
  [
    'denied database user',
    [{ allow: all, deny: { db_users: 'ro*' } }],
    'the role "dev" denies the database user "root"',
    'ask an administrator about spec.deny.db_users: ["ro*"] of the role dev',
  ],
  [
    'denied by a template nobody can fill',
    [{ allow: all, deny: { db_names: '{{external.x}}' } }],
    'the role "dev" denies the database name "secret db" by the entry "{{external.x}}": it needs the trait "x", which you do not have in full',
    'ask an administrator about spec.deny.db_names: ["{{external.x}}"] of the role dev',
  ],
]
for (const [sentence, roles, reason, hint] of rows) {
  test(`words: ${sentence}`, () => {
    const request = { database: database(labels), databaseUser: 'root', databaseName: 'secret db' }
    const decision = decideDatabaseAccess(subject(roles), request)
    assert.deepEqual(decision.allowed ? {} : { reason: decision.reason, hint: decision.hint }, { reason, hint })
  })
}

test('terminal codes in a name are escaped in reason and hint', () => {
  const request = { database: database(), databaseUser: '\u001B[2Jroot', databaseName: 'dev' }
  const decision = decideDatabaseAccess(subject([{ allow: {} }]), request)
  assert.ok(!decision.allowed)
  assert.equal(decision.reason, 'no role lets you use the database user "\\x1b[2Jroot"')
  assert.equal(decision.hint, 'ask for a role with db_users: ["\\x1b[2Jroot"]')
})

test('a refused operation names its verb, its resource and the rule that would grant it', () => {
  const decision = decideOperation(subject([{ allow: {} }]), { resource: 'token', verb: 'create' })
  assert.deepEqual(decision, {
    allowed: false,
    dimension: 'operation',
    reason: 'no role lets you create "token" resources',
    hint: 'ask for a role with rules: [{resources: [token], verbs: [create]}]',
  })
})
