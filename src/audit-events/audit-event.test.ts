/** Bodies, stamps, canonical JSON, the chain, and how events read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { auditEvent } from './audit-event.ts'
import { canonicalJson } from './canonical-json.ts'
import { chainHash, chainStart } from './chain.ts'
import { databaseQuery, databaseSessionCancel, databaseSessionStart, hostJoin, inviteRedeemed, userLogin } from './constructors.ts'
import { describeEvent } from './describe-event.ts'
import type { AuditEvent, AuditEventBody } from './event.ts'

const stamp = { uid: '7b1f5b3e-5c8e-4d2e-9a53-2f7d2f1c0a11', time: new Date('2026-11-22T12:00:00.5Z'), clusterName: 'example.com' }
const alice = { user: 'alice', db_service: 'my-redshift', db_user: 'alice', db_name: 'dev', sid: 's-1' }

test('an event carries its stamp, and no field that is undefined', () => {
  const body = userLogin({ user: 'alice', success: true, method: 'local', error: undefined })
  assert.deepEqual(auditEvent(body, stamp), {
    event: 'user.login',
    code: 'T1000I',
    uid: stamp.uid,
    time: '2026-11-22T12:00:00.500Z',
    cluster_name: 'example.com',
    user: 'alice',
    success: true,
    method: 'local',
  })
})

const codes: readonly [string, AuditEventBody, string][] = [
  ['a login', userLogin({ user: 'a', success: true, method: 'local' }), 'T1000I'],
  ['a failed login', userLogin({ user: 'a', success: false, method: 'local' }), 'T1000W'],
  ['an invitation used', inviteRedeemed({ user: 'a', success: true }), 'TPI02I'],
  ['an invitation refused', inviteRedeemed({ user: 'a', success: false }), 'TPI02W'],
  ['a join', hostJoin({ host_id: 'h', roles: ['Db'], method: 'token', success: true }), 'TJ001I'],
  ['a refused join', hostJoin({ host_id: 'h', roles: ['Db'], method: 'token', success: false }), 'TJ001W'],
  ['a session', databaseSessionStart({ ...alice, success: true }), 'TDB00I'],
  ['a refused session', databaseSessionStart({ ...alice, success: false }), 'TDB00W'],
  ['a cancel', databaseSessionCancel({ ...alice, success: true }), 'TDB11I'],
  ['a cancel with a wrong key', databaseSessionCancel({ success: false }), 'TDB11W'],
  ['a statement', databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'ok' }), 'TDB02I'],
  ['a statement of unknown end', databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'unknown' }), 'TDB02I'],
  ['a statement that failed', databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'error' }), 'TDB02W'],
  ['a statement that was skipped', databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'skipped' }), 'TDB02W'],
  ['a statement we refused', databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'refused' }), 'TDB02W'],
]

for (const [sentence, body, code] of codes) {
  test(`${sentence} has the code ${code}`, () => {
    assert.equal(body.code, code)
  })
}

test('a statement cannot be recorded with its secret', () => {
  const body = databaseQuery({
    ...alice,
    db_query: `ALTER USER a PASSWORD 'hunter2'`,
    outcome: 'error',
    error: `near "PASSWORD 'hunter2'"`,
  })
  assert.ok(!JSON.stringify(body).includes('hunter2'))
})

test('a statement of unknown end says neither success nor failure', () => {
  assert.equal('success' in auditEvent(databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'unknown' }), stamp), false)
})

const spellings: readonly [string, unknown, string][] = [
  ['keys are sorted by code units', { b: 1, a: 2, '\u{1f980}': 3, '\uffee': 4, A: 5 }, '{"A":5,"a":2,"b":1,"\u{1f980}":3,"\uffee":4}'],
  ['keys that are numbers are sorted as text', { 10: 1, 9: 2 }, '{"10":1,"9":2}'],
  ['undefined fields are left out', { a: undefined, b: null }, '{"b":null}'],
  ['numbers have one spelling', [1, -0, 1e21, 0.1, 1e-7], '[1,0,1e+21,0.1,1e-7]'],
  ['texts are escaped as JSON does', 'a"\\\n\u0007\ud800', String.raw`"a\"\\\n\u0007\ud800"`],
]

for (const [sentence, value, text] of spellings) {
  test(`in canonical JSON ${sentence}`, () => {
    assert.equal(canonicalJson(value), text)
  })
}

test('canonical JSON survives being read and written again, in any order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(JSON.parse(text)), text)
      assert.equal(canonicalJson(JSON.parse(JSON.stringify(value))), text)
    }),
  )
})

test('what JSON cannot hold is refused', () => {
  const deep: unknown = Array.from({ length: 100 }).reduce((inner) => [inner], 1)
  for (const value of [Number.NaN, Infinity, 1n, Symbol('a'), () => 1, new Date(), new Map(), { a: [undefined] }, deep]) {
    assert.throws(() => canonicalJson(value), { code: 'AUDIT_EVENT_REFUSED' })
  }
})

test('the chain depends on each event and on their order, not on the order of fields', () => {
  const one = auditEvent(userLogin({ user: 'a', success: true, method: 'local' }), stamp)
  const two: AuditEvent = { ...one, user: 'b' }
  const reordered: AuditEvent = { user: 'a', method: 'local', success: true, ...one }
  const chain = (events: readonly AuditEvent[]): string => events.reduce(chainHash, chainStart)
  assert.match(chain([one]), /^[0-9a-f]{64}$/)
  assert.equal(chain([one, two]), chain([reordered, two]))
  assert.notEqual(chain([one, two]), chain([two, one]))
  assert.notEqual(chain([one]), chain([two]))
  assert.notEqual(chain([one]), chain([one, one]))
})

const lines: readonly [string, AuditEventBody, string][] = [
  ['a login', userLogin({ user: 'alice', success: true, method: 'local' }), 'alice logged in'],
  [
    'a failed login',
    userLogin({ user: 'alice', success: false, method: 'local', error: 'wrong password' }),
    'alice failed to log in: wrong password',
  ],
  [
    'a failed login too many',
    userLogin({ user: 'a', success: false, method: 'local', locked_out: '192.0.2.0/24', locked_until: '2026-11-22T12:30:00.000Z' }),
    'a failed to log in (too many failures: 192.0.2.0/24 shut out until 2026-11-22T12:30:00.000Z)',
  ],
  [
    'a new user',
    { event: 'user.create', code: 'T1002I', user: 'admin', name: 'bob', roles: ['access', 'auditor'] },
    'admin created the user bob with roles access,auditor',
  ],
  ['a session', databaseSessionStart({ ...alice, success: true }), 'alice connected to my-redshift as alice (database name dev)'],
  [
    'a refusal',
    databaseSessionStart({ ...alice, success: false, error: 'no role' }),
    'alice was refused my-redshift as alice (database name dev): no role',
  ],
  [
    'an end',
    { event: 'db.session.end', code: 'TDB01I', ...alice, statements: 1 },
    'alice left my-redshift as alice (database name dev) after 1 statement',
  ],
  [
    'a statement over several lines',
    databaseQuery({ ...alice, db_query: 'SELECT 1,\n\t 2', outcome: 'ok', rows: 2, duration_ms: 3.6 }),
    'alice on my-redshift: SELECT 1, 2 (2 rows, 4 ms)',
  ],
  [
    'a failed statement',
    databaseQuery({ ...alice, db_query: 'SELECT', outcome: 'error', sql_state: '42601', error: 'syntax error' }),
    'alice on my-redshift: SELECT (failed: 42601 syntax error)',
  ],
  [
    'a skipped statement',
    databaseQuery({ ...alice, db_query: 'SELECT 1', outcome: 'skipped' }),
    'alice on my-redshift: SELECT 1 (skipped)',
  ],
  [
    'a statement whose text is unknown',
    databaseQuery({ ...alice, db_query: '', db_query_missing: true, portal_name: 'c1', outcome: 'ok', rows: 5 }),
    'alice on my-redshift: [text of c1 unknown] (5 rows)',
  ],
  [
    'a statement whose text and name are unknown',
    databaseQuery({ ...alice, db_query: '', db_query_missing: true, portal_name: '', statement_name: '', outcome: 'skipped' }),
    'alice on my-redshift: [text unknown] (skipped)',
  ],
  ['a join', hostJoin({ host_id: 'h1', hostname: 'agent', roles: ['Db'], method: 'token', success: true }), 'agent (h1) joined as Db'],
]

for (const [sentence, body, line] of lines) {
  test(`${sentence} reads as one line`, () => {
    assert.equal(describeEvent(auditEvent(body, stamp)), line)
  })
}

test('an event of a later version is described by its name', () => {
  assert.equal(describeEvent({ event: 'toString', code: 'X', uid: 'u', time: 't', cluster_name: 'c' }), 'toString')
})

test('no event breaks a line or steers a terminal, whatever its fields hold', () => {
  const names = fc.constantFrom('db.session.query', 'user.login', 'join', 'cert.create', 'db.session.end', 'access.denied', 'anything')
  const field = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\u001b[2Jb', '\r\n', '\u202eevil'), fc.jsonValue())
  fc.assert(
    fc.property(
      names,
      fc.dictionary(fc.constantFrom('user', 'db_query', 'error', 'roles', 'outcome', 'sql_state', 'statements'), field),
      (event, fields) => {
        const line = describeEvent({ ...fields, event, code: 'X', uid: 'u', time: 't', cluster_name: 'c' })
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
        assert.ok(line.length < 1000)
      },
    ),
  )
})
