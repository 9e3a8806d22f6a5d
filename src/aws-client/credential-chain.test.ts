/** Proof of the chain over real HTTP: the guide's order, every source, and what each answers when it has nothing. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { PortunusError } from '#foundation'
import { startAwsServer, type AwsServer, type TroubleMaker } from './aws-server.fixture.ts'
import { CredentialChain } from './credential-chain.ts'
import type { AwsCredentials } from './credentials.ts'
import { AwsSdk } from './sdk.ts'
import { readSettings } from './settings.ts'
import { memoryFiles, rememberingLog, SteppedClock, type LogLine } from './world.fixture.ts'

const home = '/home/agent'
const credentialsFile = `${home}/.aws/credentials`
const configFile = `${home}/.aws/config`
const environmentKeys = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
const role = 'arn:aws:iam::123456789012:role/irsa'
const document = (id: string): string =>
  JSON.stringify({ Code: 'Success', AccessKeyId: id, SecretAccessKey: 's', Token: 't', Expiration: '2030-01-01T06:00:00Z' })

interface World {
  readonly environment?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly unreadable?: readonly string[]
  readonly metadata?: Readonly<Record<string, string | number>>
  readonly trouble?: TroubleMaker
}

interface Look {
  readonly credentials: AwsCredentials | undefined
  readonly reports: Readonly<Record<string, string>>
  readonly hint: string
  readonly lines: readonly LogLine[]
  readonly aws: AwsServer
}

/** Looks for credentials once. The metadata service is the test's server, which has no such path unless told. */
async function look(world: World): Promise<Look> {
  const clock = new SteppedClock()
  await using aws = await startAwsServer(clock)
  for (const [path, answer] of Object.entries(world.metadata ?? {})) aws.metadata.set(path, answer)
  if (world.trouble !== undefined) aws.trouble = world.trouble
  const substituted = Object.entries(world.environment ?? {}).map(([name, value]) => [name, value.replace('{server}', aws.url)])
  const environment = { AWS_ENDPOINT_URL: aws.url, AWS_EC2_METADATA_SERVICE_ENDPOINT: aws.url, ...Object.fromEntries(substituted) }
  const settings = readSettings(environment, home)
  using sdk = new AwsSdk(settings, clock)
  const lines: LogLine[] = []
  const files = memoryFiles(world.files ?? {}, world.unreadable)
  const chain = new CredentialChain({ settings, files, clock, log: rememberingLog(lines), sdk })
  try {
    return { credentials: await chain.get({ region: 'us-east-1' }), reports: {}, hint: '', lines, aws }
  } catch (error) {
    assert.ok(error instanceof PortunusError && error.code === 'AWS_CREDENTIALS_MISSING', String(error))
    const reports = error.details?.['providers'] as readonly { provider: string; outcome: string }[]
    return {
      credentials: undefined,
      reports: Object.fromEntries(reports.map((r) => [r.provider, r.outcome])),
      hint: error.hint ?? '',
      lines,
      aws,
    }
  }
}

const imds = {
  'PUT /latest/api/token': 'token',
  'GET /latest/meta-data/iam/security-credentials/': 'instance-role',
  'GET /latest/meta-data/iam/security-credentials/instance-role': document('ASIAINSTANCE'),
}
const staticFile =
  '[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n[other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=s\n'
const everything: World = {
  environment: {
    ...environmentKeys,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_ROLE_ARN: role,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: '{server}/container',
  },
  files: {
    [credentialsFile]: staticFile,
    [configFile]: '[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = s\n',
    '/token': 'jwt\n',
  },
  metadata: { 'GET /container': document('ASIACONTAINER'), ...imds },
}

function without(world: World, environment: readonly string[], files: readonly string[]): World {
  const keep = (record: Readonly<Record<string, string>>, gone: readonly string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !gone.includes(name)))
  return { ...world, environment: keep(world.environment ?? {}, environment), files: keep(world.files ?? {}, files) }
}

const noKeys = without(everything, Object.keys(environmentKeys), [])
const noCredentialsFile = without(noKeys, [], [credentialsFile])
const noConfigFile = without(noCredentialsFile, [], [configFile])
const noToken = without(noConfigFile, ['AWS_WEB_IDENTITY_TOKEN_FILE'], [])
const noContainer = without(noToken, ['AWS_CONTAINER_CREDENTIALS_FULL_URI'], [])

const order = [
  ['the environment comes first', everything, /^AKIAENV$/],
  [
    'the environment comes first even when AWS_PROFILE is set',
    { ...everything, environment: { ...everything.environment, AWS_PROFILE: 'other' } },
    /^AKIAENV$/,
  ],
  ['then the shared credentials file', noKeys, /^AKIAFILE$/],
  ['in it the profile of AWS_PROFILE', { ...noKeys, environment: { ...noKeys.environment, AWS_PROFILE: 'other' } }, /^AKIAOTHER$/],
  ['then the shared config file', noCredentialsFile, /^AKIACONFIG$/],
  ['then web identity', noConfigFile, /^ASIAirsa/],
  ['then the container', noToken, /^ASIACONTAINER$/],
  ['then the instance', noContainer, /^ASIAINSTANCE$/],
] as const

for (const [sentence, world, id] of order) {
  test(`the order: ${sentence}`, async () => {
    assert.match((await look(world)).credentials?.accessKeyId ?? '', id)
  })
}

test('the session token is carried and hidden', async () => {
  const { credentials } = await look({ environment: environmentKeys })
  assert.equal(credentials?.sessionToken?.reveal(), 't')
  assert.ok(!JSON.stringify(credentials).includes('"t"'))
})

test('a half-set environment is passed over with a warning', async () => {
  const { credentials, lines } = await look({ ...noKeys, environment: { AWS_ACCESS_KEY_ID: 'AKIAENV' } })
  assert.equal(credentials?.accessKeyId, 'AKIAFILE')
  assert.deepEqual(
    lines.filter((line) => line.level === 'warn').map((line) => line.fields['reason']),
    ['AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not'],
  )
})

const roleProfiles = [
  [
    'a role through another profile',
    '[profile main]\nrole_arn = arn:aws:iam::123456789012:role/main\nsource_profile = other\nexternal_id = x\nrole_session_name = me\n',
    'AKIAOTHER',
  ],
  [
    'a role through keys of its own',
    '[profile main]\nrole_arn = arn:aws:iam::123456789012:role/main\nsource_profile = main\naws_access_key_id = AKIAOWN\naws_secret_access_key = s\n',
    'AKIAOWN',
  ],
  [
    'a role through the instance',
    '[profile main]\nrole_arn = arn:aws:iam::123456789012:role/main\ncredential_source = Ec2InstanceMetadata\n',
    'ASIAINSTANCE',
  ],
  [
    'a role through a role',
    '[profile main]\nrole_arn = arn:aws:iam::123456789012:role/main\nsource_profile = first\n[profile first]\nrole_arn = arn:aws:iam::123456789012:role/first\nsource_profile = other\n',
    /^ASIAfirst/,
  ],
] as const

for (const [sentence, config, signer] of roleProfiles) {
  test(`a profile: ${sentence}`, async () => {
    const { credentials, aws } = await look({
      environment: { AWS_PROFILE: 'main' },
      files: { [credentialsFile]: staticFile, [configFile]: config },
      metadata: imds,
    })
    assert.match(credentials?.accessKeyId ?? '', /^ASIAmain/)
    assert.match(aws.calls.at(-1)?.accessKeyId ?? '', new RegExp(signer))
  })
}

test('a profile of the credentials file that leads to a role goes by the role, not by its keys', async () => {
  const { credentials } = await look({
    files: {
      [credentialsFile]: staticFile,
      [configFile]: '[default]\nrole_arn = arn:aws:iam::123456789012:role/main\nsource_profile = default\n',
    },
  })
  assert.match(credentials?.accessKeyId ?? '', /^ASIAmain/)
})

test('a profile may run another program', async () => {
  const printed = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROGRAM', SecretAccessKey: 's' })
  const { reports } = await look({
    environment: { AWS_EC2_METADATA_DISABLED: 'true' },
    files: { [configFile]: `[default]\ncredential_process = printf '%s' '${printed}'\n` },
  })
  // The SDK's provider reads the file itself and does not see the one of this test: what matters is that its refusal is told.
  assert.match(reports['shared config file'] ?? '', /^profile "default" ran its credential_process in vain: /)
})

const reports: readonly (readonly [string, World, string, RegExp])[] = [
  [
    'half an environment',
    { environment: { AWS_SECRET_ACCESS_KEY: 's' } },
    'environment',
    /^AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not$/,
  ],
  ['a token alone', { environment: { AWS_SESSION_TOKEN: 't' } }, 'environment', /^AWS_SESSION_TOKEN is set but/],
  [
    'an unknown profile',
    { environment: { AWS_PROFILE: 'x' }, files: { [credentialsFile]: staticFile } },
    'shared credentials file',
    /^profile "x" is not in \/home\/agent\/\.aws\/credentials$/,
  ],
  ['an unreadable file', { unreadable: [credentialsFile] }, 'shared credentials file', /cannot be read: permission denied$/],
  [
    'half a profile',
    { files: { [credentialsFile]: '[default]\naws_access_key_id = A\n' } },
    'shared credentials file',
    /has aws_access_key_id but no aws_secret_access_key$/,
  ],
  [
    'a profile without keys',
    { files: { [configFile]: '[default]\nregion = us-east-1\n' } },
    'shared config file',
    /^profile "default" holds no credentials$/,
  ],
  [
    'a role without a source',
    { files: { [configFile]: `[default]\nrole_arn = ${role}\n` } },
    'shared config file',
    /names a role but neither source_profile nor credential_source$/,
  ],
  [
    'a source that is missing',
    { files: { [configFile]: `[default]\nrole_arn = ${role}\nsource_profile = gone\n` } },
    'shared config file',
    /^profile "gone" is in none of the shared files$/,
  ],
  [
    'a source that is unknown',
    { files: { [configFile]: `[default]\nrole_arn = ${role}\ncredential_source = Magic\n` } },
    'shared config file',
    /credential_source "Magic", known are Environment, Ec2InstanceMetadata, EcsContainer$/,
  ],
  [
    'a circle of profiles',
    {
      files: {
        [configFile]: `[default]\nrole_arn = ${role}\nsource_profile = b\n[profile b]\nrole_arn = ${role}\nsource_profile = default\n`,
      },
    },
    'shared config file',
    /^default -> b -> default is a circle of profiles$/,
  ],
  [
    'a second factor',
    { files: { [configFile]: `[default]\nrole_arn = ${role}\nmfa_serial = m\n` } },
    'shared config file',
    /asks for a second factor/,
  ],
  [
    'a role that is refused',
    {
      files: {
        [configFile]: `[default]\nrole_arn = ${role}\nsource_profile = b\n[profile b]\naws_access_key_id = A\naws_secret_access_key = s\n`,
      },
      trouble: () => ({ status: 403, code: 'AccessDenied', message: 'no' }),
    },
    'shared config file',
    /could not assume arn:aws:iam::123456789012:role\/irsa: AccessDenied: no$/,
  ],
  [
    'no token file',
    { environment: { AWS_WEB_IDENTITY_TOKEN_FILE: '/gone', AWS_ROLE_ARN: role } },
    'web identity',
    /^the token file \/gone does not exist$/,
  ],
  ['no role for the token', { environment: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' } }, 'web identity', /AWS_ROLE_ARN is not$/],
  [
    'a token that is refused',
    {
      environment: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: role },
      files: { '/token': 'jwt' },
      trouble: () => ({ status: 400, code: 'InvalidIdentityToken', message: 'no' }),
    },
    'web identity',
    /^AssumeRoleWithWebIdentity for arn:aws:iam::123456789012:role\/irsa failed: InvalidIdentityToken/,
  ],
  [
    'a container endpoint elsewhere',
    { environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/x' } },
    'container',
    /neither https nor an address of this host$/,
  ],
  [
    'a container endpoint without the path',
    { environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{server}/gone' } },
    'container',
    /answered 404$/,
  ],
  [
    'a container without credentials',
    { environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{server}/c' }, metadata: { 'GET /c': 'not json' } },
    'container',
    /answered without credentials$/,
  ],
  [
    'an instance that wants no metadata asked',
    { environment: { AWS_EC2_METADATA_DISABLED: 'true' } },
    'EC2 instance metadata',
    /^AWS_EC2_METADATA_DISABLED is true$/,
  ],
  [
    'a metadata service that refuses the token',
    { metadata: { 'PUT /latest/api/token': 403 } },
    'EC2 instance metadata',
    /refused a session token with status 403$/,
  ],
  [
    'an instance without a profile',
    { metadata: { 'PUT /latest/api/token': 'token' } },
    'EC2 instance metadata',
    /^the instance has no instance profile$/,
  ],
  [
    'an instance without credentials',
    { metadata: { ...imds, 'GET /latest/meta-data/iam/security-credentials/instance-role': 500 } },
    'EC2 instance metadata',
    /gave no credentials of the role instance-role \(status 500\)$/,
  ],
  [
    'a metadata address that is none',
    { environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'nowhere' } },
    'EC2 instance metadata',
    /AWS_EC2_METADATA_SERVICE_ENDPOINT="nowhere"/,
  ],
]

for (const [sentence, world, provider, outcome] of reports) {
  test(`a report: ${sentence}`, async () => {
    const { credentials, reports: given } = await look(world)
    assert.equal(credentials, undefined)
    assert.match(given[provider] ?? '', outcome)
  })
}

test('a PUT without a reply while GET is answered is the hop limit, with the command that lifts it', async () => {
  const { reports: given, hint } = await look({ metadata: { 'PUT /latest/api/token': 0, 'GET /latest/meta-data/': 401 } })
  assert.match(given['EC2 instance metadata'] ?? '', /timed out after 1000 ms but GET is answered: the hop limit/)
  assert.match(hint, /^run aws ec2 modify-instance-metadata-options .* --http-put-response-hop-limit 2/)
})

test('the container gets the authorization of its token file', async () => {
  const { credentials } = await look({
    environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{server}/container', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/pod-token' },
    files: { '/pod-token': 'pod\n' },
    metadata: { 'GET /container': document('ASIAPOD') },
  })
  assert.equal(credentials?.accessKeyId, 'ASIAPOD')
  assert.equal(credentials?.expires?.toISOString(), '2030-01-01T06:00:00.000Z')
})
