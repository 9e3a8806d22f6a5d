/** Conversations with `teleport db configure aws print-iam`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { speak } from '../testing/conversation.ts'

const printIam = (...flags: readonly string[]) => speak(['db', 'configure', 'aws', 'print-iam', ...flags])

test('the command of the guide prints the policy, its size and what to do with it', async () => {
  const { exitCode, stdout, stderr } = await printIam('--types', 'redshift,redshift-serverless')
  assert.equal(stderr, '')
  assert.equal(
    stdout,
    `1. Create IAM policy "DatabaseAccess" (339 of 6144 characters):
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "redshift:DescribeClusters",
                "redshift:GetClusterCredentials",
                "redshift-serverless:ListWorkgroups",
                "redshift-serverless:ListEndpointAccess",
                "redshift-serverless:ListTagsForResource",
                "redshift-serverless:GetEndpointAccess",
                "redshift-serverless:GetWorkgroup"
            ],
            "Resource": "*"
        }
    ]
}

2. Attach "DatabaseAccess" to the user or role of the Database Service.
`,
  )
  assert.equal(exitCode, 0)
})

test('the other command of the guide, for RDS, as a document alone', async () => {
  const { stdout } = await printIam('--types', 'rds', '--policy')
  assert.deepEqual(JSON.parse(stdout), {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['rds:DescribeDBInstances', 'rds:DescribeDBClusters', 'rds-db:connect'], Resource: '*' }],
  })
})

test('roles to assume are named in the account of the identity', async () => {
  const { stdout } = await printIam(
    '--user=arn:aws:iam::123456789012:user/x',
    '--assumes-roles',
    'one, arn:aws:iam::210987654321:role/two',
    '--policy',
  )
  assert.deepEqual(JSON.parse(stdout).Statement, [
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: ['arn:aws:iam::123456789012:role/one', 'arn:aws:iam::210987654321:role/two'],
    },
  ])
})

const formats = [
  ['json', /"characters_max_per_policy": 6144/],
  ['terraform', /resource "aws_iam_role_policy_attachment" "TeleportRole_DatabaseAccess" \{\n {2}role {7}= "TeleportRole"\n/],
  ['cloudformation', /"Type": "AWS::IAM::ManagedPolicy"[^]*"Roles": \[\n\s+"TeleportRole"/],
  ['aws-cli', /^aws iam attach-role-policy --role-name TeleportRole --policy-arn "arn:aws:iam::123456789012:policy\/DatabaseAccess"$/m],
] as const

for (const [format, pattern] of formats) {
  test(`--format=${format} is for other tools`, async () => {
    const { stdout, exitCode } = await printIam(
      '-r',
      'redshift',
      '--role=arn:aws:iam::123456789012:role/TeleportRole',
      `--format=${format}`,
    )
    assert.match(stdout, pattern)
    assert.match(stdout, /redshift:GetClusterCredentials/)
    if (format === 'json' || format === 'cloudformation') JSON.parse(stdout)
    assert.equal(exitCode, 0)
  })
}

const refusals: readonly (readonly [string, readonly string[], RegExp, number])[] = [
  [
    'an unknown type',
    ['--types', 'redshift,oracle'],
    /"oracle": it is not known\nHINT: use one or more of rds, rdsproxy, redshift, redshift-serverless/,
    1,
  ],
  ['no type at all', [], /neither --types nor --assumes-roles is given/, 2],
  ['both targets at once', ['--types=rds', '--user=u', '--role=r'], /Cannot attach to the user "u" and to the role "r" at once/, 2],
  ['an unknown format', ['--types=rds', '--format=xml'], /use one of text, json, terraform, cloudformation, aws-cli/, 1],
  ['a boundary', ['--types=rds', '--boundary'], /none is needed/, 2],
  ['a name IAM would refuse', ['--types=rds', '--name=a b'], /Cannot use "a b" as the name of an IAM policy/, 1],
  ['a user where a role is expected', ['--types=rds', '--role=arn:aws:iam::123456789012:user/u'], /as an IAM role: it is neither/, 1],
]

for (const [what, flags, pattern, code] of refusals) {
  test(`refused: ${what}`, async () => {
    const { stderr, stdout, exitCode } = await printIam(...flags)
    assert.match(stderr, pattern)
    assert.deepEqual([stdout, exitCode], ['', code])
  })
}
