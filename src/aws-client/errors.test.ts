/** Proof of errors.ts over real HTTP: every refusal of AWS is told apart, names hop, caller and permission, and says what to do. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { PortunusError } from '#foundation'
import { startAwsServer, type AwsServer, type Trouble } from './aws-server.fixture.ts'
import { openRedshiftLogins } from './redshift-logins.ts'
import { memoryFiles, planFixture, rememberingLog, SteppedClock, type PlanFixture } from './world.fixture.ts'

const account = '123456789012'
const agent = `arn:aws:iam::${account}:user/agent`
const through = `arn:aws:iam::${account}:role/through`

interface Refusal {
  readonly plan?: PlanFixture
  readonly environment?: Readonly<Record<string, string>>
  /** Which action is in trouble, and how. */
  readonly trouble?: Readonly<Record<string, Trouble>>
}

async function refusalOf(refusal: Refusal): Promise<{ readonly error: PortunusError; readonly aws: AwsServer }> {
  const clock = new SteppedClock()
  await using aws = await startAwsServer(clock)
  aws.trouble = ({ action }) => refusal.trouble?.[action]
  await using logins = openRedshiftLogins({
    environment: {
      AWS_ENDPOINT_URL: aws.url,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: 'AKIA1',
      AWS_SECRET_ACCESS_KEY: 's',
      ...refusal.environment,
    },
    files: memoryFiles({}),
    clock,
    log: rememberingLog([]),
    homeDirectory: '/home/agent',
  })
  try {
    await logins.issue(planFixture(refusal.plan))
  } catch (error) {
    assert.ok(error instanceof PortunusError, String(error))
    return { error, aws }
  }
  return assert.fail('it was not refused')
}

const denied = (action: string, resource: string): Trouble => ({
  status: 403,
  code: 'AccessDenied',
  message: `User: ${agent} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
})

test('AssumeRole denied: hop, role, caller, both policies, the boundary and the command to try', async () => {
  const reader = `arn:aws:iam::${account}:role/my-iam-role`
  const { error } = await refusalOf({
    plan: { databaseUser: 'role/my-iam-role', accountId: account },
    trouble: { AssumeRole: denied('sts:AssumeRole', reader) },
  })
  assert.equal(error.code, 'AWS_ASSUME_ROLE_DENIED')
  assert.equal(error.category, 'access-denied')
  assert.match(
    error.message,
    /^Cannot assume the IAM role "arn:aws:iam::123456789012:role\/my-iam-role" for database "my-redshift" \(hop 1 of 1, asked for by the database user\): AccessDenied: User: arn:aws:iam::123456789012:user\/agent is not authorized to perform: sts:AssumeRole on resource: /,
  )
  assert.match(error.hint ?? '', /^let the role trust arn:aws:iam::123456789012:user\/agent with this trust policy\n\{\n {4}"Version"/)
  assert.match(error.hint ?? '', /"Resource": "arn:aws:iam::123456789012:role\/my-iam-role"/)
  assert.match(
    error.hint ?? '',
    /aws sts assume-role --role-arn arn:aws:iam::123456789012:role\/my-iam-role --role-session-name test-trust-relationship$/,
  )
  assert.deepEqual(error.details, {
    database: 'my-redshift',
    cluster: 'my-redshift',
    region: 'us-east-1',
    caller: agent,
    call: 'GetClusterCredentialsWithIAM',
    hop: 1,
    role: reader,
    action: 'sts:AssumeRole',
    externalIdSent: false,
  })
})

test('AssumeRole denied on the second hop: the caller is the role of the first', async () => {
  const clock = new SteppedClock()
  await using aws = await startAwsServer(clock)
  aws.trouble = ({ action, parameters }) =>
    action === 'AssumeRole' && parameters['RoleArn'] !== through ? denied('sts:AssumeRole', 'x') : undefined
  await using logins = openRedshiftLogins({
    environment: { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's' },
    files: memoryFiles({}),
    clock,
    log: rememberingLog([]),
    homeDirectory: '/home/agent',
  })
  await assert.rejects(logins.issue(planFixture({ databaseUser: 'role/reader', assumeRoleArn: through })), {
    code: 'AWS_ASSUME_ROLE_DENIED',
    message: /hop 2 of 2, asked for by the database user/,
    hint: /let the role trust arn:aws:iam::123456789012:role\/through with/,
  })
})

test('AssumeRole denied with an external id: the hint asks for it and does not tell it', async () => {
  const { error } = await refusalOf({
    plan: { assumeRoleArn: through, externalId: 'quiet-please' },
    trouble: { AssumeRole: denied('sts:AssumeRole', through) },
  })
  assert.match(error.message, /asked for by the assume_role_arn/)
  assert.match(error.hint ?? '', /"sts:ExternalId": "\{external_id\}"/)
  assert.equal(error.details?.['externalIdSent'], true)
  assert.ok(!JSON.stringify([error.message, error.hint, error.details]).includes('quiet-please'))
})

test('GetClusterCredentials denied: the missing action and the policy to attach', async () => {
  const { error } = await refusalOf({
    trouble: {
      GetClusterCredentials: denied('redshift:GetClusterCredentials', `arn:aws:redshift:us-east-1:${account}:dbuser:my-redshift/alice`),
    },
  })
  assert.equal(error.code, 'AWS_CREDENTIALS_CALL_DENIED')
  assert.match(
    error.message,
    /^Cannot get temporary credentials for database "my-redshift" with redshift:GetClusterCredentials: AccessDenied: User: /,
  )
  assert.match(
    error.hint ?? '',
    /^attach this policy to arn:aws:iam::123456789012:user\/agent; changes of IAM take a few minutes to arrive\n\{/,
  )
  assert.match(error.hint ?? '', /"arn:aws:redshift:us-east-1:123456789012:dbuser:my-redshift\/\*"/)
  assert.equal(error.details?.['resource'], `arn:aws:redshift:us-east-1:${account}:dbuser:my-redshift/alice`)
})

test('GetClusterCredentialsWithIAM denied: the policy goes to the role', async () => {
  const { error } = await refusalOf({
    plan: { databaseUser: 'role/through', accountId: account },
    trouble: { GetClusterCredentialsWithIAM: { status: 400, code: 'AccessDeniedException', message: 'no' } },
  })
  assert.equal(error.code, 'AWS_CREDENTIALS_CALL_DENIED')
  assert.match(error.hint ?? '', /^attach this policy to arn:aws:iam::123456789012:role\/through;/)
  assert.match(error.hint ?? '', /"redshift:GetClusterCredentialsWithIAM"/)
})

test('a caller that cannot be found out leaves the rest of the message whole', async () => {
  const { error } = await refusalOf({
    trouble: {
      GetClusterCredentials: denied('redshift:GetClusterCredentials', 'x'),
      GetCallerIdentity: { status: 403, code: 'AccessDenied', message: 'no' },
    },
  })
  assert.equal(error.code, 'AWS_CREDENTIALS_CALL_DENIED')
  assert.match(error.hint ?? '', /^attach this policy to the identity of the Database Service;/)
  assert.match(error.hint ?? '', /redshift:us-east-1:\{account_id\}:dbuser/)
})

const refusals: readonly (readonly [string, Refusal, string, RegExp, RegExp])[] = [
  [
    'the cluster does not exist',
    { trouble: { GetClusterCredentials: { status: 404, code: 'ClusterNotFound', message: 'Cluster my-redshift not found.' } } },
    'AWS_CLUSTER_NOT_FOUND',
    /^Cannot find the Redshift cluster "my-redshift" of database "my-redshift" in region us-east-1 of account 123456789012: ClusterNotFound/,
    /aws redshift describe-clusters --region us-east-1/,
  ],
  [
    'the key is unknown',
    { trouble: { GetClusterCredentials: { status: 403, code: 'InvalidClientTokenId', message: 'The security token is invalid' } } },
    'AWS_CREDENTIALS_REFUSED',
    /AWS refuses the credentials themselves \(InvalidClientTokenId: The security token is invalid\)$/,
    /^correct AWS_ACCESS_KEY_ID/,
  ],
  [
    'the session has expired',
    { trouble: { AssumeRole: { status: 403, code: 'ExpiredToken', message: 'expired' } }, plan: { assumeRoleArn: through } },
    'AWS_CREDENTIALS_REFUSED',
    /^Cannot assume the IAM role .* \(hop 1 of 1/,
    /^renew the session credentials/,
  ],
  [
    'the clock is wrong',
    {
      trouble: {
        GetClusterCredentials: {
          status: 403,
          code: 'SignatureDoesNotMatch',
          message: 'Signature expired: 20200101T000000Z is now earlier',
        },
      },
    },
    'AWS_CREDENTIALS_REFUSED',
    /Signature expired/,
    /^set the clock/,
  ],
  [
    'the account of the role cannot be asked for',
    { plan: { databaseUser: 'role/r' }, trouble: { GetCallerIdentity: { status: 400, code: 'Oops', message: 'what' } } },
    'AWS_CALL_FAILED',
    /^Cannot find the AWS account of the role for database "my-redshift" with sts:GetCallerIdentity: Oops: what$/,
    /log/,
  ],
  [
    'AWS says something else',
    { trouble: { GetClusterCredentials: { status: 400, code: 'UnsupportedOperation', message: 'not here' } } },
    'AWS_CALL_FAILED',
    /: UnsupportedOperation(Fault)?: not here$/,
    /log/,
  ],
  [
    'the name cannot be resolved',
    { environment: { AWS_ENDPOINT_URL: 'http://redshift.portunus.invalid' } },
    'AWS_UNREACHABLE',
    /redshift in us-east-1 gave no answer, its name cannot be resolved \(/,
    /redshift\.us-east-1\.amazonaws\.com:443/,
  ],
]

for (const [sentence, refusal, code, message, hint] of refusals) {
  test(`refused: ${sentence}`, async () => {
    const { error } = await refusalOf(refusal)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
  })
}

test('a closed port is unreachable, not forbidden', async () => {
  const { error } = await refusalOf({ environment: { AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}` } })
  assert.equal(error.code, 'AWS_UNREACHABLE')
  assert.match(error.message, /the connection was refused \(.*ECONNREFUSED/)
})

test('throttling is retried, then told', async () => {
  const { error, aws } = await refusalOf({
    trouble: { GetClusterCredentials: { status: 400, code: 'Throttling', message: 'Rate exceeded' } },
  })
  assert.equal(error.code, 'AWS_THROTTLED')
  assert.equal(error.category, 'limit-exceeded')
  assert.equal(aws.calls.length, 3)
})

test('no source of credentials: the guide’s words, and what each source answered', async () => {
  const { error } = await refusalOf({ environment: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } })
  assert.equal(error.code, 'AWS_CREDENTIALS_MISSING')
  assert.equal(
    error.message,
    'Cannot sign in to AWS: NoCredentialProviders: no valid providers in chain (' +
      'environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; ' +
      'shared credentials file: /home/agent/.aws/credentials does not exist; ' +
      'shared config file: /home/agent/.aws/config does not exist; ' +
      'web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; ' +
      'container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set; ' +
      'EC2 instance metadata: AWS_EC2_METADATA_DISABLED is true)',
  )
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
