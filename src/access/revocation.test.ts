/** Who is cut off: locks of every target, ended sessions, deleted users, and roles that were taken away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLock, type Lock } from '#resources'
import {
  decideRevocation,
  decideStaleness,
  heldRoles,
  lockAgeMillisecondsMax,
  lockReason,
  nothingRevoked,
  type RevocableSubject,
} from './door.ts'

const now = new Date('2026-01-01T12:00:00Z')

const alice: RevocableSubject = {
  user: 'alice',
  roles: ['access', 'analyst'],
  accessRequests: ['r1'],
  mfaDevice: 'm1',
  database: 'my-redshift',
  databaseUser: 'analyst',
  serverId: 'h1',
  session: 's1',
}

function lock(target: Readonly<Record<string, string>>, spec: Readonly<Record<string, string>> = {}): Lock {
  return parseLock({ kind: 'lock', version: 'v2', metadata: { name: 'l1' }, spec: { target, ...spec } })
}

const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, boolean])[] = [
  ['the user', { user: 'alice' }, {}, true],
  ['another user', { user: 'bob' }, {}, false],
  ['a role', { role: 'analyst' }, {}, true],
  ['a role not held', { role: 'editor' }, {}, false],
  ['the database user', { login: 'analyst' }, {}, true],
  ['another database user', { login: 'access' }, {}, false],
  ['a second factor', { mfa_device: 'm1' }, {}, true],
  ['an access request', { access_request: 'r1' }, {}, true],
  ['another access request', { access_request: 'r2' }, {}, false],
  ['the server', { server_id: 'h1' }, {}, true],
  ['the database', { db: 'my-redshift' }, {}, true],
  ['another database', { db: 'other' }, {}, false],
  ['the session', { session: 's1' }, {}, true],
  ['another session', { session: 's2' }, {}, false],
  ['user and database, both matching', { user: 'alice', db: 'my-redshift' }, {}, true],
  ['user and database, one matching', { user: 'alice', db: 'other' }, {}, false],
  ['the user, until later', { user: 'alice' }, { expires: '2026-01-01T12:00:01Z' }, true],
  ['the user, until now', { user: 'alice' }, { expires: '2026-01-01T12:00:00Z' }, false],
]

for (const [sentence, target, spec, isCutOff] of cases) {
  test(`a lock on ${sentence} ${isCutOff ? 'cuts off' : 'leaves alone'}`, () => {
    const decision = decideRevocation(alice, { ...nothingRevoked, locks: [lock(target, spec)] }, now)
    assert.equal(decision?.kind, isCutOff ? 'lock' : undefined)
  })
}

test('what is not known of a subject matches no lock', () => {
  const locks = ['db', 'session', 'server_id', 'login', 'mfa_device', 'access_request'].map((field) => lock({ [field]: 'x' }))
  assert.equal(decideRevocation({ user: 'alice', roles: [] }, { ...nothingRevoked, locks }, now), undefined)
})

test('a lock on nothing cannot be written', () => {
  assert.throws(() => lock({}), { code: 'RESOURCE_MALFORMED' })
})

test('the reason names target and message', () => {
  assert.equal(lockReason(lock({ user: 'alice' }, { message: 'laptop stolen' })), 'lock targeting user "alice" is in force: laptop stolen')
  assert.equal(lockReason(lock({ role: 'a', db: 'b' })), 'lock targeting role "a" and database "b" is in force')
})

test('a deleted user is cut off, once users are known at all', () => {
  assert.equal(decideRevocation(alice, nothingRevoked, now), undefined)
  assert.equal(decideRevocation(alice, { ...nothingRevoked, rolesByUser: new Map() }, now)?.kind, 'user-gone')
  assert.equal(decideRevocation(alice, { ...nothingRevoked, rolesByUser: new Map([['alice', []]]) }, now), undefined)
})

test('an ended session is cut off with its reason', () => {
  const decision = decideRevocation(alice, { ...nothingRevoked, endedSessions: new Map([['s1', 'too slow']]) }, now)
  assert.deepEqual([decision?.kind, decision?.reason], ['session-ended', 'too slow'])
})

test('a role taken from a user is taken from certificates, but not one that a request gave and still gives', () => {
  const state = { ...nothingRevoked, rolesByUser: new Map([['alice', ['access']]]) }
  assert.deepEqual(heldRoles({ user: 'alice', roles: ['access', 'analyst'] }, state), ['access'])
  assert.deepEqual(heldRoles(alice, state), ['access', 'analyst'])
  const granting = (id: string, user: string, roles: readonly string[]) => ({ ...state, grantsByRequest: new Map([[id, { user, roles }]]) })
  assert.deepEqual(heldRoles(alice, granting('r1', 'alice', ['analyst'])), ['access', 'analyst'])
  assert.deepEqual(heldRoles(alice, granting('r1', 'alice', ['editor'])), ['access'])
  assert.deepEqual(heldRoles(alice, granting('r1', 'bob', ['analyst'])), ['access'])
  assert.deepEqual(heldRoles(alice, granting('r2', 'alice', ['analyst'])), ['access'])
  assert.deepEqual(heldRoles({ user: 'alice', roles: ['access', 'analyst'] }, nothingRevoked), ['access', 'analyst'])
})

test('locks of long ago count in best-effort mode, and not in strict mode', () => {
  assert.equal(decideStaleness(lockAgeMillisecondsMax, 'strict'), undefined)
  assert.equal(decideStaleness(lockAgeMillisecondsMax + 1, 'strict')?.kind, 'locks-stale')
  assert.equal(decideStaleness(Infinity, 'strict')?.kind, 'locks-stale')
  assert.equal(decideStaleness(Infinity, 'best_effort'), undefined)
  assert.equal(decideStaleness(Infinity, undefined), undefined)
})
