/** How labels are matched and how traits fill the entries of roles, as sentences: refusals first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Traits } from '#resources'
import { decideDatabaseAccess, decideDatabaseVisibility } from './decide-database.ts'
import { database, subject, type RoleSketch } from './role.fixture.ts'

const all = { db_users: '*', db_names: '*' }

/** So many functions around a trait, each of which takes an x away. */
function nested(depth: number): string {
  const replace = (inner: string): string => `regexp.replace(${inner}, "x?$", "")`
  return `{{${Array.from({ length: depth }).reduce((inner: string) => replace(inner), 'external.email')}}}`
}

interface Question {
  readonly roles: readonly RoleSketch[]
  readonly traits?: Traits
  readonly labels?: Readonly<Record<string, string>>
  readonly user?: string
  readonly name?: string
}

function decide({ roles, traits, labels = { env: 'dev' }, user = 'alice', name = 'dev' }: Question) {
  return decideDatabaseAccess(subject(roles, traits), { database: database(labels), databaseUser: user, databaseName: name })
}

const labelRules: readonly (readonly [string, object, Readonly<Record<string, string>>, boolean])[] = [
  ['an empty selector matches nothing', {}, { env: 'dev' }, false],
  ['a key the database lacks does not match', { env: 'dev', team: 'x' }, { env: 'dev' }, false],
  ['a malformed key template does not match', { '{{what}}': '*' }, { '{{what}}': 'x' }, false],
  ['a key of every object does not match', { constructor: '*' }, {}, false],
  ['a value outside the list does not match', { env: ['test', 'prod'] }, { env: 'dev' }, false],
  ['keys are no patterns', { 'e*': '*' }, { env: 'dev' }, false],
  ['a key "*" with another value is a label of that name', { '*': 'dev' }, { env: 'dev' }, false],
  ['a glob is anchored on both sides', { env: 'd*v' }, { env: 'dev2' }, false],
  ['a glob does not reuse what it has matched', { env: 'aba*aba' }, { env: 'ababa' }, false],
  ['an expression is found between its anchors', { env: '^dev[0-9]$' }, { env: 'dev10' }, false],
  ['an expression outside the subset matches nothing', { env: String.raw`^(d)ev\1$` }, { env: 'devd' }, false],
  ['the wildcard pair matches everything', { '*': '*' }, {}, true],
  ['the wildcard pair wins over other keys', { '*': '*', team: 'x' }, {}, true],
  ['any value of a list matches', { env: ['test', 'dev'] }, { env: 'dev' }, true],
  ['a wildcard value matches any value of its key', { env: '*' }, { env: 'dev' }, true],
  ['a glob takes any run', { env: 'd*v*' }, { env: 'deeev-1' }, true],
  ['an expression matches', { env: '^dev-[0-9]+$' }, { env: 'dev-10' }, true],
  ['an unbracketed choice is anchored on one side only', { env: '^dev|prod$' }, { env: 'developer' }, true],
]
for (const [sentence, selector, labels, visible] of labelRules) {
  test(`labels: ${sentence}`, () => {
    const roles = [{ allow: { ...all, db_labels: selector } }]
    assert.equal(decideDatabaseVisibility(subject(roles), database(labels)).allowed, visible)
    assert.equal(decide({ roles, labels }).allowed, visible)
  })
}

test('a role with a labels expression grants nothing, even where its labels match', () => {
  const roles = [{ allow: { ...all, db_labels_expression: 'labels["env"] == "dev"' } }]
  const decision = decide({ roles })
  assert.ok(!decision.allowed && decision.dimension === 'labels')
  assert.match(decision.reason, /db_labels_expression of the role "dev" is not evaluated/)
  assert.equal(decideDatabaseVisibility(subject(roles), database({ env: 'dev' })).allowed, false)
})

const traitRules: readonly (readonly [string, string | readonly string[], Traits, string, boolean])[] = [
  ['a missing trait grants nothing', '{{internal.db_users}}', {}, 'alice', false],
  ['an empty trait grants nothing', '{{internal.db_users}}', { db_users: [] }, 'alice', false],
  ['an empty value in a trait grants nothing', '{{internal.db_users}}', { db_users: [''] }, 'alice', false],
  ['a key of every object is no trait', '{{external.constructor}}', {}, 'alice', false],
  ['an internal trait nobody knows grants nothing', '{{internal.whatever}}', { whatever: ['alice'] }, 'alice', false],
  ['a trait is no glob', '{{internal.db_users}}', { db_users: ['al*'] }, 'alice', false],
  ['a trait is no expression', '{{internal.db_users}}', { db_users: ['^.*$'] }, 'alice', false],
  ['a star in a trait with text around is a star', 'dev-{{internal.db_users}}', { db_users: ['*'] }, 'dev-alice', false],
  ['a star through a function is a star', '{{email.local(external.email)}}', { email: ['*@example.com'] }, 'alice', false],
  ['a trait inside an expression stands for itself', '^{{external.team}}-[0-9]+$', { team: ['.*'] }, 'x-1', false],
  ['braces without their beginning grant nothing', 'a}}', {}, 'a}}', false],
  ['braces without their end grant nothing', '{{a', {}, '{{a', false],
  ['functions too deep inside each other grant nothing', nested(6), { email: ['ax'] }, 'a', false],
  ['two templates in one entry grant nothing', '{{external.a}}{{external.b}}', { a: ['ali'], b: ['ce'] }, 'alice', false],
  ['an address that is none grants nothing', '{{email.local(external.email)}}', { email: ['alice'] }, 'alice', false],
  ['a replacement without a match grants nothing', '{{regexp.replace(external.e, "^x(.*)$", "$1")}}', { e: ['alice'] }, 'alice', false],
  ['a trait that is a star is a wildcard', '{{internal.db_users}}', { db_users: ['*'] }, 'anybody', true],
  ['a trait grants each of its values', '{{internal.db_users}}', { db_users: ['bob', 'alice'] }, 'alice', true],
  ['an external trait grants', '{{ external.names }}', { names: ['alice'] }, 'alice', true],
  ['an external trait with a strange name grants', '{{external["https://x/y"]}}', { 'https://x/y': ['alice'] }, 'alice', true],
  ['text around a template is kept', 'db-{{external.team}}-ro', { team: ['a', 'b'] }, 'db-b-ro', true],
  ['the local part of an address grants', '{{email.local(external.email)}}', { email: ['alice@example.com'] }, 'alice', true],
  [
    'a replacement grants what it makes',
    String.raw`{{regexp.replace(external.email, "^(.*)@example\\.com$", "db-$1")}}`,
    { email: ['bob@other.org', 'alice@example.com'] },
    'db-alice',
    true,
  ],
  [
    'functions stand inside each other',
    '{{regexp.replace(email.local(external.email), "[.]", "_")}}',
    { email: ['a.b.c@example.com'] },
    'a_b_c',
    true,
  ],
  ['functions five deep inside each other grant', nested(5), { email: ['ax'] }, 'a', true],
  ['a glob around a template is a glob', '*-{{external.team}}', { team: ['x'] }, 'anything-x', true],
  ['a trait inside an expression grants itself', '^{{external.team}}-[0-9]+$', { team: ['a.b'] }, 'a.b-1', true],
  ['a glob grants what it describes', 'al*', {}, 'alice', true],
  ['an expression grants what it describes', '^al(ice|bert)$', {}, 'albert', true],
  ['an entry beside a broken one grants', ['{{what}}', 'alice'], {}, 'alice', true],
]
for (const [sentence, entries, traits, user, allowed] of traitRules) {
  test(`traits: ${sentence}`, () => {
    const decision = decide({ roles: [{ allow: { db_users: entries, db_names: '*' } }], traits, user })
    assert.equal(decision.allowed, allowed)
    const byName = decide({ roles: [{ allow: { db_users: '*', db_names: entries } }], traits, name: user })
    assert.equal(byName.allowed, allowed)
  })
}

test('labels are filled with traits', () => {
  const roles = [{ allow: { ...all, db_labels: { '{{external.key}}': '{{external.team}}-*' } } }]
  const decideWith = (traits: Traits) => decide({ roles, traits, labels: { owner: 'x-1' } }).allowed
  assert.equal(decideWith({ key: ['owner', 'env'], team: ['y', 'x'] }), true)
  assert.equal(decideWith({ key: ['env', 'owner'], team: ['x'] }), false)
  assert.equal(decideWith({ key: ['owner'], team: ['*'] }), false)
  assert.equal(decideWith({ key: ['owner'] }), false)
})
