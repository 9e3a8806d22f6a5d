/** Users and roles by ARN and by name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityArn, parseIdentity, parseIdentityArn } from './identity.ts'

const same = [
  'arn:aws:iam::123456789012:user/TeleportUser',
  'arn:aws-cn:iam::123456789012:role/team/reader',
  'arn:aws:iam::123456789012:role/x+=,.@-',
]
for (const arn of same) test(`${arn} is read and printed`, () => assert.equal(identityArn(parseIdentityArn(arn) ?? assert.fail()), arn))

test('a session is its role, whose path is lost', () => {
  const identity = parseIdentityArn('arn:aws:sts::123456789012:assumed-role/TeleportRole/i-0123') ?? assert.fail()
  assert.equal(identityArn(identity), 'arn:aws:iam::123456789012:role/TeleportRole')
})

test('a name leaves the account open', () => {
  assert.equal(identityArn(parseIdentity('role', 'TeleportRole')), 'arn:aws:iam::{account_id}:role/TeleportRole')
  assert.equal(identityArn(parseIdentity('role', '/team/TeleportRole')), 'arn:aws:iam::{account_id}:role/team/TeleportRole')
})

const refused = [
  '',
  'a b',
  'arn:aws:iam::123456789012:user/u',
  'arn:aws:iam::12:role/r',
  'arn:aws:s3:::role/r',
  'arn:aws:sts::123456789012:assumed-role/r/s',
  'team//r',
  'x'.repeat(65),
]
for (const text of refused)
  test(`refused as a role: "${text}"`, () => assert.throws(() => parseIdentity('role', text), { code: 'AWS_IDENTITY_MALFORMED' }))

test('refused: ARNs of nobody', () => {
  for (const arn of [
    'arn:aws:iam::123456789012:root',
    'arn:aws:iam::123456789012:policy/p',
    'arn:aws:sts::123456789012:assumed-role/r',
    'text',
  ]) {
    assert.equal(parseIdentityArn(arn), undefined)
  }
})
