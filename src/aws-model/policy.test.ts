/** Proof of policy.ts: the documents, letter by letter as they are pasted into AWS. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { assumeRoleBoundary, assumeRolePolicy, credentialsPolicy, credentialsWithIamPolicy, printPolicy, trustPolicy } from './policy.ts'

const cluster = { partition: 'aws', region: 'us-east-1', accountId: '123456789012', clusterId: 'my-redshift' }

test('the credentials policy covers users and names, and no groups', () => {
  assert.equal(
    printPolicy(credentialsPolicy(cluster)),
    `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "redshift:GetClusterCredentials",
            "Resource": [
                "arn:aws:redshift:us-east-1:123456789012:dbuser:my-redshift/*",
                "arn:aws:redshift:us-east-1:123456789012:dbname:my-redshift/*"
            ]
        }
    ]
}`,
  )
})

test('the policy of a role is the one of the guide, step 3', () => {
  assert.deepEqual(credentialsWithIamPolicy(cluster), {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'redshift:GetClusterCredentialsWithIAM',
        Resource: 'arn:aws:redshift:us-east-1:123456789012:dbname:my-redshift/*',
      },
    ],
  })
})

test('what is not known is a placeholder', () => {
  const unknown = { partition: undefined, region: undefined, accountId: undefined, clusterId: 'c' }
  assert.equal(credentialsWithIamPolicy(unknown).Statement[0]?.Resource, 'arn:{partition}:redshift:{region}:{account_id}:dbname:c/*')
})

test('the caller may assume one role or several', () => {
  assert.equal(assumeRolePolicy(['arn:aws:iam::123456789012:role/a']).Statement[0]?.Resource, 'arn:aws:iam::123456789012:role/a')
  assert.deepEqual(assumeRolePolicy(['a', 'b']).Statement[0]?.Resource, ['a', 'b'])
  assert.equal(assumeRoleBoundary().Statement[0]?.Resource, '*')
})

test('a trust policy names the role of a session, its account, or asks for the external id', () => {
  const caller = 'arn:aws:sts::111111111111:assumed-role/database-service-role/i-0abc'
  assert.deepEqual(trustPolicy(caller).Statement[0]?.Principal, { AWS: 'arn:aws:iam::111111111111:role/database-service-role' })
  assert.deepEqual(trustPolicy(caller, { wholeAccount: true }).Statement[0]?.Principal, { AWS: 'arn:aws:iam::111111111111:root' })
  assert.deepEqual(trustPolicy(caller, { externalId: 'x1' }).Statement[0]?.Condition, { StringEquals: { 'sts:ExternalId': 'x1' } })
})
