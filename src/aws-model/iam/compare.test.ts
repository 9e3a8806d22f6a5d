/** What an identity lacks and has too much, judged as IAM evaluates policies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparePermissions, covers } from './compare.ts'
import { parseIdentity } from './identity.ts'
import { isSamePolicy, readLivePolicy, type LivePermissions } from './live-policy.ts'
import { planTypes } from './plan.ts'

const plan = planTypes({ types: ['redshift'], target: parseIdentity('user', 'x'), assumesRoles: ['arn:aws:iam::123456789012:role/a'] })

function live(statements: unknown, boundary?: unknown): LivePermissions {
  const policy = (name: string, Statement: unknown) => readLivePolicy(name, JSON.stringify({ Version: '2012-10-17', Statement }))
  return { policies: [policy('Live', statements)], boundary: boundary === undefined ? undefined : policy('Limits', boundary) }
}

const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' }
const cases: readonly (readonly [string, LivePermissions, readonly string[]])[] = [
  ['everything is allowed', live(allowAll), []],
  ['action names ignore case', live({ ...allowAll, Action: ['REDSHIFT:*', 'STS:assumerole'] }), []],
  ['nothing is allowed', { policies: [], boundary: undefined }, ['no policy allows it', 'no policy allows it', 'no policy allows it']],
  ['one action is missing', live({ ...allowAll, Action: ['redshift:DescribeClusters', 'sts:*'] }), ['no policy allows it']],
  ['a Deny wins', live([allowAll, { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }]), ['policy "Live" denies it']],
  [
    'a boundary must allow too',
    live(allowAll, { ...allowAll, Action: 'redshift:*' }),
    ['the permissions boundary "Limits" does not allow it'],
  ],
  [
    'a narrower resource does not do',
    live([
      { ...allowAll, Action: 'sts:*' },
      { ...allowAll, Action: 'redshift:DescribeClusters' },
      { Effect: 'Allow', Action: 'redshift:GetClusterCredentials', Resource: 'arn:*' },
    ]),
    ['no policy allows it'],
  ],
  [
    'a condition is said',
    live([
      { ...allowAll, Action: 'sts:*' },
      { ...allowAll, Action: 'redshift:*', Condition: { Bool: {} } },
    ]),
    ['policy "Live" allows it under a condition only', 'policy "Live" allows it under a condition only'],
  ],
  ['NotAction allows the rest', live({ Effect: 'Allow', NotAction: 'sts:*', Resource: '*' }), ['no policy allows it']],
]

for (const [sentence, permissions, reasons] of cases) {
  test(sentence, () =>
    assert.deepEqual(
      comparePermissions(plan, permissions).missing.map(({ reason }) => reason),
      reasons,
    ),
  )
}

test('what a policy of the plan has too much is found, and what other policies have is left alone', () => {
  const document = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: ['redshift:*', 'sts:AssumeRole'], Resource: '*' }] })
  const permissions = { policies: [readLivePolicy('DatabaseAccess', document), readLivePolicy('Other', document)], boundary: undefined }
  assert.deepEqual(comparePermissions(plan, permissions).extra, [
    { action: 'redshift:*', resource: '*', policy: 'DatabaseAccess' },
    { action: 'sts:AssumeRole', resource: '*', policy: 'DatabaseAccess' },
  ])
})

test('a policy is the same in another order and with lists of one', () => {
  const planned = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['b', 'a'], Resource: 'x' }] } as const
  assert(isSamePolicy('{"Statement": {"Resource": ["x"], "Action": ["a","b"], "Effect": "Allow"}, "Version": "2012-10-17"}', planned))
  assert(!isSamePolicy('{"Statement": {"Resource": ["y"], "Action": ["a","b"], "Effect": "Allow"}, "Version": "2012-10-17"}', planned))
  assert(!isSamePolicy('no json', planned))
})

test('wildcards cover what is narrower, and no more', () => {
  for (const [pattern, text] of [
    ['*', 'a*b'],
    ['arn:*:x/*', 'arn:aws:x/*'],
    ['a?c', 'abc'],
  ] as const)
    assert(covers(pattern, text), `${pattern} ${text}`)
  for (const [pattern, text] of [
    ['a', '*'],
    ['a?c', 'a*c'],
    ['arn:*', '*'],
    ['ab', 'abc'],
  ] as const)
    assert(!covers(pattern, text), `${pattern} ${text}`)
})
