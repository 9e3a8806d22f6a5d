/** Whom a live trust policy lets in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingTrust } from './compare-trust.ts'
import { agentPlaceholder, trustDocument } from './trust.ts'

const caller = 'arn:aws:iam::123456789012:user/TeleportUser'
const trust = (Principal: unknown, extra: object = {}): string =>
  JSON.stringify({ Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...extra } })
const externalId = (id: string) => ({ Condition: { StringEquals: { 'sts:ExternalId': id } } })

const cases: readonly (readonly [string, string, readonly string[], string | undefined])[] = [
  ['the caller is named', trust({ AWS: [caller, 'x'] }), [], undefined],
  ['its account is named', trust({ AWS: 'arn:aws:iam::123456789012:root' }), [], undefined],
  ['its account is named by number', trust({ AWS: '123456789012' }), [], undefined],
  ['everybody is named', trust('*'), [], undefined],
  ['another is named', trust({ AWS: 'arn:aws:iam::123456789012:user/other' }), [], 'does not name it'],
  ['a service is named', trust({ Service: 'ec2.amazonaws.com' }), [], 'does not name it'],
  ['another action is allowed', trust({ AWS: caller }, { Action: 'sts:TagSession' }), [], 'does not name it'],
  ['the external id is the same', trust({ AWS: caller }, externalId('x1')), ['x1'], undefined],
  ['the external id is another', trust({ AWS: caller }, externalId('x2')), ['x1'], 'another condition'],
  ['an external id is asked for and none is configured', trust({ AWS: caller }, externalId('x1')), [], 'another condition'],
  ['an external id is configured and none is asked for', trust({ AWS: caller }), ['x1'], undefined],
  ['the caller is denied', trust({ AWS: caller }, { Effect: 'Deny' }), [], 'denies it'],
  ['it is no document', 'text', [], 'does not name it'],
]

for (const [sentence, json, ids, reason] of cases) {
  test(sentence, () => {
    const missing = missingTrust(trustDocument([caller], ids), json)
    assert.deepEqual(
      missing,
      reason === undefined ? [] : [`${caller} (the trust policy ${reason === 'another condition' ? 'has ' : ''}${reason})`],
    )
  })
}

test('an identity nobody has named cannot be missed', () =>
  assert.deepEqual(missingTrust(trustDocument([agentPlaceholder]), trust('nobody')), []))
