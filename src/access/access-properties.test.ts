/** What holds for all roles, traits and databases; and how long it takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Role, Traits } from '#resources'
import * as fc from 'fast-check'
import { allowedDatabaseNames, allowedDatabaseUsers } from './allowed-values.ts'
import { decideDatabaseAccess, decideDatabaseVisibility } from './decide-database.ts'
import { database, role } from './role.fixture.ts'
import { compileSubject } from './subject.ts'

const name = fc.constantFrom('a', 'b', 'ab', 'role/x', 'arn:aws:iam::123456789012:role/x', '*')
const entry = fc.oneof(
  name,
  fc.constantFrom(
    'a*',
    '^a|b$',
    '^(a',
    '^(a|b)$',
    '{{external.t}}',
    '{{internal.db_users}}',
    'a{{external.u}}',
    '{{broken',
    'role/*',
    '{{email.local(external.t)}}',
  ),
)
const entries = fc.uniqueArray(entry, { maxLength: 3 })
const selector = fc.dictionary(fc.constantFrom('env', 'team', '*', '{{external.t}}'), entries, { maxKeys: 2 })
const half = fc.record({ db_labels: selector, db_users: entries, db_names: entries }, { requiredKeys: [] })
const sketch = fc.record({
  name: fc.constantFrom('r1', 'r2'),
  allow: half,
  deny: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: half }),
})
const roles = fc.array(sketch.map(role), { maxLength: 3 })
const traits: fc.Arbitrary<Traits> = fc.dictionary(fc.constantFrom('t', 'u', 'db_users'), fc.array(name, { maxLength: 2 }))
const labels = fc.dictionary(fc.constantFrom('env', 'team'), name)
const place = fc.constantFrom(undefined, { region: 'us-east-1', accountId: '123456789012' }, { accountId: '999999999999' })
const target = fc.tuple(labels, place).map(([labelValues, aws]) => database(labelValues, aws))
const request = fc.record({ database: target, databaseUser: name, databaseName: name })

function withoutDeny(held: Role): Role {
  return { ...held, spec: { ...held.spec, deny: role({}).spec.deny } }
}

test('a deny never widens', () => {
  fc.assert(
    fc.property(roles, traits, request, (held, values, asked) => {
      const user = 'alice'
      const denied = decideDatabaseAccess({ user, roles: held, traits: values }, asked)
      const free = decideDatabaseAccess({ user, roles: held.map(withoutDeny), traits: values }, asked)
      assert.ok(free.allowed || !denied.allowed)
    }),
    { numRuns: 1500 },
  )
})

test('one more role without denies never takes a grant away', () => {
  fc.assert(
    fc.property(roles, sketch.map(role).map(withoutDeny), traits, request, (held, added, values, asked) => {
      const before = decideDatabaseAccess({ user: 'alice', roles: held, traits: values }, asked)
      const after = decideDatabaseAccess({ user: 'alice', roles: [...held, added], traits: values }, asked)
      assert.ok(after.allowed || !before.allowed)
    }),
    { numRuns: 1500 },
  )
})

test('one more deny never grants, whatever stands in it', () => {
  fc.assert(
    fc.property(roles, sketch.map(role), traits, request, (held, added, values, asked) => {
      const denying = { ...added, spec: { ...added.spec, allow: role({ allow: { db_labels: {} } }).spec.allow } }
      const before = decideDatabaseAccess({ user: 'alice', roles: held, traits: values }, asked)
      const after = decideDatabaseAccess({ user: 'alice', roles: [...held, denying], traits: values }, asked)
      assert.ok(before.allowed || !after.allowed)
    }),
    { numRuns: 1500 },
  )
})

test('a grant comes from one role alone, and makes the database visible', () => {
  fc.assert(
    fc.property(roles, traits, request, (held, values, asked) => {
      const decision = decideDatabaseAccess({ user: 'alice', roles: held, traits: values }, asked)
      const alone = held.some((one) => decideDatabaseAccess({ user: 'alice', roles: [one], traits: values }, asked).allowed)
      if (!decision.allowed) return assert.ok(decision.reason !== '' && decision.hint !== '')
      assert.ok(alone && decideDatabaseVisibility({ user: 'alice', roles: held, traits: values }, asked.database).allowed)
    }),
    { numRuns: 1500 },
  )
})

test('compiling a subject changes no decision', () => {
  fc.assert(
    fc.property(roles, traits, request, (held, values, asked) => {
      const subject = { user: 'alice', roles: held, traits: values }
      assert.deepEqual(decideDatabaseAccess(compileSubject(subject), asked), decideDatabaseAccess(subject, asked))
    }),
  )
})

test('every pair of values that lists show is granted by some decision, and no other exact name is', () => {
  fc.assert(
    fc.property(roles, traits, request, (held, values, asked) => {
      const subject = compileSubject({ user: 'alice', roles: held, traits: values })
      const users = allowedDatabaseUsers(subject, asked.database)
      const names = allowedDatabaseNames(subject, asked.database)
      if (!decideDatabaseAccess(subject, asked).allowed) return
      assert.ok(users.allowed.length > 0 && names.allowed.length > 0)
      assert.ok(!users.denied.includes(asked.databaseUser) && !names.denied.includes(asked.databaseName))
    }),
    { numRuns: 1500 },
  )
})

test('twenty roles against a thousand databases take less than 50 ms of CPU', () => {
  const held = Array.from({ length: 20 }, (_, index) =>
    role({
      name: `r${index}`,
      allow: {
        db_labels: { team: [`team-${index}`, '{{external.team}}'], env: ['^(dev|test)-[0-9]+$', 'prod-*'] },
        db_users: ['{{internal.db_users}}', `user-${index}`, 'app-*'],
        db_names: ['*'],
      },
      deny: { db_labels: { secret: ['yes', '^very.*$'] }, db_users: [`no-${index}`] },
    }),
  )
  const databases = Array.from({ length: 1000 }, (_, index) => ({
    ...database({ team: `team-${index % 40}`, env: `test-${index}`, ...(index % 50 === 0 ? { secret: 'very much' } : {}) }),
    name: `database-${index}`,
  }))
  const subject = { user: 'alice', roles: held, traits: { db_users: ['alice', 'bob'], team: ['team-39'] } }
  const list = () => {
    const compiled = compileSubject(subject)
    const visible = databases.filter((one) => decideDatabaseVisibility(compiled, one).allowed)
    return visible.map((one) => [allowedDatabaseUsers(compiled, one), allowedDatabaseNames(compiled, one)])
  }
  // The best of several runs: the rule is about our work, not about a busy machine.
  const runs = Array.from({ length: 6 }, () => {
    const start = process.cpuUsage()
    assert.ok(list().length > 400)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  })
  assert.ok(Math.min(...runs) < 50, `${runs.map((run) => run.toFixed(1)).join(', ')} ms`)
})
