/** What is said about a role before it is stored. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presetRoles } from '#resources'
import { roleProblems } from './role-problems.ts'
import { role, type RoleSketch } from './role.fixture.ts'

const rows: readonly (readonly [string, RoleSketch, string, RegExp])[] = [
  ['a malformed expression', { allow: { db_users: ['ok', '^(a$'] } }, 'error spec.allow.db_users[1]', /a "\(" without its "\)"/],
  ['a malformed template', { deny: { db_names: '{{what}}' } }, 'error spec.deny.db_names[0]', /neither a trait nor a function/],
  ['an internal trait nobody has', { allow: { db_users: '{{internal.x}}' } }, 'error spec.allow.db_users[0]', /no internal trait "x"/],
  ['a template inside a malformed expression', { allow: { db_users: '^({{external.x}}$' } }, 'error spec.allow.db_users[0]', /without its/],
  ['a malformed label value', { allow: { db_labels: { env: '^[a$' } } }, 'error spec.allow.db_labels["env"][0]', /ends too early/],
  ['a malformed label key', { allow: { db_labels: { '{{x}}': 'a' } } }, 'error spec.allow.db_labels["{{x}}"]', /neither a trait/],
  [
    'an expression over labels that grants nothing',
    { allow: { db_labels_expression: 'true' } },
    'error spec.allow.db_labels_expression',
    /grants no database/,
  ],
  [
    'an expression over labels that denies all',
    { deny: { db_labels_expression: 'true' } },
    'error spec.deny.db_labels_expression',
    /denies every database/,
  ],
  [
    'a condition nobody evaluates',
    { allow: { rules: [{ resources: 'session', verbs: 'read', where: 'true' }] } },
    'error spec.allow.rules[0].where',
    /"true" is not evaluated/,
  ],
  ['a malformed role to request', { allow: { request: { roles: ['^(a$'] } } }, 'error spec.allow.request.roles[0]', /without its/],
  ['a duration nobody can read', { allow: { request: { max_duration: 'long' } } }, 'error spec.allow.request.max_duration', /"long"/],
  [
    'a threshold of nobody',
    { allow: { request: { thresholds: [{ approve: 0, deny: 1 }] } } },
    'error spec.allow.request.thresholds[0].approve',
    /from 1 to 1000/,
  ],
  [
    'a threshold under a condition',
    { allow: { request: { thresholds: [{ approve: 1, deny: 1, filter: 'x' }] } } },
    'error spec.allow.request.thresholds[0].filter',
    /approve nothing/,
  ],
  [
    'thresholds that deny',
    { deny: { request: { thresholds: [{ approve: 1, deny: 1 }] } } },
    'error spec.deny.request.thresholds',
    /in allow only/,
  ],
  [
    'a review under a condition',
    { allow: { review_requests: { roles: ['a'], where: 'x' } } },
    'error spec.allow.review_requests.where',
    /not evaluated/,
  ],
  ['a verb nobody knows', { allow: { rules: [{ resources: 'session', verbs: 'raed' }] } }, 'warning spec.allow.rules[0].verbs', /"raed"/],
  ['a choice anchored on one side', { allow: { db_users: '^a|b$' } }, 'warning spec.allow.db_users[0]', /\^\(a\|b\)\$ is anchored on both/],
  [
    'labels beside the wildcard pair',
    { allow: { db_labels: { '*': '*', env: 'x' } } },
    'warning spec.allow.db_labels',
    /other labels mean nothing/,
  ],
  ['a wildcard key with another value', { allow: { db_labels: { '*': 'x' } } }, 'warning spec.allow.db_labels', /a label of that name/],
]
for (const [sentence, sketch, where, text] of rows) {
  test(`noticed: ${sentence}`, () => {
    const [problem, ...others] = roleProblems(role(sketch))
    assert.deepEqual(others, [])
    assert.equal(problem && `${problem.severity} ${problem.path}`, where)
    assert.match(problem?.text ?? '', text)
  })
}

test('presets and sound roles have no problems', () => {
  for (const preset of presetRoles()) assert.deepEqual(roleProblems(preset), [])
  const sound = {
    db_users: ['*', 'a-*', '^(a|b)$', '^[a|b]$', '{{email.local(external.email)}}', '^x-{{external.y}}$'],
    db_labels: { env: ['a', 'b'] },
  }
  assert.deepEqual(roleProblems(role({ allow: sound })), [])
})
