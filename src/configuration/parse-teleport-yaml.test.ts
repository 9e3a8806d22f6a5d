/** Proof of parse-teleport-yaml.ts: the files of the guide, the defaults, and every refusal with its place. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { parse, problemsOf } from './parse.fixture.ts'

const agentHead = 'version: v3\nteleport: {proxy_server: "p:3080"}\nauth_service: {enabled: "no"}\nproxy_service: {enabled: "no"}\n'
const redshiftUri = 'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439'

test('an agent of the guide', () => {
  const configuration = parse(`
version: v3
teleport:
  nodename: agent-1
  data_dir: /var/lib/agent
  proxy_server: teleport.example.com
  auth_token: /tmp/token
  ca_pin: "sha256:${'A'.repeat(64)}"
  log:
    severity: WARNING
    output: /var/log/teleport.log
    format: {output: json}
  diag_addr: 127.0.0.1:3000
  pid_file: /run/teleport.pid
auth_service: {enabled: "no"}
ssh_service: {enabled: "no"}
proxy_service: {enabled: "no"}
db_service:
  enabled: "yes"
  databases:
  - name: my-redshift
    description: The warehouse
    protocol: postgres
    uri: ${redshiftUri}
    static_labels: {env: dev, "two words": "1"}
    tls: {mode: verify-full, server_name: a.example.com, ca_cert_file: /etc/ca.pem}
    aws:
      region: us-east-1
      account_id: 012345678901
      assume_role_arn: arn:aws:iam::123456789012:role/access
      external_id: x-1
      redshift: {cluster_id: my-redshift}
`)
  assert.equal(configuration.authToken?.reveal(), '/tmp/token')
  assert.deepEqual(
    {
      ...configuration,
      authToken: undefined,
      auth: configuration.auth.enabled,
      proxy: configuration.proxy.enabled,
      discovery: undefined,
      warnings: undefined,
    },
    {
      nodename: 'agent-1',
      dataDirectory: '/var/lib/agent',
      log: { severity: 'warn', output: '/var/log/teleport.log', format: 'json' },
      authToken: undefined,
      caPins: [`sha256:${'a'.repeat(64)}`],
      caPinFiles: [],
      proxyServer: { host: 'teleport.example.com', port: 3080 },
      authServer: undefined,
      diagAddress: { host: '127.0.0.1', port: 3000 },
      pidFile: '/run/teleport.pid',
      auth: false,
      proxy: false,
      database: {
        enabled: true,
        databases: [
          {
            kind: 'db',
            version: 'v3',
            metadata: { name: 'my-redshift', description: 'The warehouse', labels: { env: 'dev', 'two words': '1' } },
            spec: {
              protocol: 'postgres',
              uri: redshiftUri,
              tls: { mode: 'verify-full', serverName: 'a.example.com' },
              aws: {
                region: 'us-east-1',
                accountId: '012345678901',
                assumeRoleArn: 'arn:aws:iam::123456789012:role/access',
                externalId: 'x-1',
                redshift: { clusterId: 'my-redshift' },
              },
            },
          },
        ],
        caCertFiles: { 'my-redshift': '/etc/ca.pem' },
        resources: [],
        awsMatchers: [],
      },
      discovery: undefined,
      warnings: undefined,
    },
  )
})

test('a cluster', () => {
  const { auth, proxy, database } = parse(`
version: v3
auth_service:
  cluster_name: teleport.example.com
  listen_addr: 0.0.0.0
  public_addr: auth.example.com
  tokens:
  - "db,proxy:s3cret-token"
  - "Db:/etc/token"
  authentication: {type: local, second_factor: otp}
proxy_service:
  web_listen_addr: "[::1]:8443"
  public_addr: [teleport.example.com:443, second.example.com]
  https_keypairs:
  - {key_file: /etc/tls.key, cert_file: /etc/tls.crt}
`)
  assert.deepEqual([auth.enabled, auth.clusterName, auth.listenAddress], [true, 'teleport.example.com', { host: '0.0.0.0', port: 3025 }])
  assert.deepEqual(auth.publicAddresses, ['auth.example.com:3025'])
  assert.deepEqual(
    auth.staticTokens.map(({ roles, token }) => [roles, token.reveal()]),
    [
      [['Db', 'Proxy'], 's3cret-token'],
      [['Db'], '/etc/token'],
    ],
  )
  assert.deepEqual(auth.secondFactors, ['otp'])
  assert.deepEqual(proxy, {
    enabled: true,
    webListenAddress: { host: '::1', port: 8443 },
    publicAddresses: ['teleport.example.com:443', 'second.example.com:8443'],
    httpsKeypairs: [{ certificateFile: '/etc/tls.crt', keyFile: '/etc/tls.key' }],
  })
  assert.equal(database.enabled, false)
})

test('what is left out has its default: auth and proxy on, the rest off', () => {
  const configuration = parse('version: v3\n')
  assert.equal(configuration.nodename, 'host-1')
  assert.equal(configuration.dataDirectory, '/var/lib/teleport')
  assert.deepEqual(
    [configuration.auth.enabled, configuration.proxy.enabled, configuration.database.enabled, configuration.discovery.enabled],
    [true, true, false, false],
  )
  assert.deepEqual(configuration.auth.listenAddress, { host: '127.0.0.1', port: 3025 })
  assert.deepEqual(configuration.proxy.webListenAddress, { host: '0.0.0.0', port: 3080 })
  assert.deepEqual(configuration.log, { severity: 'info', output: 'stderr', format: 'text' })
})

test('matchers of the guide, with a text for a list of one', () => {
  const { database, discovery } = parse(`${agentHead}
db_service:
  enabled: yes
  resources:
  - labels: {env: prod, region: [us-west-1, us-west-2]}
    aws: {assume_role_arn: "arn:aws:iam::123456789012:role/a", external_id: x-1}
  - labels: {"*": "*"}
  aws:
  - {types: [redshift, redshift-serverless], regions: [us-west-2], tags: {env: dev}}
discovery_service:
  enabled: yes
  discovery_group: main
  poll_interval: 10m
  aws:
  - {types: [rds], regions: [us-west-1]}
`)
  assert.deepEqual(database.resources, [
    {
      labels: { env: ['prod'], region: ['us-west-1', 'us-west-2'] },
      assumeRoleArn: 'arn:aws:iam::123456789012:role/a',
      externalId: 'x-1',
    },
    { labels: { '*': ['*'] }, assumeRoleArn: undefined, externalId: undefined },
  ])
  assert.deepEqual(database.awsMatchers[0]?.tags, { env: ['dev'] })
  assert.deepEqual(discovery, {
    enabled: true,
    group: 'main',
    pollIntervalMilliseconds: 600_000,
    awsMatchers: [{ types: ['rds'], regions: ['us-west-1'], tags: { '*': ['*'] }, assumeRoleArn: undefined, externalId: undefined }],
  })
})

const ports = [
  ['Redshift', 'c.abc.us-east-1.redshift.amazonaws.com', 'c.abc.us-east-1.redshift.amazonaws.com:5439'],
  ['PostgreSQL', 'db.example.com', 'db.example.com:5432'],
  ['its own', 'db.example.com:6000', 'db.example.com:6000'],
] as const

for (const [sentence, uri, expected] of ports) {
  test(`a database without a port has that of ${sentence}`, () => {
    const { database } = parse(`${agentHead}db_service: {enabled: yes, databases: [{name: a, protocol: postgres, uri: "${uri}"}]}`)
    assert.equal(database.databases[0]?.spec.uri, expected)
  })
}

for (const [word, enabled] of [
  ['yes', true],
  ['"yes"', true],
  ['true', true],
  ['on', true],
  ['No', false],
  ['false', false],
  ['"off"', false],
] as const) {
  test(`the switch ${word} means ${enabled}`, () => {
    assert.equal(parse(`version: v3\nauth_service: {enabled: ${word}}\nproxy_service: {enabled: no}`).auth.enabled, enabled)
  })
}

test('no text makes the parser throw anything but CONFIGURATION_REFUSED', () => {
  const key = fc.constantFrom(
    'version',
    'teleport',
    'auth_service',
    'proxy_service',
    'db_service',
    'databases',
    'name',
    'uri',
    'aws',
    'tls',
    'labels',
    'resources',
    'types',
    'regions',
    'ca_pin',
    'tokens',
    'enabled',
    'public_addr',
    'log',
    '*',
  )
  const leaf = fc.oneof(fc.string(), fc.constantFrom('yes', 'v3', 'a:1', '/p', 'redshift', 'us-east-1', null, 5, true, redshiftUri))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('tree'), { maxLength: 3 }), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
  }))
  const document = fc.dictionary(key, tree, { maxKeys: 6 }).map((value) => JSON.stringify(value))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), document), (text) => {
      problemsOf(text)
    }),
    { numRuns: 200 },
  )
})
