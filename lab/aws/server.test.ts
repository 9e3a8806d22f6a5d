/** The AWS stand-in as stock clients see it: the AWS SDK over HTTP, every signature real. */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'
import {
  DescribeClustersCommand,
  GetClusterCredentialsCommand,
  GetClusterCredentialsWithIAMCommand,
  RedshiftClient,
} from '@aws-sdk/client-redshift'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Activity } from '../activity.ts'
import { LabClock } from '../clock.ts'
import { DatabasePasswords } from '../database-passwords.ts'
import { defaultWorld, labNames } from './default-world.ts'
import { openAwsServer } from './server.ts'
import type { AwsServer } from './server.ts'
import { Sessions } from './sessions.ts'
import { withAccount } from './world.ts'
import type { AccessKey, AwsWorld } from './world.ts'

const accountId = '123456789012'
const region = 'us-east-1'
const roleArnOf = (name: string) => `arn:aws:iam::${accountId}:role/${name}`

describe('the AWS stand-in', () => {
  const clock = new LabClock()
  const activity = new Activity()
  const {
    world: initialWorld,
    databaseServiceKey,
    powerlessKey,
  } = defaultWorld({
    accountId,
    region,
    clusterId: 'my-redshift',
    clusterEndpoint: { host: '127.0.0.1', port: 5439 },
    now: clock.now(),
  })
  let world: AwsWorld = initialWorld
  let server: AwsServer

  before(async () => {
    server = await openAwsServer(
      { world: () => world, clock, sessions: new Sessions(), databasePasswords: new DatabasePasswords(), activity },
      { port: 0 },
    )
  })
  after(() => server[Symbol.asyncDispose]())

  interface Key {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  const keyOf = (key: AccessKey): Key => ({ accessKeyId: key.id, secretAccessKey: key.secret.reveal() })
  const service = keyOf(databaseServiceKey)
  const configuration = (credentials: Key, extra: object = {}) => ({
    endpoint: server.endpoint,
    region,
    credentials,
    maxAttempts: 1,
    ...extra,
  })
  const stsOf = (credentials: Key, extra?: object) => new STSClient(configuration(credentials, extra))
  const redshiftOf = (credentials: Key, extra?: object) => new RedshiftClient(configuration(credentials, extra))

  async function assume(credentials: Key, roleName: string, extra: object = {}): Promise<Key> {
    const command = new AssumeRoleCommand({ RoleArn: roleArnOf(roleName), RoleSessionName: 'alice', ...extra })
    const { Credentials } = await stsOf(credentials).send(command)
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
  }

  async function refusal(promise: Promise<unknown>): Promise<{ name: string; status: number | undefined; message: string }> {
    const error: unknown = await promise.then(
      () => assert.fail('the call was allowed'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof Error)
    const metadata = '$metadata' in error ? error.$metadata : undefined
    const status = metadata instanceof Object && 'httpStatusCode' in metadata ? Number(metadata.httpStatusCode) : undefined
    return { name: error.name, status, message: error.message }
  }

  test('GetCallerIdentity names the user behind the key', async () => {
    const identity = await stsOf(service).send(new GetCallerIdentityCommand({}))
    assert.equal(identity.Arn, `arn:aws:iam::${accountId}:user/${labNames.databaseServiceUser}`)
    assert.equal(identity.Account, accountId)
    assert.match(identity.UserId ?? '', /^AIDA[A-Z2-7]{16}$/)
  })

  test('a database user gets a password that lives 15 minutes, also when the database has no such user', async () => {
    const command = new GetClusterCredentialsCommand({
      ClusterIdentifier: 'my-redshift',
      DbUser: 'nobody-yet',
      DbName: 'dev',
      AutoCreate: false,
      DbGroups: [],
    })
    const answer = await redshiftOf(service).send(command)
    assert.equal(answer.DbUser, 'IAM:nobody-yet')
    assert.ok((answer.DbPassword ?? '').length >= 64)
    const minutes = ((answer.Expiration?.getTime() ?? 0) - clock.now().getTime()) / 60_000
    assert.ok(minutes > 14.9 && minutes <= 15)
  })

  test('an assumed role gets a password for itself', async () => {
    const session = await assume(service, labNames.role)
    assert.match(session.accessKeyId, /^ASIA/)
    const identity = await stsOf(session).send(new GetCallerIdentityCommand({}))
    assert.equal(identity.Arn, `arn:aws:sts::${accountId}:assumed-role/my-iam-role/alice`)
    const answer = await redshiftOf(session).send(
      new GetClusterCredentialsWithIAMCommand({ ClusterIdentifier: 'my-redshift', DbName: 'dev', DurationSeconds: 3600 }),
    )
    assert.equal(answer.DbUser, 'IAMR:my-iam-role')
    assert.ok(answer.NextRefreshTime instanceof Date)
  })

  test('DescribeClusters lists the cluster of the region, with its address', async () => {
    const answer = await redshiftOf(service).send(new DescribeClustersCommand({}))
    assert.deepEqual(
      answer.Clusters?.map(({ ClusterIdentifier }) => ClusterIdentifier),
      ['my-redshift'],
    )
    assert.deepEqual(answer.Clusters?.[0]?.Endpoint, { Address: '127.0.0.1', Port: 5439 })
    assert.match(answer.Clusters?.[0]?.ClusterNamespaceArn ?? '', new RegExp(`^arn:aws:redshift:us-east-1:${accountId}:namespace:`))
    const elsewhere = await redshiftOf(service, { region: 'eu-west-1' }).send(new DescribeClustersCommand({}))
    assert.deepEqual(elsewhere.Clusters ?? [], [])
  })

  const getCredentials = (extra: object = {}) =>
    new GetClusterCredentialsCommand({ ClusterIdentifier: 'my-redshift', DbUser: 'alice', DbName: 'dev', ...extra })

  const refusals: readonly [string, () => Promise<unknown>, string, number][] = [
    [
      'a wrong secret',
      () => stsOf({ ...service, secretAccessKey: 'x'.repeat(40) }).send(new GetCallerIdentityCommand({})),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'an unknown key',
      () => stsOf({ ...service, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }).send(new GetCallerIdentityCommand({})),
      'InvalidClientTokenId',
      403,
    ],
    [
      'a clock six minutes behind',
      () => stsOf(service, { systemClockOffset: -6 * 60_000 }).send(new GetCallerIdentityCommand({})),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'a clock six minutes ahead',
      () => stsOf(service, { systemClockOffset: 6 * 60_000 }).send(new GetCallerIdentityCommand({})),
      'SignatureDoesNotMatch',
      403,
    ],
    [
      'a session token on a long-lived key',
      () => stsOf({ ...service, sessionToken: 'x' }).send(new GetCallerIdentityCommand({})),
      'InvalidClientTokenId',
      403,
    ],
    [
      'a session key without its token',
      async () => {
        const { accessKeyId, secretAccessKey } = await assume(service, labNames.role)
        return stsOf({ accessKeyId, secretAccessKey }).send(new GetCallerIdentityCommand({}))
      },
      'InvalidClientTokenId',
      403,
    ],
    ['a user without the permission', () => redshiftOf(keyOf(powerlessKey)).send(getCredentials()), 'AccessDenied', 403],
    ['a role that does not trust the caller', () => assume(service, labNames.untrustingRole), 'AccessDenied', 403],
    ['a role that does not exist, in the same words', () => assume(service, 'no-such-role'), 'AccessDenied', 403],
    ['a role whose external id is missing', () => assume(service, labNames.externalIdRole), 'AccessDenied', 403],
    ['a role whose external id is another', () => assume(service, labNames.externalIdRole, { ExternalId: 'guess' }), 'AccessDenied', 403],
    ['a session name with a space', () => assume(service, labNames.role, { RoleSessionName: 'a b' }), 'ValidationError', 400],
    ['a session name of 65 characters', () => assume(service, labNames.role, { RoleSessionName: 'x'.repeat(65) }), 'ValidationError', 400],
    ['a session longer than the role allows', () => assume(service, labNames.role, { DurationSeconds: 7200 }), 'ValidationError', 400],
    [
      'a password that lives under 900 seconds',
      () => redshiftOf(service).send(getCredentials({ DurationSeconds: 899 })),
      'InvalidParameterValue',
      400,
    ],
    [
      'a password that lives over an hour',
      () => redshiftOf(service).send(getCredentials({ DurationSeconds: 3601 })),
      'InvalidParameterValue',
      400,
    ],
    ['a database user with a colon', () => redshiftOf(service).send(getCredentials({ DbUser: 'IAM:alice' })), 'InvalidParameterValue', 400],
    ['auto-creation without CreateClusterUser', () => redshiftOf(service).send(getCredentials({ AutoCreate: true })), 'AccessDenied', 403],
    ['an unknown cluster', () => redshiftOf(service).send(getCredentials({ ClusterIdentifier: 'other' })), 'ClusterNotFoundFault', 404],
    [
      'the right cluster in the wrong region',
      () => redshiftOf(service, { region: 'eu-west-1' }).send(getCredentials()),
      'ClusterNotFoundFault',
      404,
    ],
    ['session policies, which the lab does not know', () => assume(service, labNames.role, { Policy: '{}' }), 'NotImplemented', 501],
  ]
  for (const [what, call, name, status] of refusals) {
    test(`refuses ${what} with ${name}`, async () => {
      const refused = await refusal(call())
      assert.deepEqual([refused.name, refused.status], [name, status], refused.message)
    })
  }

  test('a denied call names the caller, the action and the resource', async () => {
    const { message } = await refusal(redshiftOf(keyOf(powerlessKey)).send(getCredentials()))
    assert.equal(
      message,
      `User: arn:aws:iam::${accountId}:user/powerless is not authorized to perform: redshift:GetClusterCredentials on resource: ` +
        `arn:aws:redshift:us-east-1:${accountId}:dbuser:my-redshift/alice because no identity-based policy allows the redshift:GetClusterCredentials action`,
    )
    const untrusted = await refusal(assume(service, labNames.untrustingRole))
    assert.equal(
      untrusted.message,
      `User: arn:aws:iam::${accountId}:user/database-service is not authorized to perform: sts:AssumeRole on resource: ${roleArnOf('untrusting-role')}`,
    )
  })

  test('the role with an external id is assumed with it', async () => {
    const session = await assume(service, labNames.externalIdRole, { ExternalId: labNames.externalId })
    assert.match(session.accessKeyId, /^ASIA/)
  })

  test('a session expires', async () => {
    const session = await assume(service, labNames.role, { DurationSeconds: 900 })
    clock.move(901_000)
    try {
      const refused = await refusal(stsOf(session, { systemClockOffset: 901_000 }).send(new GetCallerIdentityCommand({})))
      assert.equal(refused.name, 'ExpiredToken')
    } finally {
      clock.move(-901_000)
    }
  })

  test('a client whose clock is an hour behind the lab corrects it by the Date header and succeeds', async () => {
    clock.move(3_600_000)
    try {
      const answer = await stsOf(service, { maxAttempts: 2 }).send(new GetCallerIdentityCommand({}))
      assert.equal(answer.Account, accountId)
    } finally {
      clock.move(-3_600_000)
    }
  })

  test('a Deny that is added to the world wins at once', async () => {
    const before = world
    const deny = { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: 'redshift:*', Resource: '*/root' } } as const
    world = withAccount(world, accountId, (account) => ({
      ...account,
      users: account.users.map((user) => ({ ...user, policies: [...user.policies, deny] })),
    }))
    try {
      const refused = await refusal(redshiftOf(service).send(getCredentials({ DbUser: 'root' })))
      assert.match(refused.message, /dbuser:my-redshift\/root with an explicit deny in an identity-based policy$/)
      assert.equal((await redshiftOf(service).send(getCredentials())).DbUser, 'IAM:alice')
    } finally {
      world = before
    }
  })

  const garbage: readonly [string, { method?: string; headers?: Record<string, string>; body?: string }, number, string][] = [
    ['no signature', {}, 403, 'MissingAuthenticationToken'],
    ['a signature of another kind', { headers: { authorization: 'Basic Zm9vOmJhcg==' } }, 403, 'IncompleteSignature'],
    ['half a signature', { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA' } }, 403, 'IncompleteSignature'],
    ['a body of 300 kB', { body: 'a'.repeat(300_000) }, 413, 'RequestEntityTooLarge'],
    [
      'bytes that are no text',
      { headers: { authorization: 'AWS4-HMAC-SHA256 ,,,=' }, body: '\u0000\uFFFF%zz' },
      403,
      'IncompleteSignature',
    ],
    ['a GET', { method: 'GET' }, 403, 'MissingAuthenticationToken'],
  ]
  for (const [what, { method, headers, body }, status, code] of garbage) {
    test(`answers ${what} with ${code}`, async () => {
      const answer = await send(server.endpoint, { method: method ?? 'POST', headers: headers ?? {}, body })
      assert.equal(answer.status, status)
      assert.match(answer.body, new RegExp(`^<ErrorResponse xmlns=.*<Code>${code}</Code>`))
    })
  }

  test('every call is recorded with its caller and its outcome', () => {
    const records = activity.records().filter((record) => record.kind === 'aws-call')
    const assumed = records.find(({ action, errorCode }) => action === 'AssumeRole' && errorCode === undefined)
    assert.equal(assumed?.parameters['RoleSessionName'], 'alice')
    assert.ok(records.some(({ errorCode }) => errorCode === 'ClusterNotFound'))
  })
})

function send(endpoint: string, options: { method: string; headers: Record<string, string>; body: string | undefined }) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = httpRequest(endpoint, { method: options.method, headers: options.headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', reject)
    outgoing.end(options.body)
  })
}
