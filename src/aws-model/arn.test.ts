/** Proof of arn.ts: what is an ARN, a role, a region, and which partition a region is in. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { isRegion, parseArn, parseRoleArn, parseRoleResource, partitionOf, principalOf, roleArn } from './arn.ts'

const notRoles = [
  ['an empty text', ''],
  ['a user', 'arn:aws:iam::123456789012:user/alice'],
  ['an assumed-role session', 'arn:aws:sts::123456789012:assumed-role/reader/alice'],
  ['an account of eleven digits', 'arn:aws:iam::12345678901:role/reader'],
  ['no account', 'arn:aws:iam:::role/reader'],
  ['a region where IAM has none', 'arn:aws:iam:us-east-1:123456789012:role/reader'],
  ['a role without a name', 'arn:aws:iam::123456789012:role/'],
  ['a path without a name', 'arn:aws:iam::123456789012:role/team/'],
  ['an empty step in the path', 'arn:aws:iam::123456789012:role/team//reader'],
  ['a space in the name', 'arn:aws:iam::123456789012:role/my reader'],
  ['a name of 65 characters', `arn:aws:iam::123456789012:role/${'a'.repeat(65)}`],
] as const

for (const [sentence, text] of notRoles) {
  test(`no role ARN: ${sentence}`, () => {
    assert.equal(parseRoleArn(text), undefined)
  })
}

test('a role ARN comes apart and goes together again, with its path', () => {
  const text = 'arn:aws-us-gov:iam::123456789012:role/team/data/reader'
  const parsed = parseRoleArn(text)
  assert.deepEqual(parsed, { text, partition: 'aws-us-gov', accountId: '123456789012', path: '/team/data/', name: 'reader' })
  assert.ok(parsed)
  assert.equal(roleArn(parsed).text, text)
})

test('a resource with colons and slashes stays whole', () => {
  assert.equal(parseArn('arn:aws:redshift:us-east-1:123456789012:dbuser:my-redshift/alice')?.resource, 'dbuser:my-redshift/alice')
})

test('role/<path>/<name> gives path and name', () => {
  assert.deepEqual(parseRoleResource('role/my-iam-role'), { path: '/', name: 'my-iam-role' })
  assert.deepEqual(parseRoleResource('role/team/reader'), { path: '/team/', name: 'reader' })
  assert.equal(parseRoleResource('role/'), undefined)
  assert.equal(parseRoleResource('reader'), undefined)
})

test('the principal of an assumed-role session is its role; other callers stay as they are', () => {
  assert.equal(principalOf('arn:aws:sts::123456789012:assumed-role/agent/i-0abc'), 'arn:aws:iam::123456789012:role/agent')
  assert.equal(principalOf('arn:aws:iam::123456789012:user/agent'), 'arn:aws:iam::123456789012:user/agent')
  assert.equal(principalOf('nobody'), 'nobody')
})

const partitions = [
  ['us-east-1', 'aws'],
  ['eu-central-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eusc-de-east-1', 'aws-eusc'],
] as const

for (const [region, partition] of partitions) {
  test(`${region} is in the partition ${partition}`, () => {
    assert.equal(partitionOf(region), partition)
    assert.ok(isRegion(region))
  })
}

test('a region is a shape that cannot smuggle a host name into an address', () => {
  for (const text of ['', 'us-east', 'US-EAST-1', 'us-east-1.example.com', 'us-east-1/', '@evil-1', 'us--east-1']) {
    assert.equal(isRegion(text), false, text)
  }
})
