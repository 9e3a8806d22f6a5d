/** Proof of redshift-logins.ts over real HTTP: which calls are made, what is kept, what is asked anew. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { startAwsServer, type AwsServer } from './aws-server.fixture.ts'
import { openRedshiftLogins, type RedshiftLogins } from './redshift-logins.ts'
import { memoryFiles, planFixture, rememberingLog, SteppedClock, type LogLine } from './world.fixture.ts'

const through = 'arn:aws:iam::123456789012:role/through'
const keys = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT', AWS_SECRET_ACCESS_KEY: 'secret' }

interface Scene extends AsyncDisposable {
  readonly aws: AwsServer
  readonly clock: SteppedClock
  readonly logins: RedshiftLogins
  readonly lines: LogLine[]
}

async function openScene(environment: Readonly<Record<string, string>> = keys): Promise<Scene> {
  const clock = new SteppedClock()
  const aws = await startAwsServer(clock)
  const lines: LogLine[] = []
  const logins = openRedshiftLogins({
    environment: { AWS_ENDPOINT_URL: aws.url, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    files: memoryFiles({}),
    clock,
    log: rememberingLog(lines),
    homeDirectory: '/home/agent',
  })
  return {
    aws,
    clock,
    logins,
    lines,
    async [Symbol.asyncDispose]() {
      await logins[Symbol.asyncDispose]()
      await aws[Symbol.asyncDispose]()
    },
  }
}

function actionsOf(aws: AwsServer): readonly string[] {
  return aws.calls.map((call) => call.action)
}

test('a database user: one signed call with exactly the fields of the guide', async () => {
  await using scene = await openScene()
  const issued = await scene.logins.issue(planFixture())
  assert.equal(issued.user, 'IAM:alice')
  assert.match(issued.password.reveal(), /^password-/)
  assert.equal(issued.expires.getTime(), scene.clock.now().getTime() + 900_000)
  const [call] = scene.aws.calls
  assert.deepEqual(call, {
    action: 'GetClusterCredentials',
    parameters: {
      Action: 'GetClusterCredentials',
      Version: '2012-12-01',
      AutoCreate: 'false',
      ClusterIdentifier: 'my-redshift',
      DbName: 'dev',
      DbUser: 'alice',
    },
    accessKeyId: 'AKIAENVIRONMENT',
    region: 'us-east-1',
  })
})

test('an IAM role: the caller’s account completes the role, the person is in the session name', async () => {
  await using scene = await openScene()
  const issued = await scene.logins.issue(planFixture({ databaseUser: 'role/my-iam-role', person: 'alice@example.com' }))
  assert.equal(issued.user, 'IAMR:role')
  assert.deepEqual(actionsOf(scene.aws), ['GetCallerIdentity', 'AssumeRole', 'GetClusterCredentialsWithIAM'])
  const { RoleArn, RoleSessionName, ExternalId } = scene.aws.calls[1]?.parameters ?? {}
  assert.deepEqual([RoleArn, RoleSessionName, ExternalId], ['arn:aws:iam::123456789012:role/my-iam-role', 'alice@example.com', undefined])
  assert.equal(scene.aws.calls[2]?.parameters['DbUser'], undefined)
  assert.match(scene.aws.calls[2]?.accessKeyId ?? '', /^ASIAmy-iam-role/)
})

test('two hops: the external id on the first only, the second signed with what the first gave', async () => {
  await using scene = await openScene()
  await scene.logins.issue(planFixture({ databaseUser: 'role/reader', assumeRoleArn: through, externalId: 'x-1' }))
  const hops = scene.aws.calls.filter((call) => call.action === 'AssumeRole')
  assert.deepEqual(
    hops.map((hop) => [hop.parameters['RoleArn'], hop.parameters['ExternalId'], hop.accessKeyId?.slice(0, 11)]),
    [
      [through, 'x-1', 'AKIAENVIRON'],
      ['arn:aws:iam::123456789012:role/reader', undefined, 'ASIAthrough'],
    ],
  )
})

test('a password is kept until two minutes before it expires, then asked for again', async () => {
  await using scene = await openScene()
  const first = await scene.logins.issue(planFixture())
  scene.clock.step(779_000)
  assert.equal((await scene.logins.issue(planFixture())).password.reveal(), first.password.reveal())
  scene.clock.step(2_000)
  assert.notEqual((await scene.logins.issue(planFixture())).password.reveal(), first.password.reveal())
  assert.equal(scene.aws.calls.length, 2)
})

test('a password is kept per database user, database name and role session', async () => {
  await using scene = await openScene()
  await scene.logins.issue(planFixture())
  await scene.logins.issue(planFixture({ person: 'bob' }))
  assert.equal(scene.aws.calls.length, 1, 'without a role AWS cannot tell the people apart, so they share')
  await scene.logins.issue(planFixture({ databaseUser: 'etl' }))
  await scene.logins.issue(planFixture({ databaseName: 'prod' }))
  assert.equal(scene.aws.calls.length, 3)
  await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  await scene.logins.issue(planFixture({ assumeRoleArn: through, person: 'bob' }))
  assert.equal(scene.aws.calls.length, 7, 'through a role everybody has a session of their own')
})

test('a kept password is not used when a fresh one is asked for', async () => {
  await using scene = await openScene()
  const first = await scene.logins.issue(planFixture())
  assert.notEqual((await scene.logins.issue(planFixture(), { fresh: true })).password.reveal(), first.password.reveal())
})

test('an assumed role is kept until five minutes before it expires', async () => {
  await using scene = await openScene()
  const assumed = (): number => actionsOf(scene.aws).filter((action) => action === 'AssumeRole').length
  await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  scene.clock.step(3_299_000)
  await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  assert.equal(assumed(), 1)
  scene.clock.step(790_000)
  await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  assert.equal(assumed(), 2)
})

test('when AWS is away, a password that still holds is used and the log says so', async () => {
  await using scene = await openScene()
  const first = await scene.logins.issue(planFixture())
  scene.clock.step(800_000)
  scene.aws.trouble = () => ({ status: 400, code: 'Oops' })
  assert.equal((await scene.logins.issue(planFixture())).password.reveal(), first.password.reveal())
  assert.ok(scene.lines.some((line) => line.level === 'warn' && /not renewed/.test(line.message)))
  scene.clock.step(100_000)
  await assert.rejects(scene.logins.issue(planFixture()), { code: 'AWS_CALL_FAILED' })
})

test('many who ask at once share one call, and one who leaves does not end it for the others', async () => {
  await using scene = await openScene()
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  scene.aws.trouble = () => {
    arrived.resolve()
    return { after: gate.promise }
  }
  const leaving = new AbortController()
  const first = scene.logins.issue(planFixture(), { signal: leaving.signal })
  const others = [scene.logins.issue(planFixture()), scene.logins.issue(planFixture())]
  await arrived.promise
  leaving.abort(new Error('the client left'))
  await assert.rejects(first, /the client left/)
  gate.resolve()
  const passwords = new Set((await Promise.all(others)).map((login) => login.password.reveal()))
  assert.equal(passwords.size, 1)
  assert.equal(scene.aws.calls.length, 1)
})

test('somebody who has already left is not served', async () => {
  await using scene = await openScene()
  await assert.rejects(scene.logins.issue(planFixture(), { signal: AbortSignal.abort(new Error('gone')) }), /gone/)
  assert.equal(scene.aws.calls.length, 0)
})

test('keys that AWS no longer takes are looked for once more', async () => {
  await using scene = await openScene()
  let refusals = 1
  scene.aws.trouble = () => (refusals-- > 0 ? { status: 400, code: 'ExpiredToken' } : undefined)
  assert.equal((await scene.logins.issue(planFixture())).user, 'IAM:alice')
  assert.equal(scene.lines.filter((line) => line.message === 'aws credentials found').length, 2)
})

const regions = [
  ['the database', { region: 'eu-west-1' }, { AWS_REGION: 'us-west-2' }, 'eu-west-1'],
  ['AWS_REGION', { region: '' }, { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-1' }, 'us-west-2'],
  ['AWS_DEFAULT_REGION', { region: '' }, { AWS_DEFAULT_REGION: 'us-west-1' }, 'us-west-1'],
] as const

for (const [source, fixture, environment, region] of regions) {
  test(`the region comes from ${source}`, async () => {
    await using scene = await openScene({ ...keys, ...environment })
    await scene.logins.issue(planFixture(fixture))
    assert.equal(scene.aws.calls[0]?.region, region)
  })
}

test('without any region the refusal says where to set one', async () => {
  await using scene = await openScene()
  await assert.rejects(scene.logins.issue(planFixture({ region: '' })), { code: 'AWS_REGION_MISSING', hint: /AWS_DEFAULT_REGION/ })
})

test('each service can have an endpoint of its own', async () => {
  const clock = new SteppedClock()
  await using sts = await startAwsServer(clock)
  await using scene = await openScene({ ...keys, AWS_ENDPOINT_URL_STS: sts.url })
  await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  assert.deepEqual([actionsOf(sts), actionsOf(scene.aws)], [['AssumeRole'], ['GetClusterCredentials']])
})

test('an endpoint that is no URL is refused by the name of its variable', async () => {
  await using scene = await openScene({ ...keys, AWS_ENDPOINT_URL_REDSHIFT: 'localhost:4566' })
  await assert.rejects(scene.logins.issue(planFixture()), {
    code: 'AWS_ENDPOINT_URL_MALFORMED',
    message: /AWS_ENDPOINT_URL_REDSHIFT="localhost:4566"/,
  })
})

test('no secret is in what is given out or logged', async () => {
  await using scene = await openScene({ ...keys, AWS_SECRET_ACCESS_KEY: 'very-secret' })
  const issued = await scene.logins.issue(planFixture({ assumeRoleArn: through }))
  const shown = inspect([issued, scene.logins, scene.lines], { depth: 10 })
  assert.ok(!shown.includes(issued.password.reveal()))
  assert.ok(!shown.includes('very-secret'))
})
