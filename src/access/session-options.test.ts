/** The strictest role wins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { combineSessionOptions, sessionTtlMilliseconds } from './session-options.ts'
import { role } from './role.fixture.ts'

const hour = 3_600_000
const limited = (ttl: string) => role({ options: { max_session_ttl: ttl } })

const rows: readonly (readonly [string, Parameters<typeof sessionTtlMilliseconds>, number])[] = [
  ['nobody lives longer than thirty hours', [[], 1000 * hour], 30 * hour],
  ['the lowest role wins', [[limited('8h'), limited('2h'), role({})], 10 * hour], 2 * hour],
  ['a role beyond the maximum does not raise it', [[limited('100h')], 100 * hour], 30 * hour],
  ['without a wish it is twelve hours', [[limited('30h')], undefined], 12 * hour],
  ['a wish of nothing is no wish', [[], 0], 12 * hour],
  ['a wish that is no number is no wish', [[], Number.NaN], 12 * hour],
  ['a role can cut the default', [[limited('1h')], undefined], hour],
  ['a small wish is granted', [[limited('8h')], 5000], 5000],
]
for (const [sentence, [roles, requested], expected] of rows) {
  test(sentence, () => assert.equal(sessionTtlMilliseconds(roles, requested), expected))
}

test('without roles nothing is limited', () => {
  assert.deepEqual(combineSessionOptions([]), {
    clientIdleTimeoutMilliseconds: undefined,
    disconnectExpiredCert: false,
    requireSessionMfa: false,
    mfaVerificationIntervalMilliseconds: undefined,
    lock: undefined,
    maxDatabaseConnections: undefined,
  })
})

test('each option is the strictest among all roles', () => {
  const roles = [
    role({ options: { client_idle_timeout: '0s', lock: 'best_effort', max_db_connections: 0, mfa_verification_interval: '2h' } }),
    role({ options: { client_idle_timeout: '30m', lock: 'strict', max_db_connections: 5, disconnect_expired_cert: 'yes' } }),
    role({ options: { client_idle_timeout: '1h', max_db_connections: 9, require_session_mfa: true, mfa_verification_interval: '1h' } }),
  ]
  assert.deepEqual(combineSessionOptions(roles), {
    clientIdleTimeoutMilliseconds: hour / 2,
    disconnectExpiredCert: true,
    requireSessionMfa: true,
    mfaVerificationIntervalMilliseconds: hour,
    lock: 'strict',
    maxDatabaseConnections: 5,
  })
  assert.equal(combineSessionOptions(roles.slice(2)).disconnectExpiredCert, false)
  assert.equal(combineSessionOptions(roles.slice(1, 2)).disconnectExpiredCert, true)
  assert.equal(combineSessionOptions(roles.slice(1, 2)).requireSessionMfa, false)
  assert.equal(combineSessionOptions(roles.slice(2)).requireSessionMfa, true)
  assert.equal(combineSessionOptions(roles.slice(0, 1)).lock, 'best_effort')
})
