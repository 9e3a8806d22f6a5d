/** Conversations with `teleport db configure bootstrap` that need no AWS. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { speak } from '../testing/conversation.ts'

const roleArn = 'arn:aws:iam::123456789012:role/example-rds-access-role'
const file = `version: v3
teleport: {proxy_server: "teleport.example.com:3080"}
auth_service: {enabled: "no"}
proxy_service: {enabled: "no"}
db_service:
  enabled: "yes"
  databases:
  - name: my-redshift
    protocol: postgres
    uri: my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439
  - name: rds-postgres
    protocol: postgres
    uri: rds-postgres.abcdef012345.us-west-1.rds.amazonaws.com:5432
    aws:
      assume_role_arn: ${roleArn}
`
const bootstrap = (...flags: readonly string[]) =>
  speak(['db', 'configure', 'bootstrap', '-c', '/etc/teleport.yaml', ...flags], { files: { '/etc/teleport.yaml': file } })

test('manual mode for a user prints its policy, and the role it assumes with its trust', async () => {
  const { stdout, stderr, exitCode } = await bootstrap('--manual', '--attach-to-user', 'arn:aws:iam::123456789012:user/TeleportUser')
  assert.equal(stderr, 'Reading configuration at "/etc/teleport.yaml"...\n')
  assert.equal(
    stdout,
    `arn:aws:iam::123456789012:user/TeleportUser: account 123456789012, the Database Service, 1 database, 1 role to assume

1. Create IAM policy "DatabaseAccess" (422 of 6144 characters):
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "redshift:DescribeClusters",
            "Resource": "*"
        },
        {
            "Effect": "Allow",
            "Action": "redshift:GetClusterCredentials",
            "Resource": [
                "arn:aws:redshift:us-east-1:123456789012:dbname:my-redshift/*",
                "arn:aws:redshift:us-east-1:123456789012:dbuser:my-redshift/*"
            ]
        },
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "${roleArn}"
        }
    ]
}

2. Attach "DatabaseAccess" to the user "TeleportUser".


${roleArn}: account 123456789012, assumed by the Database Service (assume_role_arn), 1 database

1. Create IAM policy "DatabaseAccess-example-rds-access-role" (239 of 6144 characters):
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "rds:DescribeDBInstances",
                "rds:DescribeDBClusters"
            ],
            "Resource": "*"
        },
        {
            "Effect": "Allow",
            "Action": "rds-db:connect",
            "Resource": "arn:aws:rds-db:us-west-1:123456789012:dbuser:*"
        }
    ]
}

2. Attach "DatabaseAccess-example-rds-access-role" to the role "example-rds-access-role".

3. Check that the trust policy of role "example-rds-access-role" contains (it is not changed by this command):
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": "arn:aws:iam::123456789012:user/TeleportUser"
            },
            "Action": "sts:AssumeRole"
        }
    ]
}
`,
  )
  assert.equal(exitCode, 0)
})

test('manual mode for a role of the file prints that role alone', async () => {
  const { stdout } = await bootstrap('--manual', '--policy-name', 'teleport-policy-rds-access', '--attach-to-role', roleArn)
  assert.match(stdout, /^arn:aws:iam::123456789012:role\/example-rds-access-role: account 123456789012, assumed by the Database Service/)
  assert.match(stdout, /^1\. Create IAM policy "teleport-policy-rds-access"/m)
  assert.doesNotMatch(stdout, /redshift/)
})

test('a large configuration shows the arithmetic of its sizes', async () => {
  const databases = Array.from({ length: 60 }, (_, index) => {
    const name = `cluster-${index + 10}`
    return `  - {name: ${name}, protocol: postgres, uri: "${name}.abc.us-east-1.redshift.amazonaws.com:5439"}`
  })
  const text = `${file.slice(0, file.indexOf('  - name'))}${databases.join('\n')}\n`
  const flags = ['db', 'configure', 'bootstrap', '--manual', '--attach-to-role', 'arn:aws:iam::123456789012:role/TeleportRole']
  const { stdout } = await speak(flags, { files: { '/etc/teleport.yaml': text } })
  assert.match(
    stdout,
    /^Sizes: all permissions are \d+ characters\. IAM allows 6144 in a managed policy \(and 10240 in all inline policies of a role\),\nso there are 2 policies: \d+ \+ \d+\. A role holds 10 managed policies unless AWS has raised the quota\.$/m,
  )
})

test('matchers of the Discovery Service in the same file count', async () => {
  const text = `version: v3
teleport: {proxy_server: "teleport.example.com:3080"}
auth_service: {enabled: "no"}
proxy_service: {enabled: "no"}
discovery_service:
  enabled: "yes"
  aws:
    - types: ["redshift", "redshift-serverless"]
      regions: ["us-west-2"]
      assume_role_arn: "arn:aws:iam::123456789012:role/example-role-redshift-env-dev"
`
  const { stdout } = await speak(['db', 'configure', 'bootstrap', '--manual', '--attach-to-role=TeleportRole'], {
    files: { '/etc/teleport.yaml': text },
  })
  assert.match(stdout, /"Action": "sts:AssumeRole",\n\s+"Resource": "arn:aws:iam::123456789012:role\/example-role-redshift-env-dev"/)
  assert.match(stdout, /arn:aws:redshift:us-west-2:123456789012:dbuser:\*/)
})

test('nothing to set up is said, and is no failure', async () => {
  const text = `${file.slice(0, file.indexOf('  - name'))}  - {name: local, protocol: postgres, uri: "localhost:5432"}\n`
  const { stdout, exitCode } = await speak(['db', 'configure', 'bootstrap', '--manual'], { files: { '/etc/teleport.yaml': text } })
  assert.match(stdout, /no extra configuration is required/)
  assert.equal(exitCode, 0)
})

test('refused: both targets, before anything is read', async () => {
  const { stderr, exitCode } = await bootstrap('--attach-to-user=u', '--attach-to-role=r')
  assert.match(stderr, /^ERROR: Cannot attach to the user "u" and to the role "r" at once/)
  assert.equal(exitCode, 2)
})

test('refused: a check that asks nothing of AWS', async () => {
  const { stderr, exitCode } = await bootstrap('--manual', '--check')
  assert.match(stderr, /^ERROR: Cannot check the permissions with --manual/)
  assert.equal(exitCode, 2)
})

test('more clusters than ten policies can name are named by region, and the text says so', async () => {
  const databases = Array.from({ length: 900 }, (_, index) => {
    const name = `cluster-${index + 1000}`
    return `  - {name: ${name}, protocol: postgres, uri: "${name}.abc.us-east-1.redshift.amazonaws.com:5439"}`
  })
  const text = `${file.slice(0, file.indexOf('  - name'))}${databases.join('\n')}\n`
  const flags = ['db', 'configure', 'bootstrap', '--manual', '--attach-to-role', 'arn:aws:iam::123456789012:role/TeleportRole']
  const { stdout } = await speak(flags, { files: { '/etc/teleport.yaml': text } })
  assert.match(stdout, /"arn:aws:redshift:us-east-1:123456789012:dbuser:\*"/)
  assert.match(stdout, /Naming every cluster would take more than 10 policies, so clusters are named together for each region\./)
})

test('refused: the short name of a role of the file, in manual mode', async () => {
  const { stderr, exitCode } = await bootstrap('--manual', '--attach-to-role=example-rds-access-role')
  assert.match(
    stderr,
    /by its name: the configuration has "arn:aws:iam::123456789012:role\/example-rds-access-role"\nHINT: name it in full/,
  )
  assert.equal(exitCode, 1)
})

test('refused: a configuration that is not there', async () => {
  const { stderr, exitCode } = await speak(['db', 'configure', 'bootstrap', '-c', '/no/such.yaml', '--manual'])
  assert.match(stderr, /Cannot read "\/no\/such\.yaml"/)
  assert.equal(exitCode, 1)
})
