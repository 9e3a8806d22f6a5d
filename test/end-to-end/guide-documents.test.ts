/** The guide's own JSON documents, put into the lab's IAM word for word: each allows what the guide says it allows, and no more. */
import assert from 'node:assert/strict'
import { before, beforeEach, after, test } from 'node:test'
import { GetClusterCredentialsCommand, GetClusterCredentialsWithIAMCommand, RedshiftClient } from '@aws-sdk/client-redshift'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { startLab, type Lab } from '../../lab/lab.ts'
import { storedDocument } from '../../lab/aws/policy.ts'
import { withAccount, type AwsAccount, type AwsWorld } from '../../lab/aws/world.ts'

let lab: Lab
let fresh: AwsWorld
before(async () => {
  lab = await startLab()
  fresh = lab.control.world()
})
beforeEach(() => lab.control.changeWorld(() => fresh))
after(() => lab[Symbol.asyncDispose]())

const account = '123456789012'
const caller = `arn:aws:iam::${account}:user/TeleportUser`

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const clientOf = (credentials: Key = lab.aws.teleportUser) => ({
  endpoint: lab.aws.endpoint,
  region: lab.aws.region,
  credentials,
  maxAttempts: 1,
})

function changeAccount(change: (before: AwsAccount) => AwsAccount): void {
  lab.control.changeWorld((world) => withAccount(world, account, change))
}

/** Inline policies and a boundary of TeleportUser. */
function givePolicies(inlinePolicies: Readonly<Record<string, string>>, boundary?: string): void {
  const arn = `arn:aws:iam::${account}:policy/boundary`
  changeAccount((found) => ({
    ...found,
    users: found.users.map((user) =>
      user.name === 'TeleportUser' ? { ...user, inlinePolicies, boundary: boundary === undefined ? undefined : arn } : user,
    ),
    managedPolicies:
      boundary === undefined
        ? []
        : [
            {
              name: 'boundary',
              path: '/',
              uniqueId: 'ANPA',
              description: '',
              tags: {},
              createdAt: new Date(0),
              versions: [{ id: 'v1', json: boundary, createdAt: new Date(0) }],
              defaultVersionId: 'v1',
              lastVersion: 1,
            },
          ],
  }))
}

/** The role role2 of the guide, with a trust policy and an inline policy. */
function makeRole2(trust: string, policy?: string): void {
  changeAccount((found) => ({
    ...found,
    roles: found.roles.map((role) =>
      role.name === 'my-iam-role'
        ? { ...role, name: 'role2', trust: storedDocument(trust), policies: policy === undefined ? [] : [storedDocument(policy)] }
        : role,
    ),
  }))
}

async function assume(externalId?: string): Promise<Key> {
  const { Credentials } = await new STSClient(clientOf()).send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account}:role/role2`,
      RoleSessionName: 'test-trust-relationship',
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    }),
  )
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
}

const denied = { name: 'AccessDenied' }
// The guide's placeholders filled in; role1 is TeleportUser here.
const trustOfRole = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "${caller}"
      },
      "Action": "sts:AssumeRole"
    }
  ]
}`
const trustOfAccount = trustOfRole.replace(caller, `arn:aws:iam::${account}:root`)
const trustWithExternalId = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "${caller}"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "StringEquals": {
          "sts:ExternalId": "example-external-id"
        }
      }
    }
  ]
}`
const callerPolicy = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Resource": "arn:aws:iam::${account}:role/role2"
        }
    ]
}`
const boundaryPolicy = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Resource": "*"
        }
    ]
}`
const roleAccess = `{
	"Version": "2012-10-17",
	"Statement": [
		{
			"Effect": "Allow",
			"Action": "redshift:GetClusterCredentialsWithIAM",
			"Resource": "arn:aws:redshift:us-east-1:123456789012:dbname:my-redshift/*"
		}
	]
}`
const wildcard = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "redshift:GetClusterCredentials",
            "Resource": "*"
        }
    ]
}`

test('the trust in the caller by its full ARN is enough in the same account', async () => {
  makeRole2(trustOfRole)
  assert.match((await assume()).accessKeyId, /^ASIA/)
})

test('the trust in the account needs the policy of the caller beside it', async () => {
  makeRole2(trustOfAccount)
  await assert.rejects(assume(), denied)
  givePolicies({ guide: callerPolicy })
  assert.match((await assume()).accessKeyId, /^ASIA/)
})

test('the trust with an external id needs the external id', async () => {
  makeRole2(trustWithExternalId)
  await assert.rejects(assume(), denied)
  assert.match((await assume('example-external-id')).accessKeyId, /^ASIA/)
})

test('a boundary without sts:AssumeRole denies it, the boundary of the guide allows it', async () => {
  makeRole2(trustOfRole)
  givePolicies({ guide: callerPolicy }, wildcard)
  await assert.rejects(assume(), denied)
  givePolicies({ guide: callerPolicy }, boundaryPolicy)
  assert.match((await assume()).accessKeyId, /^ASIA/)
})

test('the inline policy of step 3 lets the role sign in as itself, to that cluster only', async () => {
  makeRole2(trustOfRole, roleAccess)
  const client = new RedshiftClient(clientOf(await assume()))
  const call = (ClusterIdentifier: string) => client.send(new GetClusterCredentialsWithIAMCommand({ ClusterIdentifier, DbName: 'dev' }))
  assert.equal((await call('my-redshift')).DbUser, 'IAMR:role2')
  await assert.rejects(call('other'), denied)
})

test('the wildcard policy is enough to sign in as any user', async () => {
  const call = () =>
    new RedshiftClient(clientOf()).send(
      new GetClusterCredentialsCommand({ ClusterIdentifier: 'my-redshift', DbUser: 'alice', DbName: 'dev' }),
    )
  await assert.rejects(call(), denied)
  givePolicies({ guide: wildcard })
  assert.equal((await call()).DbUser, 'IAM:alice')
})
