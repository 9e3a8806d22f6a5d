/** The rules for databases, as sentences: refusals first, then what is granted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presetRoles, type Traits } from '#resources'
import type { AccessDimension, DatabaseTarget } from './decision.ts'
import { decideDatabaseAccess, decideDatabaseVisibility } from './decide-database.ts'
import { database, subject, type RoleSketch } from './role.fixture.ts'

interface Case {
  readonly roles: readonly RoleSketch[]
  readonly traits?: Traits
  readonly database?: DatabaseTarget
  readonly user?: string
  readonly name?: string
  /** A dimension where it is refused, the granting role where it is allowed. */
  readonly expected: AccessDimension | `granted by ${string}`
}

function decide({ roles, traits, database: target, user, name }: Case) {
  return decideDatabaseAccess(subject(roles, traits), {
    database: target ?? database({ env: 'dev' }),
    databaseUser: user ?? 'alice',
    databaseName: name ?? 'dev',
  })
}

function check(sentence: string, row: Case): void {
  test(sentence, () => {
    const decision = decide(row)
    assert.equal(decision.allowed ? `granted by ${decision.grantedBy}` : decision.dimension, row.expected)
  })
}

const all = { db_users: '*', db_names: '*' }
const open = { allow: all }

const pairing: readonly (readonly [string, Case])[] = [
  ['nobody without roles gets in', { roles: [], expected: 'no-roles' }],
  ['an empty database user is refused, even with a wildcard', { roles: [open], user: '', expected: 'database-user' }],
  ['an empty database name is refused, even with a wildcard', { roles: [open], name: '', expected: 'database-name' }],
  ['an endless database user is refused, even with a wildcard', { roles: [open], user: 'x'.repeat(4000), expected: 'database-user' }],
  ['an endless database name is refused, even with a wildcard', { roles: [open], name: 'x'.repeat(4000), expected: 'database-name' }],
  ['a database user of the greatest length is decided', { roles: [open], user: 'x'.repeat(2048), expected: 'granted by dev' }],
  ['a database name of the greatest length is decided', { roles: [open], name: 'x'.repeat(2048), expected: 'granted by dev' }],
  ['a role without labels reaches nothing', { roles: [{ allow: { ...all, db_labels: {} } }], expected: 'labels' }],
  ['a role without users lets nobody in', { roles: [{ allow: { db_names: '*' } }], expected: 'database-user' }],
  ['a role without names lets nobody in', { roles: [{ allow: { db_users: '*' } }], expected: 'database-name' }],
  ['a name never matches by prefix', { roles: [{ allow: { ...all, db_users: 'al' } }], expected: 'database-user' }],
  ['a name never matches in another case', { roles: [{ allow: { ...all, db_users: 'Alice' } }], expected: 'database-user' }],
  [
    'the user of one role and the name of another do not add up',
    {
      roles: [
        { name: 'a', allow: { db_users: 'alice', db_names: 'other' } },
        { name: 'b', allow: { db_users: 'other', db_names: 'dev' } },
      ],
      expected: 'database-name',
    },
  ],
  [
    'the labels of one role and the user of another do not add up',
    {
      roles: [
        { name: 'a', allow: { db_labels: { env: 'dev' }, db_names: '*' } },
        { name: 'b', allow: { ...all, db_labels: { env: 'prod' } } },
      ],
      expected: 'database-user',
    },
  ],
  [
    'one role with all three grants',
    {
      roles: [
        { name: 'none', allow: {} },
        { name: 'full', allow: all },
      ],
      expected: 'granted by full',
    },
  ],
  ['exact entries grant', { roles: [{ allow: { db_users: ['alice'], db_names: ['dev'] } }], expected: 'granted by dev' }],
]
for (const [sentence, row] of pairing) check(sentence, row)

const denies: readonly (readonly [string, Case])[] = [
  ['a denied user is refused', { roles: [open, { name: 'no', deny: { db_users: 'alice' } }], expected: 'denied-database-user' }],
  [
    'a denied user is refused whatever the labels of the denying role',
    {
      roles: [open, { name: 'no', allow: { db_labels: {} }, deny: { db_users: 'alice', db_labels: { env: 'prod' } } }],
      expected: 'denied-database-user',
    },
  ],
  ['a denied name is refused', { roles: [open, { name: 'no', deny: { db_names: 'dev' } }], expected: 'denied-database-name' }],
  [
    'denied labels refuse every user',
    { roles: [open, { name: 'no', deny: { db_labels: { env: ['prod', 'dev'] } } }], expected: 'denied-labels' },
  ],
  ['a deny wins over an allow in the same role', { roles: [{ allow: all, deny: { db_users: 'al*' } }], expected: 'denied-database-user' }],
  ['a denied wildcard refuses everybody', { roles: [open, { name: 'no', deny: { db_users: '*' } }], expected: 'denied-database-user' }],
  [
    'a denied template without its trait refuses everybody',
    { roles: [open, { name: 'no', deny: { db_users: '{{external.banned}}' } }], expected: 'denied-database-user' },
  ],
  [
    'a denied template with an empty trait refuses everybody',
    { roles: [open, { name: 'no', deny: { db_users: '{{external.banned}}' } }], traits: { banned: [] }, expected: 'denied-database-user' },
  ],
  [
    'a denied template with text around refuses what it could be',
    { roles: [open, { name: 'no', deny: { db_users: 'al{{external.banned}}' } }], expected: 'denied-database-user' },
  ],
  [
    'a denied template of an address that is none refuses everybody',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{email.local(external.email)}}' } }],
      traits: { email: ['bob@example.com', 'nonsense'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied template that is malformed refuses everybody',
    { roles: [open, { name: 'no', deny: { db_names: '{{what}}' } }], expected: 'denied-database-name' },
  ],
  [
    'a denied expression that is malformed refuses everybody',
    { roles: [open, { name: 'no', deny: { db_names: '^(a$' } }], expected: 'denied-database-name' },
  ],
  [
    'a denied label template without its trait refuses every value of the label',
    { roles: [open, { name: 'no', deny: { db_labels: { env: '{{external.env}}' } } }], expected: 'denied-labels' },
  ],
  [
    'a denied label key template without its trait refuses every database',
    { roles: [open, { name: 'no', deny: { db_labels: { '{{external.key}}': 'x' } } }], expected: 'denied-labels' },
  ],
  [
    'a denied trait is also read as the pattern it might be',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{external.banned}}' } }],
      traits: { banned: ['al*'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied trait with text around is also read as the pattern it might be',
    {
      roles: [open, { name: 'no', deny: { db_users: 'al{{external.banned}}' } }],
      traits: { banned: ['*e'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied trait that is no pattern after all is still denied as it stands',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{external.banned}}' } }],
      traits: { banned: ['^(a$'] },
      user: '^(a$',
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied expression around a template without its trait refuses everybody where it is malformed',
    { roles: [open, { name: 'no', deny: { db_users: '^({{external.banned}}$' } }], expected: 'denied-database-user' },
  ],
  [
    'a denied replacement without a match refuses everybody',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{regexp.replace(external.g, "^c-(.*)$", "$1")}}' } }],
      traits: { g: ['x'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied replacement that leaves nothing refuses everybody',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{regexp.replace(external.g, "^c-(.*)$", "$1")}}' } }],
      traits: { g: ['c-bob', 'c-'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied replacement of an address that is none refuses everybody',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{regexp.replace(email.local(external.email), "^(.*)$", "$1")}}' } }],
      traits: { email: ['bob@example.com', 'nonsense'] },
      expected: 'denied-database-user',
    },
  ],
  [
    'a denied replacement refuses its matches only',
    {
      roles: [open, { name: 'no', deny: { db_users: '{{regexp.replace(external.g, "^c-(.*)$", "$1")}}' } }],
      traits: { g: ['c-bob', 'x'] },
      expected: 'granted by dev',
    },
  ],
  [
    'a denied label key template that is malformed refuses every database',
    { roles: [open, { name: 'no', deny: { db_labels: { '{{what}}': 'x' } } }], expected: 'denied-labels' },
  ],
  [
    'denied labels under an expression refuse every database',
    { roles: [open, { name: 'no', deny: { db_labels_expression: 'labels["env"] == "prod"' } }], expected: 'denied-labels' },
  ],
  [
    'a deny of somebody else leaves the others in',
    { roles: [open, { name: 'no', deny: { db_users: 'bob', db_names: 'prod', db_labels: { env: 'prod' } } }], expected: 'granted by dev' },
  ],
  [
    'a denied template with its trait refuses that value only',
    { roles: [open, { name: 'no', deny: { db_users: '{{external.banned}}' } }], traits: { banned: ['bob'] }, expected: 'granted by dev' },
  ],
  [
    'a denied label that the database lacks refuses nothing, whatever the trait',
    { roles: [open, { name: 'no', deny: { db_labels: { team: '{{external.team}}' } } }], expected: 'granted by dev' },
  ],
]
for (const [sentence, row] of denies) check(sentence, row)

test('the access preset grants what the traits of the user say', () => {
  const roles = presetRoles().filter(({ metadata }) => metadata.name === 'access')
  const target = { database: database({ env: 'dev' }), databaseUser: 'anybody', databaseName: 'dev' }
  const decideWith = (traits: Traits) => decideDatabaseAccess({ user: 'alice', roles, traits }, target)
  assert.deepEqual(decideWith({ db_users: ['*'], db_names: ['*'] }), { allowed: true, grantedBy: 'access' })
  assert.equal(decideWith({ db_users: ['alice'], db_names: ['*'] }).allowed, false)
  assert.equal(decideWith({ db_users: ['*'], db_names: [] }).allowed, false)
})

test('a granting role that wants a second factor wants it even where another grants without', () => {
  const roles = [open, { name: 'careful', allow: all, options: { require_session_mfa: true } }]
  const request = { database: database(), databaseUser: 'alice', databaseName: 'dev' }
  const refused = decideDatabaseAccess(subject(roles), request)
  assert.ok(!refused.allowed && refused.dimension === 'session-mfa' && refused.reason.includes('"careful"'))
  assert.equal(decideDatabaseAccess({ ...subject(roles), sessionMfaVerified: true }, request).allowed, true)
})

test('a role that does not grant does not want a second factor', () => {
  const roles = [open, { name: 'elsewhere', allow: { ...all, db_labels: { env: 'prod' } }, options: { require_session_mfa: true } }]
  assert.equal(decideDatabaseAccess(subject(roles), { database: database(), databaseUser: 'a', databaseName: 'b' }).allowed, true)
})

const visibility: readonly (readonly [string, readonly RoleSketch[], boolean])[] = [
  ['nobody without roles sees anything', [], false],
  ['denied labels hide a database', [open, { name: 'no', deny: { db_labels: { env: 'dev' } } }], false],
  ['a database is seen by its labels alone', [{ allow: {} }], true],
  ['a denied user hides nothing', [open, { name: 'no', deny: { db_users: '*' } }], true],
]
for (const [sentence, roles, visible] of visibility) {
  test(`visibility: ${sentence}`, () => assert.equal(decideDatabaseVisibility(subject(roles), database({ env: 'dev' })).allowed, visible))
}

const kelvin = '\u212a'
const caseless: readonly (readonly [string, string, string])[] = [
  ['an exact entry', 'root', 'ROOT'],
  ['an exact entry in capitals', 'Root', 'root'],
  ['a pattern', 'Admin-*', 'aDMIN-west'],
  ['a pattern that ends in capitals', '*_Super', 'x_super'],
  ['an expression', '^Root[0-9]$', 'rOOT1'],
  ['an expression with letters outside of ASCII, as it is written', '^\u00c9lan$', '\u00c9lan'],
  ['a letter that folds to another alphabet', 'kim', `${kelvin}im`],
  ['a letter whose fold hangs on its neighbours', '\u0391\u03a3*', '\u0391\u03a3\u0392'],
  ['a template', '{{internal.logins}}', 'ALICE'],
]
for (const [what, entry, asked] of caseless) {
  const traits = { logins: ['alice'] }
  check(`a deny of a user reaches every case: ${what}`, {
    roles: [open, { deny: { db_users: entry } }],
    traits,
    user: asked,
    expected: 'denied-database-user',
  })
  check(`a deny of a name reaches every case: ${what}`, {
    roles: [open, { deny: { db_names: entry } }],
    traits,
    name: asked,
    expected: 'denied-database-name',
  })
}
check('a deny of labels keeps to the case as written', {
  roles: [open, { deny: { db_labels: { env: 'Dev' } } }],
  expected: 'granted by dev',
})
