/** The authentication preference as a document: read, printed, refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { authPreferenceOf, parseAuthPreference, printAuthPreference } from './auth-preference.ts'

const head = { kind: 'cluster_auth_preference', version: 'v2' }

test('a document that says nothing means what holds anyway', () => {
  assert.deepEqual(parseAuthPreference({ ...head, spec: {} }), authPreferenceOf())
})

test('every preference is read back as it was printed', () => {
  const spec = fc.record({
    secondFactors: fc.constantFrom(['otp'] as const, ['webauthn'] as const, ['otp', 'webauthn'] as const),
    allowLocalAuth: fc.boolean(),
    requireSessionMfa: fc.boolean(),
    lockingMode: fc.constantFrom('strict' as const, 'best_effort' as const),
    disconnectExpiredCert: fc.boolean(),
    defaultSessionTtlMilliseconds: fc.integer({ min: 1, max: 86_400_000 }),
    messageOfTheDay: fc.stringMatching(/^[ -~\n\t]{1,200}$/),
  })
  fc.assert(
    fc.property(spec, (wanted) => {
      const preference = authPreferenceOf(wanted)
      assert.deepEqual(parseAuthPreference(printAuthPreference(preference)), preference)
    }),
  )
})

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['another name', { ...head, metadata: { name: 'mine' }, spec: {} }, /metadata\.name: expected the name cluster-auth-preference/],
  ['no second factor', { ...head, spec: { second_factors: [] } }, /spec\.second_factors: expected at least one of otp, webauthn/],
  ['both keys for factors', { ...head, spec: { second_factors: ['otp'], second_factor: 'otp' } }, /either second_factors or second_factor/],
  [
    'a factor nobody knows',
    { ...head, spec: { second_factor: 'sms' } },
    /spec\.second_factor: expected one of otp, webauthn, on, optional/,
  ],
  [
    'no length of a login',
    { ...head, spec: { default_session_ttl: '0s' } },
    /spec\.default_session_ttl: expected a duration longer than zero/,
  ],
  [
    'a message that rings',
    { ...head, spec: { message_of_the_day: '\u0007' } },
    /spec\.message_of_the_day: expected a text without control characters/,
  ],
  ['an unknown key', { ...head, spec: { locking: 'strict' } }, /spec\.locking: unknown key, expected one of type, second_factors/],
  ['no specification', head, /spec: required, but missing/],
]

for (const [sentence, input, message] of refused) {
  test(`refused: ${sentence}`, () => assert.throws(() => parseAuthPreference(input), { code: 'RESOURCE_MALFORMED', message }))
}
