/** IAM of the stand-in over the wire: what it answers, what it refuses, and that what it changes is in force at once. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GetClusterCredentialsCommand, RedshiftClient } from '@aws-sdk/client-redshift'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Activity } from '../../activity.ts'
import { LabClock } from '../../clock.ts'
import { DatabasePasswords } from '../../database-passwords.ts'
import { answerAwsRequest, type AwsStandIn } from '../answer.ts'
import { defaultWorld } from '../default-world.ts'
import { openAwsServer, type AwsServer } from '../server.ts'
import { Sessions } from '../sessions.ts'
import type { AccessKey, AwsWorld } from '../world.ts'

const accountId = '123456789012'
const policyArn = (name: string): string => `arn:aws:iam::${accountId}:policy/${name}`

describe('IAM of the stand-in', () => {
  const clock = new LabClock()
  const initial = defaultWorld({
    accountId,
    region: 'us-east-1',
    clusterId: 'my-redshift',
    clusterEndpoint: { host: '127.0.0.1', port: 5439 },
    now: clock.now(),
  })
  let world: AwsWorld = initial.world
  const standIn: AwsStandIn = {
    world: () => world,
    changeWorld: (change) => {
      world = change(world)
    },
    clock,
    sessions: new Sessions(),
    databasePasswords: new DatabasePasswords(),
    activity: new Activity(),
  }
  let server: AwsServer
  before(async () => {
    server = await openAwsServer(standIn, { port: 0 })
  })
  after(() => server[Symbol.asyncDispose]())

  const clientOf = (key: AccessKey) => ({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret.reveal() },
    maxAttempts: 1,
  })

  /** A signed call; the SDK's own signer, with the name of the service changed. */
  async function iam(action: string, parameters: Readonly<Record<string, string>> = {}, key = initial.administratorKey): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString()
    const client = new STSClient(clientOf(key))
    const signer = await client.config.signer({ name: 'sigv4', signingName: 'iam', signingRegion: 'us-east-1', properties: {} })
    const url = new URL(server.endpoint)
    const signed = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: '/',
      query: {},
      headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    const headers = new Map(Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), [value]]))
    return answerAwsRequest(standIn, { method: 'POST', target: '/', headers, body: new TextEncoder().encode(body) }).body
  }

  const allow = (action: string, resource = '*') =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] })
  const credentials = () =>
    new RedshiftClient(clientOf(initial.teleportUserKey)).send(
      new GetClusterCredentialsCommand({ ClusterIdentifier: 'my-redshift', DbUser: 'alice', DbName: 'dev' }),
    )
  const userPolicy = (PolicyName: string) => ({ UserName: 'TeleportUser', PolicyArn: policyArn(PolicyName) })

  test('a managed policy gives its right when it is attached and takes it when it is detached', async () => {
    await assert.rejects(credentials(), { name: 'AccessDenied' })
    const created = await iam('CreatePolicy', {
      PolicyName: 'Login',
      PolicyDocument: allow('redshift:GetClusterCredentials'),
      'Tags.member.1.Key': 'teleport',
      'Tags.member.1.Value': '',
    })
    assert.match(created, /<Arn>arn:aws:iam::123456789012:policy\/Login<\/Arn>.*<DefaultVersionId>v1<\/DefaultVersionId>/)
    assert.match(
      await iam('GetPolicy', { PolicyArn: policyArn('Login') }),
      /<Tags><member><Key>teleport<\/Key><Value><\/Value><\/member><\/Tags>/,
    )
    await iam('AttachUserPolicy', userPolicy('Login'))
    assert.equal((await credentials()).DbUser, 'IAM:alice')
    assert.match(await iam('ListAttachedUserPolicies', { UserName: 'TeleportUser' }), /<PolicyName>Login<\/PolicyName>/)
    assert.match(await iam('DeletePolicy', { PolicyArn: policyArn('Login') }), /<Code>DeleteConflict</)
    await iam('DetachUserPolicy', userPolicy('Login'))
    await assert.rejects(credentials(), { name: 'AccessDenied' })
    await iam('DeletePolicy', { PolicyArn: policyArn('Login') })
    assert.match(await iam('GetPolicy', { PolicyArn: policyArn('Login') }), /<Code>NoSuchEntity</)
  })

  test('a policy has five versions at most, and the default one is in force', async () => {
    const PolicyArn = policyArn('Versions')
    await iam('CreatePolicy', { PolicyName: 'Versions', PolicyDocument: allow('redshift:GetClusterCredentials') })
    await iam('AttachUserPolicy', userPolicy('Versions'))
    for (let count = 2; count <= 5; count++) {
      await iam('CreatePolicyVersion', { PolicyArn, PolicyDocument: allow('s3:GetObject'), SetAsDefault: String(count === 5) })
    }
    await assert.rejects(credentials(), { name: 'AccessDenied' })
    const sixth = { PolicyArn, PolicyDocument: allow('s3:PutObject') }
    assert.match(await iam('CreatePolicyVersion', sixth), /<Code>LimitExceeded<.*can have up to 5 versions/)
    assert.match(await iam('DeletePolicyVersion', { PolicyArn, VersionId: 'v5' }), /<Code>DeleteConflict</)
    await iam('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v1' })
    assert.equal((await credentials()).DbUser, 'IAM:alice')
    await iam('DeletePolicyVersion', { PolicyArn, VersionId: 'v5' })
    assert.match(await iam('CreatePolicyVersion', sixth), /<VersionId>v6</)
    assert.match(await iam('GetPolicyVersion', { PolicyArn, VersionId: 'v6' }), /<Document>%7B%22Version%22/)
    assert.equal(((await iam('ListPolicyVersions', { PolicyArn })).match(/<VersionId>/g) ?? []).length, 5)
    await iam('DetachUserPolicy', userPolicy('Versions'))
  })

  test('a boundary cuts what policies allow', async () => {
    await iam('PutUserPolicy', { UserName: 'TeleportUser', PolicyName: 'inline', PolicyDocument: allow('redshift:*') })
    assert.equal((await credentials()).DbUser, 'IAM:alice')
    await iam('CreatePolicy', { PolicyName: 'Boundary', PolicyDocument: allow('redshift:DescribeClusters') })
    await iam('PutUserPermissionsBoundary', { UserName: 'TeleportUser', PermissionsBoundary: policyArn('Boundary') })
    await assert.rejects(credentials(), { name: 'AccessDenied', message: /no permissions boundary allows/ })
    assert.match(await iam('GetUser', { UserName: 'TeleportUser' }), /<PermissionsBoundaryArn>[^<]*policy\/Boundary</)
    await iam('DeleteUserPermissionsBoundary', { UserName: 'TeleportUser' })
    assert.equal((await credentials()).DbUser, 'IAM:alice')
    assert.match(await iam('ListUserPolicies', { UserName: 'TeleportUser' }), /<member>inline<\/member>/)
    await iam('DeleteUserPolicy', { UserName: 'TeleportUser', PolicyName: 'inline' })
  })

  test('a role made through IAM is assumed by whom it trusts', async () => {
    const trust = (principal: string) =>
      JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }] })
    const caller = `arn:aws:iam::${accountId}:user/TeleportUser`
    await iam('CreateRole', { RoleName: 'made', Path: '/team/', AssumeRolePolicyDocument: trust(`arn:aws:iam::${accountId}:user/other`) })
    const assume = () =>
      new STSClient(clientOf(initial.teleportUserKey)).send(
        new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/team/made`, RoleSessionName: 'me' }),
      )
    await assert.rejects(assume(), { name: 'AccessDenied' })
    await iam('UpdateAssumeRolePolicy', { RoleName: 'made', PolicyDocument: trust(caller) })
    assert.match((await assume()).AssumedRoleUser?.Arn ?? '', /assumed-role\/made\/me/)
    assert.match(await iam('GetRole', { RoleName: 'made' }), /<Arn>arn:aws:iam::123456789012:role\/team\/made<\/Arn>/)
    assert.match(await iam('ListRoles', { MaxItems: '2' }), /<IsTruncated>true<\/IsTruncated><Marker>page-2<\/Marker>/)
    await iam('DeleteRole', { RoleName: 'made' })
  })

  const large = (characters: number): string => allow('s3:GetObject', `arn:aws:s3:::${'x'.repeat(characters)}`)
  const refusals: readonly (readonly [string, string, Readonly<Record<string, string>>, RegExp])[] = [
    ['a user that does not exist', 'GetUser', { UserName: 'nobody' }, /NoSuchEntity.*The user with name nobody cannot be found\./],
    [
      'a role that does not exist',
      'AttachRolePolicy',
      { RoleName: 'nobody', PolicyArn: policyArn('x') },
      /NoSuchEntity.*The role with name nobody cannot be found\./,
    ],
    ['a policy that does not exist', 'AttachUserPolicy', userPolicy('none'), /NoSuchEntity/],
    [
      'inline policies of a user over 2048',
      'PutUserPolicy',
      { UserName: 'TeleportUser', PolicyName: 'p', PolicyDocument: large(2048) },
      /LimitExceeded.*Maximum policy size of 2048 bytes exceeded for user TeleportUser/,
    ],
    [
      'inline policies of a role over 10240',
      'PutRolePolicy',
      { RoleName: 'TeleportRole', PolicyName: 'p', PolicyDocument: large(10_240) },
      /LimitExceeded.*Maximum policy size of 10240 bytes exceeded for role TeleportRole/,
    ],
    [
      'a managed policy over 6144',
      'CreatePolicy',
      { PolicyName: 'p', PolicyDocument: large(6144) },
      /LimitExceeded.*Cannot exceed quota for PolicySize: 6144/,
    ],
    ['a document that is no JSON', 'CreatePolicy', { PolicyName: 'p', PolicyDocument: '{' }, /MalformedPolicyDocument/],
    [
      'a resource that is no ARN',
      'CreatePolicy',
      { PolicyName: 'p', PolicyDocument: allow('s3:*', 'bucket') },
      /MalformedPolicyDocument.*must be in ARN format/,
    ],
    [
      'a placeholder in an ARN',
      'CreatePolicy',
      { PolicyName: 'p', PolicyDocument: allow('s3:*', 'arn:aws:iam::{account_id}:role/x') },
      /MalformedPolicyDocument/,
    ],
    [
      'a principal in an identity policy',
      'CreatePolicy',
      { PolicyName: 'p', PolicyDocument: '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}' },
      /MalformedPolicyDocument/,
    ],
    ['a missing parameter', 'CreatePolicy', { PolicyName: 'p' }, /MissingParameter/],
  ]
  for (const [what, action, parameters, pattern] of refusals) {
    test(`refused: ${what}`, async () => assert.match(await iam(action, parameters), pattern))
  }

  test('refused: a name that is taken, and an eleventh policy on a user', async () => {
    for (let index = 0; index <= 10; index++) {
      await iam('CreatePolicy', { PolicyName: `Many-${index}`, PolicyDocument: allow('s3:GetObject') })
      const answer = await iam('AttachUserPolicy', userPolicy(`Many-${index}`))
      assert.equal(answer.includes('PoliciesPerUser: 10'), index === 10)
    }
    assert.match(await iam('CreatePolicy', { PolicyName: 'many-0', PolicyDocument: allow('s3:GetObject') }), /EntityAlreadyExists/)
  })

  test('refused: whoever may not, with the action and the resource named', async () => {
    assert.match(
      await iam('GetPolicy', { PolicyArn: policyArn('x') }, initial.powerlessKey),
      /AccessDenied.*user\/powerless is not authorized to perform: iam:GetPolicy on resource: arn:aws:iam::123456789012:policy\/x because/,
    )
  })
})
