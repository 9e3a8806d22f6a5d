/** The stock AWS CLI against the lab's IAM, STS and Redshift, given the lab's environment and nothing else. Skipped where it is not installed. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { startLab, type Lab } from '../../lab/lab.ts'

let lab: Lab
before(async () => {
  lab = await startLab()
})
after(() => lab[Symbol.asyncDispose]())

const skip = isInstalled() ? false : 'the AWS CLI is not installed (Debian package awscli)'

function isInstalled(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** One command as an administrator; resolves to what it printed as JSON. */
function aws(...args: readonly string[]): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = lab.aws.administrator
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...lab.environment, ...keys, AWS_PAGER: '' }
  return new Promise((resolve, reject) => {
    execFile('aws', ['--output', 'json', ...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim() === '' ? undefined : JSON.parse(stdout))
      else reject(new Error(stderr))
    })
  })
}

const document = (action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }],
})
const policy = ['--policy-arn', 'arn:aws:iam::123456789012:policy/cli']
const user = ['--user-name', 'cli-user']
const role = ['--role-name', 'cli-role']

/** In this order; each line is a command and, where it answers, the path and the value of something in the answer. */
const conversation: readonly (readonly [command: readonly string[], path?: string, value?: unknown])[] = [
  [['sts', 'get-caller-identity'], 'Account', '123456789012'],
  [['iam', 'create-user', ...user], 'User.Arn', 'arn:aws:iam::123456789012:user/cli-user'],
  [['iam', 'get-user', ...user], 'User.UserName', 'cli-user'],
  [['iam', 'list-users', '--max-items', '2'], 'Users.length', 2],
  [['iam', 'list-groups-for-user', ...user], 'Groups.length', 0],
  [['iam', 'create-access-key', ...user], 'AccessKey.Status', 'Active'],
  [['iam', 'create-role', ...role, '--assume-role-policy-document', trust], 'Role.AssumeRolePolicyDocument.Version', '2012-10-17'],
  [['iam', 'get-role', ...role], 'Role.Path', '/'],
  [['iam', 'list-roles'], 'Roles.0.MaxSessionDuration', 3600],
  [['iam', 'update-assume-role-policy', ...role, '--policy-document', trust]],
  [
    ['iam', 'create-policy', '--policy-name', 'cli', '--policy-document', document('s3:*'), '--tags', 'Key=teleport,Value='],
    'Policy.DefaultVersionId',
    'v1',
  ],
  [['iam', 'get-policy', ...policy], 'Policy.Tags.0.Key', 'teleport'],
  [['iam', 'list-policies', '--scope', 'Local'], 'Policies.0.PolicyName', 'cli'],
  [['iam', 'tag-policy', ...policy, '--tags', 'Key=team,Value=data']],
  [['iam', 'untag-policy', ...policy, '--tag-keys', 'team']],
  [['iam', 'list-policy-tags', ...policy], 'Tags.length', 1],
  [
    ['iam', 'create-policy-version', ...policy, '--policy-document', document('redshift:*'), '--set-as-default'],
    'PolicyVersion.VersionId',
    'v2',
  ],
  [['iam', 'get-policy-version', ...policy, '--version-id', 'v2'], 'PolicyVersion.Document.Statement.0.Action', 'redshift:*'],
  [['iam', 'list-policy-versions', ...policy], 'Versions.0.IsDefaultVersion', true],
  [['iam', 'attach-user-policy', ...user, ...policy]],
  [['iam', 'attach-role-policy', ...role, ...policy]],
  [['iam', 'list-attached-user-policies', ...user], 'AttachedPolicies.0.PolicyName', 'cli'],
  [['iam', 'list-attached-role-policies', ...role], 'AttachedPolicies.0.PolicyName', 'cli'],
  [['iam', 'list-entities-for-policy', ...policy], 'PolicyRoles.0.RoleName', 'cli-role'],
  [['iam', 'put-user-policy', ...user, '--policy-name', 'p', '--policy-document', document('s3:*')]],
  [['iam', 'put-role-policy', ...role, '--policy-name', 'p', '--policy-document', document('s3:*')]],
  [['iam', 'get-user-policy', ...user, '--policy-name', 'p'], 'PolicyDocument.Statement.0.Action', 's3:*'],
  [['iam', 'get-role-policy', ...role, '--policy-name', 'p'], 'PolicyDocument.Statement.0.Action', 's3:*'],
  [['iam', 'list-user-policies', ...user], 'PolicyNames.0', 'p'],
  [['iam', 'list-role-policies', ...role], 'PolicyNames.0', 'p'],
  [['iam', 'put-user-permissions-boundary', ...user, '--permissions-boundary', 'arn:aws:iam::123456789012:policy/cli']],
  [['iam', 'put-role-permissions-boundary', ...role, '--permissions-boundary', 'arn:aws:iam::123456789012:policy/cli']],
  [['iam', 'get-role', ...role], 'Role.PermissionsBoundary.PermissionsBoundaryArn', 'arn:aws:iam::123456789012:policy/cli'],
  [['iam', 'delete-user-permissions-boundary', ...user]],
  [['iam', 'delete-role-permissions-boundary', ...role]],
  [['iam', 'set-default-policy-version', ...policy, '--version-id', 'v1']],
  [['iam', 'delete-policy-version', ...policy, '--version-id', 'v2']],
  [['iam', 'delete-user-policy', ...user, '--policy-name', 'p']],
  [['iam', 'delete-role-policy', ...role, '--policy-name', 'p']],
  [['iam', 'detach-user-policy', ...user, ...policy]],
  [['iam', 'detach-role-policy', ...role, ...policy]],
  [['iam', 'delete-policy', ...policy]],
  [['iam', 'delete-role', ...role]],
  [
    ['sts', 'assume-role', '--role-arn', 'arn:aws:iam::123456789012:role/TeleportRole', '--role-session-name', 'me'],
    'AssumedRoleUser.Arn',
    'arn:aws:sts::123456789012:assumed-role/TeleportRole/me',
  ],
  [['redshift', 'describe-clusters'], 'Clusters.0.ClusterIdentifier', 'my-redshift'],
  [
    ['redshift', 'get-cluster-credentials', '--cluster-identifier', 'my-redshift', '--db-user', 'alice', '--db-name', 'dev'],
    'DbUser',
    'IAM:alice',
  ],
  [
    ['redshift', 'get-cluster-credentials-with-iam', '--cluster-identifier', 'my-redshift', '--db-name', 'dev'],
    'DbUser',
    'IAM:administrator',
  ],
]

test('every command is answered as at AWS', { skip, timeout: 240_000 }, async () => {
  for (const [command, path, value] of conversation) {
    const answer = await aws(...command)
    if (path !== undefined) assert.deepEqual(at(answer, path), value, `${command.join(' ')}: ${JSON.stringify(answer)}`)
  }
})

const refusals = [
  [['iam', 'get-role', '--role-name', 'nobody'], /\(NoSuchEntity\).*GetRole operation: The role with name nobody cannot be found/],
  [['iam', 'delete-user', ...user], /\(DeleteConflict\)/],
  [['iam', 'create-policy', '--policy-name', 'x', '--policy-document', '{}'], /\(MalformedPolicyDocument\)/],
] as const

for (const [command, pattern] of refusals) {
  test(`refused: ${command.join(' ')}`, { skip }, () => assert.rejects(aws(...command), { message: pattern }))
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined), value)
}
