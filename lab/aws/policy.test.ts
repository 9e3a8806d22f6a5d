/** Identity policies: what they allow, what they deny, and that saying nothing denies. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { evaluatePolicies } from './policy.ts'
import type { PolicyStatement, PolicyVerdict } from './policy.ts'
import { mayAssumeRole } from './trust.ts'
import { rolePrincipal, userPrincipal } from './principal.ts'
import { matchesWildcard } from './wildcard.ts'
import type { AwsAccount, AwsRole, AwsUser, AwsWorld } from './world.ts'

describe('wildcards', () => {
  const rows: readonly [string, string, boolean][] = [
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*b*d', 'abcbd', true],
    ['a.c', 'abc', false],
    ['arn:*:role/x', 'arn:aws:iam::1:role/y', false],
    [`${'*a'.repeat(50)}b`, 'a'.repeat(5000), false],
  ]
  for (const [pattern, text, matches] of rows) {
    test(`${pattern.slice(0, 20)} ${matches ? 'matches' : 'does not match'} ${text.slice(0, 30)}`, () =>
      assert.equal(matchesWildcard(pattern, text), matches))
  }
})

describe('policy evaluation', () => {
  const allow: PolicyStatement = { Effect: 'Allow', Action: 'redshift:Get*', Resource: 'arn:aws:redshift:*:1:dbuser:c/*' }
  const question = {
    action: 'redshift:GetClusterCredentials',
    resource: 'arn:aws:redshift:us-east-1:1:dbuser:c/alice',
    context: { 'redshift:DbUser': 'alice' },
  }
  const rows: readonly [string, readonly PolicyStatement[], PolicyVerdict][] = [
    ['nothing is allowed by silence', [], 'implicit-deny'],
    ['a matching Allow allows', [allow], 'allow'],
    ['a Deny wins over an Allow', [allow, { ...allow, Effect: 'Deny' }], 'explicit-deny'],
    ['action names ignore case', [{ ...allow, Action: 'REDSHIFT:getclustercredentials' }], 'allow'],
    ['resources do not', [{ ...allow, Resource: 'arn:aws:redshift:*:1:dbuser:C/*' }], 'implicit-deny'],
    ['NotAction takes out', [{ Effect: 'Allow', NotAction: 'redshift:*', Resource: '*' }], 'implicit-deny'],
    ['NotResource takes out', [{ Effect: 'Allow', Action: '*', NotResource: '*/alice' }], 'implicit-deny'],
    ['a statement without an action says nothing', [{ Effect: 'Allow', Resource: '*' }], 'implicit-deny'],
    ['a condition that holds', [{ ...allow, Condition: { StringEquals: { 'redshift:dbuser': ['bob', 'alice'] } } }], 'allow'],
    ['a condition that does not', [{ ...allow, Condition: { StringEquals: { 'redshift:DbUser': 'bob' } } }], 'implicit-deny'],
    ['StringLike takes wildcards', [{ ...allow, Condition: { StringLike: { 'redshift:DbUser': 'al*' } } }], 'allow'],
    ['StringEquals does not', [{ ...allow, Condition: { StringEquals: { 'redshift:DbUser': 'al*' } } }], 'implicit-deny'],
    ['a missing key fails a condition', [{ ...allow, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } }], 'implicit-deny'],
    ['a missing key passes IfExists', [{ ...allow, Condition: { StringEqualsIfExists: { 'sts:ExternalId': 'x' } } }], 'allow'],
    ['a missing key passes a negation', [{ ...allow, Condition: { StringNotEquals: { 'sts:ExternalId': 'x' } } }], 'allow'],
    ['an unknown operator never allows', [{ ...allow, Condition: { DateLessThan: { 'redshift:DbUser': 'alice' } } }], 'implicit-deny'],
    ['an unknown operator still denies', [allow, { ...allow, Effect: 'Deny', Condition: { DateLessThan: { x: 'y' } } }], 'explicit-deny'],
  ]
  for (const [sentence, statements, verdict] of rows) {
    test(sentence, () => assert.equal(evaluatePolicies([{ Version: '2012-10-17', Statement: statements }], question), verdict))
  }
})

describe('trust', () => {
  const assume = { Effect: 'Allow', Action: 'sts:AssumeRole' } as const
  const roleTrusting = (statement: PolicyStatement): AwsRole => ({
    name: 'target',
    path: '/team/',
    uniqueId: 'AROA',
    trust: { Version: '2012-10-17', Statement: statement },
    policies: [],
    maxSessionSeconds: 3600,
  })
  const userWith = (...statements: PolicyStatement[]): AwsUser => ({
    name: 'u',
    path: '/',
    uniqueId: 'AIDA',
    accessKeys: [],
    policies: [{ Version: '2012-10-17', Statement: statements }],
  })
  const anyRole: PolicyStatement = { ...assume, Resource: '*' }
  const ownArn = 'arn:aws:iam::1:user/u'
  const rows: readonly [
    string,
    { trusted: PolicyStatement['Principal']; own?: PolicyStatement; sameAccount?: boolean; expected: boolean },
  ][] = [
    ['the same account, named: no policy of its own is needed', { trusted: { AWS: ownArn }, expected: true }],
    ['the same account, named, but its own Deny wins', { trusted: { AWS: ownArn }, own: { ...anyRole, Effect: 'Deny' }, expected: false }],
    ['the account only: its own policy must allow', { trusted: { AWS: 'arn:aws:iam::1:root' }, expected: false }],
    ['the account only, and its own policy allows', { trusted: { AWS: '1' }, own: anyRole, expected: true }],
    ['everybody', { trusted: '*', expected: true }],
    ['a service is nobody', { trusted: { Service: 'ec2.amazonaws.com' }, own: anyRole, expected: false }],
    ['another user', { trusted: { AWS: 'arn:aws:iam::1:user/v' }, own: anyRole, expected: false }],
    ['another account, named, without a policy of its own', { trusted: { AWS: ownArn }, sameAccount: false, expected: false }],
    ['another account, named, with a policy of its own', { trusted: { AWS: ownArn }, own: anyRole, sameAccount: false, expected: true }],
    [
      'a policy of its own for another role',
      { trusted: { AWS: '1' }, own: { ...assume, Resource: 'arn:aws:iam::1:role/target' }, expected: false },
    ],
  ]
  for (const [sentence, { trusted, own, sameAccount, expected }] of rows) {
    test(sentence, () => {
      const user = userWith(...(own === undefined ? [] : [own]))
      const role = roleTrusting({ ...assume, ...(trusted === undefined ? {} : { Principal: trusted }) })
      const home: AwsAccount = { id: '1', users: [user], roles: [role], clusters: [] }
      const account: AwsAccount = sameAccount === false ? { ...home, id: '2' } : home
      const world: AwsWorld = { partition: 'aws', accounts: [home] }
      const principal = userPrincipal(world, home, user)
      assert.equal(mayAssumeRole({ world, principal, account, role, context: {} }), expected)
    })
  }

  test('a session is known by its role and by its own name', () => {
    for (const name of ['arn:aws:iam::1:role/team/target', 'arn:aws:sts::1:assumed-role/target/s']) {
      const role = roleTrusting({ ...assume, Principal: { AWS: name } })
      const account: AwsAccount = { id: '1', users: [], roles: [role], clusters: [] }
      const world: AwsWorld = { partition: 'aws', accounts: [account] }
      const principal = rolePrincipal(world, { account, role, sessionName: 's' })
      assert.equal(mayAssumeRole({ world, principal, account, role, context: {} }), true)
    }
  })
})
