/** Proof of what parse-teleport-yaml.ts refuses and warns of: each with its line, its column, its key and what was expected. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { configurationPath, parse, problemsOf } from './parse.fixture.ts'
import { placeOf } from './problem.ts'

const agentHead = 'version: v3\nteleport: {proxy_server: "p:3080"}\nauth_service: {enabled: "no"}\nproxy_service: {enabled: "no"}\n'
const redshiftUri = 'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439'

const refusals: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing at all', '# only a comment\n', ['1:1: expected a configuration, got nothing']],
  ['a list', '- a\n', ['1:1: expected a mapping, got a list']],
  ['another version', 'version: v2\n', ['1:1: version: expected v3, got "v2"']],
  [
    'an unknown section',
    'version: v3\nteleprot: {}\n',
    [
      '2:1: teleprot: unknown key, expected one of version, teleport, auth_service, proxy_service, db_service, discovery_service, ssh_service, app_service, kubernetes_service, windows_desktop_service, okta_service, jamf_service, debug_service, metrics_service, tracing_service',
    ],
  ],
  [
    'an unknown key',
    'version: v3\ndb_service:\n  enabled: no\n  databasez: []\n',
    ['4:3: db_service.databasez: unknown key, expected one of enabled, databases, resources, aws, azure'],
  ],
  ['a section that is a text', 'version: v3\nproxy_service: no\n', ['2:1: proxy_service: expected a mapping, got "no"']],
  [
    'a switch that is none',
    'version: v3\nauth_service: {enabled: maybe}\n',
    ['2:16: auth_service.enabled: expected "yes" or "no", got "maybe"'],
  ],
  [
    'a relative data directory',
    'version: v3\nteleport: {data_dir: data}\n',
    ['2:12: teleport.data_dir: expected an absolute path, got "data"'],
  ],
  [
    'an address with a scheme',
    'version: v3\nteleport: {proxy_server: "https://p"}\n',
    ['2:12: teleport.proxy_server: expected host:port (port 3080 when left out), got "https://p"'],
  ],
  [
    'a port out of range',
    'version: v3\nteleport: {diag_addr: "a:70000"}\n',
    ['2:12: teleport.diag_addr: expected host:port (port 3000 when left out), got "a:70000"'],
  ],
  [
    'a pin that is none',
    'version: v3\nteleport: {ca_pin: ["sha256:xyz"]}\n',
    [
      '2:21: teleport.ca_pin[0]: expected sha256: and 64 hexadecimal digits as tctl status prints them, or the absolute path of a file with them, got "sha256:xyz"',
    ],
  ],
  [
    'proxy and auth server together',
    'version: v3\nteleport: {proxy_server: a, auth_server: b}\n',
    ['2:29: teleport.auth_server: expected either auth_server or proxy_server, not both'],
  ],
  [
    'token and join parameters together',
    'version: v3\nteleport: {auth_token: a, join_params: {method: token, token_name: b}}\n',
    ['2:27: teleport.join_params: expected either join_params or auth_token, not both'],
  ],
  [
    'another way to join',
    'version: v3\nteleport: {join_params: {method: iam, token_name: b}}\n',
    ['2:26: teleport.join_params.method: expected token, got "iam"'],
  ],
  [
    'half a key pair',
    'version: v3\nproxy_service: {https_keypairs: [{key_file: /k}]}\n',
    ['2:34: proxy_service.https_keypairs[0].cert_file: required, expected an absolute path'],
  ],
  [
    'a stricter rule than can be kept',
    'version: v3\nauth_service: {authentication: {require_session_mfa: yes}}\n',
    ['2:33: auth_service.authentication.require_session_mfa: expected "no", this version cannot enforce it, got "yes"'],
  ],
  [
    'no second factor',
    'version: v3\nauth_service: {authentication: {second_factor: off}}\n',
    ['2:33: auth_service.authentication.second_factor: expected one of otp, webauthn, on, optional, got "off"'],
  ],
  [
    'ACME',
    'version: v3\nproxy_service: {acme: {enabled: yes}}\n',
    ['2:24: proxy_service.acme.enabled: expected "no", this version takes its certificate from https_keypairs, got "yes"'],
  ],
  [
    'a duration without a unit',
    'version: v3\ndiscovery_service: {poll_interval: 5}\n',
    ['2:21: discovery_service.poll_interval: expected a duration such as 30s, 5m or 12h, got "5"'],
  ],
  [
    'an agent without a proxy',
    'version: v3\nteleport: {nodename: a}\nauth_service: {enabled: no}\nproxy_service: {enabled: no}\ndb_service: {enabled: yes}\n',
    ['2:1: teleport.proxy_server: required, expected host:port of the proxy: the Database Service reaches the cluster through it'],
  ],
  [
    'a proxy without an authority',
    'version: v3\nauth_service: {enabled: no}\n',
    [
      '1:1: teleport.auth_server: required, expected host:port of the Auth Service: it is not enabled in this file and the Proxy Service needs it',
    ],
  ],
  [
    'databases, all their faults at once',
    `${agentHead}db_service:
  enabled: yes
  databases:
  - name: bad name
    protocol: mysql
    tls: {mode: none, ca_cert_file: ca.pem}
  - name: b
    protocol: postgres
    uri: ${redshiftUri}
    aws: {region: mars, account_id: 12, assume_role_arn: me, redshift: {cluster_id: "Ä"}}
  - {name: c, protocol: postgres, uri: x.redshift.amazonaws.com}
  - {name: d, protocol: postgres, uri: e-endpoint-oyjwdkeunauqcsv3pwt5.abc.us-east-1.redshift.amazonaws.com}
`,
    [
      '10:23: db_service.databases[0].tls.ca_cert_file: expected an absolute path, got "ca.pem"',
      '14:11: db_service.databases[1].aws.region: expected an AWS region such as us-east-1, got "mars"',
      '14:25: db_service.databases[1].aws.account_id: expected the twelve digits of an AWS account, in quotes, got "12"',
      '14:41: db_service.databases[1].aws.assume_role_arn: expected a role ARN such as arn:aws:iam::123456789012:role/name, got "me"',
      '14:73: db_service.databases[1].aws.redshift.cluster_id: expected a cluster identifier of lower-case letters, digits and dashes, got "Ä"',
      '15:35: db_service.databases[2].uri: expected the endpoint of a Redshift cluster such as my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439',
      '16:35: db_service.databases[3].uri: expected aws.redshift.cluster_id beside it: this address does not name the cluster',
    ],
  ],
  [
    'a name that comes twice',
    `${agentHead}db_service: {databases: [{name: a, protocol: postgres, uri: "h:1"}, {name: a, protocol: postgres, uri: "h:2"}]}`,
    ['5:70: db_service.databases[1].name: expected every name once, "a" was there before'],
  ],
  [
    'matchers',
    `${agentHead}db_service:
  aws:
  - {types: [redshift, mysql], regions: [nowhere], assume_role_arn: x}
  - {types: [], regions: []}
  - {types: [redshift], regions: [us-east-1], external_id: x-1}
  - {types: [redshift-serverless], regions: [us-east-1], external_id: x-1}
  resources:
  - labels: {a: b}
    aws: {external_id: x-1}
`,
    [
      '7:24: db_service.aws[0].types[1]: expected one of rds, rdsproxy, redshift, redshift-serverless, got "mysql"',
      '7:42: db_service.aws[0].regions[0]: expected an AWS region such as us-east-1, got "nowhere"',
      '7:52: db_service.aws[0].assume_role_arn: expected the ARN of a role such as arn:aws:iam::123456789012:role/my-role, got "x"',
      '8:6: db_service.aws[1].types: expected one or more of rds, rdsproxy, redshift, redshift-serverless',
      '8:17: db_service.aws[1].regions: expected one or more regions such as us-east-1',
      '9:47: db_service.aws[2].external_id: expected assume_role_arn beside it: an external id is for a role',
      '13:11: db_service.resources[0].aws.external_id: expected assume_role_arn beside it: the two replace those of the database together',
    ],
  ],
]

for (const [sentence, text, problems] of refusals) {
  test(`refused: ${sentence}`, () => {
    assert.deepEqual(problemsOf(text), problems)
  })
}

test('every problem is in the message, one per line, at most twenty', () => {
  const text = `version: v3\n${Array.from({ length: 25 }, (_, index) => `k${index}: 1\n`).join('')}`
  assert.throws(
    () => parse(text),
    (error: Error) => {
      const lines = error.message.split('\n')
      assert.equal(lines[0], `Cannot use the configuration "${configurationPath}": 25 problems`)
      assert.match(lines[1] ?? '', /^ {2}\/etc\/teleport\.yaml:2:1: k0: unknown key/)
      assert.deepEqual([lines.length, lines.at(-1)], [22, '  and 5 more'])
      return true
    },
  )
})

const warned: readonly (readonly [string, string, readonly string[]])[] = [
  ['no version', 'teleport: {nodename: a}\n', ['1:1: version: is missing, v3 is assumed']],
  [
    'the SSH service',
    'version: v3\nssh_service: {enabled: yes, listen_addr: "0.0.0.0:3022"}\n',
    ['2:1: ssh_service: is not part of this product: set enabled: "no"'],
  ],
  ['the SSH service when it is off', 'version: v3\nssh_service: {enabled: "no"}\n', []],
  [
    'other listeners',
    'version: v3\nproxy_service: {postgres_listen_addr: "0.0.0.0:5432"}\n',
    ['2:17: proxy_service.postgres_listen_addr: has no effect: everything is served on web_listen_addr'],
  ],
  [
    'a database that is not Redshift',
    `${agentHead}db_service: {enabled: yes, databases: [{name: a, protocol: postgres, uri: "h:1"}]}\n`,
    ['5:70: db_service.databases[0].uri: is a postgres database: this version signs in to provisioned Redshift only'],
  ],
  [
    'databases of a service that is off',
    `${agentHead}db_service: {databases: [{name: a, protocol: postgres, uri: "${redshiftUri}"}]}\n`,
    ['5:14: db_service.databases: has no effect: db_service is not enabled'],
  ],
  [
    'an old name',
    `${agentHead}db_service: {enabled: yes, databases: [{name: a, protocol: postgres, ca_cert_file: /ca, uri: "${redshiftUri}"}]}\n`,
    ['5:70: db_service.databases[0].ca_cert_file: is an old name: write it as tls.ca_cert_file'],
  ],
  [
    'a log elsewhere',
    'version: v3\nteleport: {log: {output: stdout}}\n',
    ['2:18: teleport.log.output: has no effect in this version: the log goes to standard error'],
  ],
  [
    'the log where it goes anyway',
    'version: v3\nteleport: {log: {output: stderr}}\nauth_service: {authentication: {second_factors: [otp]}}\n',
    [],
  ],
  [
    'second factors',
    'version: v3\nauth_service: {authentication: {second_factors: [otp, webauthn]}}\n',
    ['2:55: auth_service.authentication.second_factors[1]: has no effect in this version: one-time passwords are required'],
  ],
  ['discovery that is off', 'version: v3\ndiscovery_service: {enabled: no}\n', []],
]

for (const [sentence, text, warnings] of warned) {
  test(`warned: ${sentence}`, () => {
    assert.deepEqual(
      parse(text).warnings.map((warning) => placeOf('', warning).slice(1)),
      warnings,
    )
  })
}

test('tokens are in no message and in no print of the value', () => {
  const configuration = parse('version: v3\nteleport: {auth_token: s3cret}\nauth_service: {tokens: ["db:s3cret"]}\n')
  assert.ok(!`${inspect(configuration, { depth: 9 })}${JSON.stringify(configuration)}`.includes('s3cret'))
  const problems = problemsOf(
    'version: v3\nteleport: {auth_token: "s3cret s3cret", join_params: {token_name: [s3cret]}}\nauth_service: {tokens: ["root:s3cret", "s3cret"]}\n',
  )
  assert.equal(problems.length, 5)
  assert.ok(!problems.join().includes('s3cret'))
})
