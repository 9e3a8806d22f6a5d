/** Steps 3 and 4 of the guide against the lab: what a bootstrap makes is what the Database Service may do afterwards. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, beforeEach, test } from 'node:test'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { openRedshiftLogins } from '#aws-client'
import { planRedshiftLogin } from '#aws-model'
import { parseDatabase } from '#resources'
import type { Log } from '#foundation'
import { nodeClock } from '#world'
import type { Lab, LabIdentity } from '../../lab/lab.ts'
import { runCommand } from '../../lab/stage/program.ts'
import type { AwsAccount } from '../../lab/aws/world.ts'
import { speak } from '../../src/programs/teleport/testing/conversation.ts'
import { configurationOf, openIamAccount, type IamAccount } from './iam-account.ts'

const ignore = (): void => undefined
const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silentLog }
let account: IamAccount
let lab: Lab
before(async () => {
  account = await openIamAccount()
  lab = account.lab
})
beforeEach(() => account.reset())
after(() => account[Symbol.asyncDispose]())

const prodRole = 'arn:aws:iam::123456789012:role/team/prod'

const environmentOf = (identity: LabIdentity) => account.environmentOf(identity)
const bootstrap: IamAccount['bootstrap'] = (flags, situation) => account.bootstrap(flags, situation)

/** The credential call as TeleportUser, the way the Database Service makes it. */
async function signIn(
  options: { readonly role?: string; readonly databaseUser?: string; readonly cluster?: string } = {},
): Promise<string> {
  await using logins = openRedshiftLogins({
    environment: environmentOf(lab.aws.teleportUser),
    files: { readTextIfPresent: () => Promise.resolve(undefined) },
    clock: nodeClock,
    log: silentLog,
    homeDirectory: '/nowhere',
  })
  const { role, databaseUser = 'alice', cluster = lab.redshift.clusterId } = options
  const database = parseDatabase({
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift' },
    spec: {
      protocol: 'postgres',
      uri: 'localhost:5439',
      aws: { region: lab.aws.region, redshift: { cluster_id: cluster }, ...(role === undefined ? {} : { assume_role_arn: role }) },
    },
  })
  return (await logins.issue(planRedshiftLogin({ database, databaseUser, databaseName: 'dev', person: 'alice' }))).user
}

const changeAccount: IamAccount['change'] = (change) => account.change(change)
const accountNow = (): AwsAccount => account.now()
const policyNamed = (name: string) => accountNow().managedPolicies?.find((policy) => policy.name === name)
const callsSince = (count: number) =>
  lab.control
    .activity()
    .slice(count)
    .flatMap((record) => (record.kind === 'aws-call' ? [record.action] : []))

test('the command of the guide for a user, run as typed by the real program, lets that user sign in', async () => {
  await assert.rejects(signIn(), { code: 'AWS_CREDENTIALS_CALL_DENIED' })
  const directory = await mkdtemp(join(tmpdir(), 'bootstrap-'))
  try {
    const file = join(directory, 'teleport.yaml')
    await writeFile(file, configurationOf({}))
    const entry = fileURLToPath(new URL('../../src/programs/teleport/entry.ts', import.meta.url))
    const { stdout, stderr, exitCode } = await runCommand(
      process.execPath,
      [entry, 'db', 'configure', 'bootstrap', '-c', file, '--attach-to-user', 'TeleportUser'],
      { environment: { ...environmentOf(lab.aws.administrator), PATH: process.env['PATH'] }, input: 'y\n' },
    )
    assert.match(
      stdout,
      /\nok {6}Create IAM policy "DatabaseAccess": created\nok {6}Attach "DatabaseAccess" to the user "TeleportUser": done\n$/,
      stderr,
    )
    assert.equal(exitCode, 0)
    const guide = await readFile(fileURLToPath(new URL('../../docs/guide/README.md', import.meta.url)), 'utf8')
    for (const part of stdout.split('\nok')) assert(guide.includes(part.trim()), part)
  } finally {
    await rm(directory, { recursive: true })
  }
  assert.equal(await signIn(), 'IAM:alice')
})

test('the permissions are the least: another cluster stays out of reach', async () => {
  await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'])
  await assert.rejects(signIn({ cluster: 'other' }), { code: 'AWS_CREDENTIALS_CALL_DENIED' })
})

test('running it again changes nothing', async () => {
  await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'])
  const count = lab.control.activity().length
  const { stdout } = await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'])
  assert.match(stdout, /"DatabaseAccess": unchanged\n.*: was attached already\n$/)
  assert.deepEqual(callsSince(count), [
    'GetCallerIdentity',
    'GetUser',
    'GetPolicy',
    'GetPolicyVersion',
    'ListAttachedUserPolicies',
    'ListAttachedUserPolicies',
  ])
})

test('a changed configuration makes a new version, and the sixth pushes the oldest out', async () => {
  for (let count = 1; count <= 6; count++) {
    const file = configurationOf(...Array.from({ length: count }, (_, index) => ({ name: `db-${index}`, cluster: `cluster-${index}` })))
    const { stdout } = await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'], { file })
    if (count === 6) assert.match(stdout, /updated, now v6 \(v1 deleted, IAM keeps five\)/)
  }
  const policy = policyNamed('DatabaseAccess')
  assert.deepEqual([policy?.versions.map(({ id }) => id), policy?.defaultVersionId], [['v2', 'v3', 'v4', 'v5', 'v6'], 'v6'])
})

test('anything but yes changes nothing, and is no failure', async () => {
  const { exitCode, stdout } = await bootstrap(['--attach-to-user', 'TeleportUser'], { answers: ['n'] })
  assert.equal(exitCode, 0)
  assert.doesNotMatch(stdout, /^ok/m)
  assert.equal(policyNamed('DatabaseAccess'), undefined)
})

test('--check prints what is missing and fails, and passes after the bootstrap', async () => {
  const flags = ['--attach-to-role', 'TeleportRole']
  const missing = await bootstrap([...flags, '--check'])
  assert.equal(
    missing.stdout,
    `arn:aws:iam::123456789012:role/TeleportRole: 3 missing
+ redshift:DescribeClusters on * (no policy allows it)
+ redshift:GetClusterCredentials on arn:aws:redshift:us-east-1:123456789012:dbname:my-redshift/* (no policy allows it)
+ redshift:GetClusterCredentials on arn:aws:redshift:us-east-1:123456789012:dbuser:my-redshift/* (no policy allows it)
`,
  )
  assert.equal(missing.exitCode, 1)
  await bootstrap([...flags, '--confirm'])
  const whole = await bootstrap([...flags, '--check'])
  assert.deepEqual([whole.stdout, whole.exitCode], ['arn:aws:iam::123456789012:role/TeleportRole: nothing is missing\n', 0])
  const smaller = await bootstrap([...flags, '--check'], { file: configurationOf({ name: 'x', cluster: 'other' }) })
  assert.match(smaller.stdout, /^- redshift:GetClusterCredentials on .*dbuser:my-redshift\/\* \(in "DatabaseAccess", not needed\)$/m)
})

function addProdRole(): void {
  const [template] = accountNow().roles
  assert(template)
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:user/TeleportUser' }, Action: 'sts:AssumeRole' },
  } as const
  changeAccount((account) => ({
    ...account,
    roles: [...account.roles, { ...template, name: 'prod', path: '/team/', policies: [], trust }],
  }))
}

test('one run for the agent, one for the role of the file: the chain signs in', async () => {
  addProdRole()
  const file = configurationOf({ role: prodRole })
  const agent = await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'], { file })
  assert.match(
    agent.stdout,
    /^ {2}teleport db configure bootstrap .* --policy-name DatabaseAccess-prod --attach-to-role "arn:aws:iam::123456789012:role\/team\/prod"$/m,
  )
  await assert.rejects(signIn({ role: prodRole }), { code: 'AWS_CREDENTIALS_CALL_DENIED' })
  await bootstrap(['--policy-name', 'teleport-policy-prod', '--attach-to-role', prodRole, '--confirm'], { file })
  assert.equal(await signIn({ role: prodRole }), 'IAM:alice')
  await assert.rejects(signIn(), { code: 'AWS_CREDENTIALS_CALL_DENIED' })
})

test('--all-roles does it in one run, and a role named without its path is found', async () => {
  addProdRole()
  const file = configurationOf({ role: prodRole })
  await bootstrap(['--attach-to-user', 'TeleportUser', '--all-roles', '--confirm'], { file })
  assert.equal(await signIn({ role: prodRole }), 'IAM:alice')
  const { stdout } = await bootstrap(['--attach-to-role', 'prod', '--confirm'], { file })
  assert.match(stdout, /^arn:aws:iam::123456789012:role\/team\/prod: .*assume_role_arn/)
})

test('--check looks at the trust of roles too', async () => {
  const flags = ['--attach-to-user', 'TeleportUser', '--assumes-roles', 'untrusting-role,my-iam-role', '--all-roles']
  await bootstrap([...flags, '--confirm'])
  const { stdout, exitCode } = await bootstrap([...flags, '--check'])
  assert.equal(
    stdout,
    `arn:aws:iam::123456789012:user/TeleportUser: nothing is missing
arn:aws:iam::123456789012:role/untrusting-role: 1 missing
+ trust in arn:aws:iam::123456789012:user/TeleportUser (the trust policy does not name it)
arn:aws:iam::123456789012:role/my-iam-role: 1 missing
+ trust in arn:aws:iam::123456789012:user/TeleportUser (the trust policy does not name it)
`,
  )
  assert.equal(exitCode, 1)
})

test('without a target it is the role behind a session, with the path the session has lost', async () => {
  const [template] = accountNow().roles
  const everything = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } as const
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: lab.aws.administrator.arn }, Action: 'sts:AssumeRole' },
  } as const
  assert(template)
  changeAccount((account) => ({
    ...account,
    roles: [...account.roles, { ...template, name: 'ops', path: '/team/', policies: [everything], trust }],
  }))
  const assumed = await new STSClient({ endpoint: lab.aws.endpoint, region: lab.aws.region, credentials: lab.aws.administrator }).send(
    new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/team/ops', RoleSessionName: 'me' }),
  )
  const environment = {
    ...lab.environment,
    AWS_ACCESS_KEY_ID: assumed.Credentials?.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: assumed.Credentials?.SecretAccessKey,
    AWS_SESSION_TOKEN: assumed.Credentials?.SessionToken,
  }
  const run = () =>
    speak(['db', 'configure', 'bootstrap', '--confirm'], { environment, files: { '/etc/teleport.yaml': configurationOf({}) } })
  const { stdout } = await run()
  assert.match(stdout, /^arn:aws:iam::123456789012:role\/team\/ops: /)
  assert.match(stdout, /Attach "DatabaseAccess" to the role "ops": done/)
  changeAccount((account) => ({ ...account, roles: account.roles.map((role) => ({ ...role, policies: [], attachedPolicies: [] })) }))
  assert.match(
    (await run()).stderr,
    /iam:GetRole, which tells the full ARN of its role, is denied\nHINT: say whose permissions are meant with --attach-to-user or --attach-to-role/,
  )
})

test('--assumes-roles lets people sign in as an IAM role', async () => {
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' },
  } as const
  changeAccount((account) => ({
    ...account,
    roles: account.roles.map((role) => (role.name === 'my-iam-role' ? { ...role, trust } : role)),
  }))
  await assert.rejects(signIn({ databaseUser: 'role/my-iam-role' }), { code: 'AWS_ASSUME_ROLE_DENIED' })
  await bootstrap(['--attach-to-user', 'TeleportUser', '--assumes-roles', 'my-iam-role', '--confirm'])
  assert.equal(await signIn({ databaseUser: 'role/my-iam-role' }), 'IAMR:my-iam-role')
})

test('400 databases are spread over nine policies, and the last is as good as the first', async () => {
  const databases = Array.from({ length: 400 }, (_, index) => ({
    name: `db-${index}`,
    cluster: `cluster-${String(index).padStart(3, '0')}`,
  }))
  const [cluster] = accountNow().clusters
  assert(cluster)
  changeAccount((account) => ({ ...account, clusters: ['cluster-000', 'cluster-399'].map((id) => ({ ...cluster, id })) }))
  const { exitCode } = await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'], { file: configurationOf(...databases) })
  assert.equal(exitCode, 0)
  const attached = accountNow().users.find(({ name }) => name === 'TeleportUser')?.attachedPolicies
  assert.equal(attached?.length, 9)
  for (const id of ['cluster-000', 'cluster-399']) assert.equal(await signIn({ cluster: id }), 'IAM:alice')
  const fewer = { file: configurationOf(...databases.slice(0, 360)) }
  const { stdout } = await bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'], fewer)
  assert.match(
    stdout,
    /^note {4}"DatabaseAccess-9" is of an earlier run and no longer needed: aws iam detach-user-policy --user-name TeleportUser/m,
  )
  assert.match(
    (await bootstrap(['--attach-to-user', 'TeleportUser', '--check'], fewer)).stdout,
    /nothing is missing[^]*in "DatabaseAccess-9", not needed/,
  )
})

test('create-iam makes the policy of the guide, and attaches it to the role that is named', async () => {
  const createIam = (...flags: readonly string[]) =>
    speak(
      [
        'db',
        'configure',
        'aws',
        'create-iam',
        '--types',
        'redshift,redshift-serverless',
        '--name',
        'teleport-redshift-access',
        '--confirm',
        ...flags,
      ],
      { environment: environmentOf(lab.aws.administrator) },
    )
  const alone = await createIam()
  assert.match(alone.stdout, /"teleport-redshift-access": created\n$/)
  const attached = await createIam('--role', 'TeleportRole')
  assert.match(
    attached.stdout,
    /"teleport-redshift-access": unchanged\nok {6}Attach "teleport-redshift-access" to the role "TeleportRole": done\n$/,
  )
  assert.equal((await createIam('--role', 'TeleportRole', '--check')).exitCode, 0)
  assert.equal((await createIam('--user', 'TeleportUser', '--check')).exitCode, 1)
})
