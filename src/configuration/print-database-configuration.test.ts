/** Proof of print-database-configuration.ts: the files, letter by letter, and flags that cannot make one. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { PortunusError } from '#foundation'
import { parseTeleportYaml } from './parse-teleport-yaml.ts'
import { printDatabaseConfiguration, type DatabaseConfigurationFlags } from './print-database-configuration.ts'

const head = `#
# A Portunus agent that serves databases. Start it with: teleport start --config=<this file>
#
version: v3
`
const tail = `auth_service:
  enabled: "no"
ssh_service:
  enabled: "no"
proxy_service:
  enabled: "no"
`
const sampleResources = `  # Databases registered in the cluster, by their labels:
  # resources:
  # - labels:
  #     "*": "*"
`
const sampleAws = `  # Databases found in AWS, by type, region and tags:
  # aws:
  # - types:
  #   - "redshift"
  #   regions:
  #   - "us-east-1"
  #   tags:
  #     "*": "*"
`
const sampleDatabases = `  # Databases listed here:
  # databases:
  # - name: "my-redshift"
  #   protocol: "postgres"
  #   uri: "my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439"
`

const goldens: readonly (readonly [string, DatabaseConfigurationFlags, string])[] = [
  [
    'the command of the guide, step 2',
    {
      nodename: 'agent-1',
      name: 'redshift-postgres',
      proxy: 'teleport.example.com:3080',
      protocol: 'postgres',
      token: '/tmp/token',
      uri: 'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439',
    },
    `teleport:
  nodename: "agent-1"
  data_dir: "/var/lib/teleport"
  proxy_server: "teleport.example.com:3080"
  auth_token: "/tmp/token"
db_service:
  enabled: "yes"
  databases:
  - name: "redshift-postgres"
    protocol: "postgres"
    uri: "my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439"
${sampleResources}${sampleAws}`,
  ],
  [
    'no flags',
    { nodename: 'agent-1' },
    `teleport:
  nodename: "agent-1"
  data_dir: "/var/lib/teleport"
  proxy_server: "0.0.0.0:3080"
  auth_token: "/tmp/token"
db_service:
  enabled: "yes"
${sampleResources}${sampleAws}${sampleDatabases}`,
  ],
  [
    'every flag of a static database',
    {
      nodename: 'agent-1',
      dataDirectory: '/srv/agent',
      token: 'abcdef',
      caPins: [`sha256:${'0'.repeat(64)}`],
      name: 'dwh',
      protocol: 'postgres',
      uri: 'localhost:5439',
      labels: 'env=dev, "team"=data "a"',
      caCertFile: '/etc/ca.pem',
      awsRegion: 'us-east-1',
      awsAccountId: '012345678901',
      awsAssumeRoleArn: 'arn:aws:iam::123456789012:role/access',
      awsExternalId: 'x-1',
      awsRedshiftClusterId: 'my-redshift',
      awsRdsInstanceId: 'i',
      awsRdsClusterId: 'c',
    },
    `teleport:
  nodename: "agent-1"
  data_dir: "/srv/agent"
  proxy_server: "0.0.0.0:3080"
  auth_token: "abcdef"
  ca_pin:
  - "sha256:${'0'.repeat(64)}"
db_service:
  enabled: "yes"
  databases:
  - name: "dwh"
    protocol: "postgres"
    uri: "localhost:5439"
    tls:
      ca_cert_file: "/etc/ca.pem"
    aws:
      region: "us-east-1"
      account_id: "012345678901"
      assume_role_arn: "arn:aws:iam::123456789012:role/access"
      external_id: "x-1"
      redshift:
        cluster_id: "my-redshift"
      rds:
        instance_id: "i"
        cluster_id: "c"
    static_labels:
      env: "dev"
      '"team"': "data \\"a\\""
${sampleResources}${sampleAws}`,
  ],
  [
    'discovery and resources through a role',
    {
      nodename: 'agent-1',
      dynamicResourcesLabels: ['*=*', 'env=prod,region=us-east-1'],
      discoveryRegions: { 'redshift-serverless': ['us-west-2'], redshift: ['us-east-1', 'us-west-2'] },
      awsTags: 'env=prod',
      awsAssumeRoleArn: 'arn:aws:iam::123456789012:role/access',
      awsExternalId: 'x-1',
    },
    `teleport:
  nodename: "agent-1"
  data_dir: "/var/lib/teleport"
  proxy_server: "0.0.0.0:3080"
  auth_token: "/tmp/token"
db_service:
  enabled: "yes"
  resources:
  - labels:
      "*": "*"
    aws:
      assume_role_arn: "arn:aws:iam::123456789012:role/access"
      external_id: "x-1"
  - labels:
      env: "prod"
      region: "us-east-1"
    aws:
      assume_role_arn: "arn:aws:iam::123456789012:role/access"
      external_id: "x-1"
  aws:
  - types:
    - "redshift"
    regions:
    - "us-east-1"
    - "us-west-2"
    tags:
      env: "prod"
    assume_role_arn: "arn:aws:iam::123456789012:role/access"
    external_id: "x-1"
  - types:
    - "redshift-serverless"
    regions:
    - "us-west-2"
    tags:
      env: "prod"
    assume_role_arn: "arn:aws:iam::123456789012:role/access"
    external_id: "x-1"
${sampleDatabases}`,
  ],
]

for (const [sentence, flags, body] of goldens) {
  test(`a file of ${sentence}`, () => {
    assert.equal(printDatabaseConfiguration(flags), head + body + tail)
  })
}

test('the commented samples are accepted once the marks are taken away', () => {
  const text = printDatabaseConfiguration({ nodename: 'a' })
    .replaceAll(/^ {2}# (?=resources|aws|databases|[- ])/gm, '  ')
    .replaceAll(/^ {2}# .*:$/gm, '')
  const { database } = parseTeleportYaml(text, { path: 'x' })
  assert.deepEqual([database.resources.length, database.awsMatchers.length, database.databases.length], [1, 1, 1])
})

const refusals: readonly (readonly [string, Partial<DatabaseConfigurationFlags>, readonly string[]])[] = [
  ['a name alone', { name: 'a' }, ['--protocol: expected "postgres", got nothing', '--uri: required, but missing']],
  ['another protocol', { name: 'a', protocol: 'mysql', uri: 'h:1' }, ['--protocol: expected "postgres", got "mysql"']],
  [
    'several at once',
    {
      proxy: 'http://x',
      token: 'a b',
      name: 'a',
      protocol: 'postgres',
      uri: 'h',
      awsRegion: 'mars',
      awsAccountId: '1',
      caCertFile: 'ca.pem',
    },
    [
      '--proxy: expected host:port (port 3080 when left out), got "http://x"',
      '--token: expected a token, or the absolute path of the file that holds it, got another text',
      '--ca-cert-file: expected an absolute path, got "ca.pem"',
    ],
  ],
  [
    'a role that is none',
    { name: 'a', protocol: 'postgres', uri: 'h', awsAssumeRoleArn: 'me' },
    ['--aws-assume-role-arn: expected a role ARN such as arn:aws:iam::123456789012:role/name, got "me"'],
  ],
  [
    'a pin that is none',
    { caPins: ['x'] },
    ['--ca-pin: expected sha256: and 64 hexadecimal digits as tctl status prints them, or the absolute path of a file with them, got "x"'],
  ],
  ['labels without a value', { name: 'a', labels: 'env' }, ['--labels: expected name=value, separated by commas, got "env"']],
  [
    'labels by command',
    { name: 'a', labels: 'up=[1m:uptime]' },
    ['--labels: labels that a command prints are not supported, got "up=[1m:uptime]"'],
  ],
  [
    'a region that is none',
    { discoveryRegions: { redshift: ['mars'] } },
    ['--<type>-discovery: expected an AWS region such as us-east-1, got "mars"'],
  ],
  [
    'an external id without a role',
    { discoveryRegions: { redshift: ['us-east-1'] }, awsExternalId: 'x-1' },
    ['--aws-external-id: expected assume_role_arn beside it: an external id is for a role'],
  ],
  ['a cluster id without a database', { awsRedshiftClusterId: 'c' }, ['--name: required with --aws-redshift-cluster-id']],
]

for (const [sentence, flags, problems] of refusals) {
  test(`no file: ${sentence}`, () => {
    assert.throws(
      () => printDatabaseConfiguration({ nodename: 'agent-1', ...flags }),
      (error: PortunusError) => {
        assert.equal(error.code, 'CONFIGURATION_FLAGS_REFUSED')
        assert.deepEqual(error.details?.['problems'], problems)
        return true
      },
    )
  })
}

test('whatever is typed, the file says it, or there is none', () => {
  const typed = fc.string({
    unit: fc.constantFrom('a', '"', "'", '\\', '\n', ':', '#', '*', '&', ' ', '{', '\u00e9', '\u{1f600}', '\u2028'),
  })
  fc.assert(
    fc.property(typed, typed, typed, (nodename, token, label) => {
      try {
        const text = printDatabaseConfiguration({ nodename, token, name: 'a', protocol: 'postgres', uri: 'h:1', labels: `k=${label}` })
        const parsed = parseTeleportYaml(text, { path: 'x' })
        assert.equal(parsed.nodename, nodename)
        assert.equal(parsed.authToken?.reveal(), token === '' ? '/tmp/token' : token)
        assert.equal(parsed.database.databases[0]?.metadata.labels['k'], label.trim())
      } catch (error) {
        if (!(error instanceof PortunusError)) throw error
      }
    }),
    { numRuns: 200 },
  )
})
