/** Proof of the other texts of this room: `teleport configure`, the systemd unit, the destination of both, defaults and flags. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { PortunusError } from '#foundation'
import { defaultConfiguration } from './configuration.ts'
import { outputDestination } from './output-destination.ts'
import { overrideConfiguration, type StartFlags } from './override-configuration.ts'
import { parseTeleportYaml } from './parse-teleport-yaml.ts'
import { printConfiguration, type ConfigurationFlags } from './print-configuration.ts'
import { printSystemdUnit } from './systemd-unit.ts'

test('a cluster with a certificate', () => {
  const text = printConfiguration({
    nodename: 'host-1',
    clusterName: 'teleport.example.com',
    publicAddress: 'teleport.example.com:443',
    certificateFile: '/etc/tls.crt',
    keyFile: '/etc/tls.key',
  })
  assert.equal(
    text,
    `#
# A Portunus configuration. Start it with: teleport start --config=<this file>
#
version: v3
teleport:
  nodename: "host-1"
  data_dir: "/var/lib/teleport"
  log:
    output: "stderr"
    severity: "info"
    format:
      output: "text"
auth_service:
  enabled: "yes"
  listen_addr: "127.0.0.1:3025"
  cluster_name: "teleport.example.com"
proxy_service:
  enabled: "yes"
  web_listen_addr: "0.0.0.0:3080"
  public_addr: "teleport.example.com:443"
  https_keypairs:
  - key_file: "/etc/tls.key"
    cert_file: "/etc/tls.crt"
db_service:
  enabled: "no"
ssh_service:
  enabled: "no"
`,
  )
})

test('an agent, and everything in one process', () => {
  const agent = printConfiguration({ nodename: 'h', roles: 'db', proxy: 'p.example.com:443', token: '/tmp/token', dataDirectory: '/srv/t' })
  const parsed = parseTeleportYaml(agent, { path: 'x' })
  assert.deepEqual([parsed.auth.enabled, parsed.proxy.enabled, parsed.database.enabled], [false, false, true])
  assert.deepEqual([parsed.proxyServer, parsed.dataDirectory], [{ host: 'p.example.com', port: 443 }, '/srv/t'])
  const all = parseTeleportYaml(printConfiguration({ nodename: 'h', roles: 'auth, proxy,DB' }), { path: 'x' })
  assert.deepEqual([all.auth.enabled, all.proxy.enabled, all.database.enabled, all.warnings], [true, true, true, []])
})

const refused: readonly (readonly [string, Partial<ConfigurationFlags>, string])[] = [
  ['half a key pair', { keyFile: '/k' }, '--cert-file and --key-file: expected both or none'],
  ['an unknown role', { roles: 'auth,node' }, '--roles: expected one or more of auth, proxy, db, got "node"'],
  [
    'an agent without a proxy',
    { roles: 'db' },
    '--proxy: required, expected host:port of the proxy: the Database Service reaches the cluster through it',
  ],
  [
    'a cluster name with a slash',
    { clusterName: 'a/b' },
    '--cluster-name: expected letters, digits, dots, dashes and underscores, at most 128, got "a/b"',
  ],
  ['a public address with a path', { publicAddress: 'a/b' }, '--public-addr: expected host:port (port 3080 when left out), got "a/b"'],
  ['a relative directory', { dataDirectory: 'd' }, '--data-dir: expected an absolute path, got "d"'],
]

for (const [sentence, flags, problem] of refused) {
  test(`no configuration: ${sentence}`, () => {
    assert.throws(() => printConfiguration({ nodename: 'h', ...flags }), {
      code: 'CONFIGURATION_FLAGS_REFUSED',
      message: `Cannot make a configuration of these flags: ${problem}`,
    })
  })
}

test('the unit of the guide, step 5', () => {
  assert.equal(
    printSystemdUnit({ teleportPath: '/usr/local/bin/teleport' }),
    `[Unit]
Description=Teleport Service
After=network.target

[Service]
Type=simple
Restart=always
RestartSec=5
EnvironmentFile=-/etc/default/teleport
ExecStart=/usr/local/bin/teleport start --config /etc/teleport.yaml --pid-file=/run/teleport.pid
ExecReload=/bin/kill -HUP $MAINPID
PIDFile=/run/teleport.pid
LimitNOFILE=524288

[Install]
WantedBy=multi-user.target
`,
  )
})

test('a unit is made of plain absolute paths and a whole number', () => {
  for (const teleportPath of ['teleport', '/a b', '/a\nExecStart=/evil', '/a%n', '/a$HOME', '/"a"', '']) {
    assert.throws(() => printSystemdUnit({ teleportPath }), { code: 'UNIT_VALUE_REFUSED' })
  }
  for (const fileDescriptorsMax of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => printSystemdUnit({ teleportPath: '/t', fileDescriptorsMax }), { code: 'UNIT_VALUE_REFUSED' })
  }
})

const destinations = [
  ['stdout', { kind: 'stdout' }],
  ['', { kind: 'stdout' }],
  ['file', { kind: 'file', path: '/etc/teleport.yaml' }],
  ['/srv/a.yaml', { kind: 'file', path: '/srv/a.yaml' }],
  ['file:///srv/a.yaml', { kind: 'file', path: '/srv/a.yaml' }],
  ['FILE:///srv/a.yaml', { kind: 'file', path: '/srv/a.yaml' }],
] as const

for (const [text, destination] of destinations) {
  test(`-o ${text} is ${JSON.stringify(destination)}`, () => {
    assert.deepEqual(outputDestination(text, { defaultFile: '/etc/teleport.yaml' }), destination)
  })
}

const nowhere = [
  ['./file', 'the path is not absolute'],
  ['teleport.yaml', 'the path is not absolute'],
  ['file://teleport.yaml', 'the path is not absolute'],
  ['file://', 'it names no file'],
  ['s3://bucket/a', 'the scheme "s3" is not supported'],
  ['/etc/', 'it names a directory'],
] as const

for (const [text, state] of nowhere) {
  test(`-o ${text} is refused`, () => {
    assert.throws(() => outputDestination(text, { defaultFile: '/etc/teleport.yaml' }), {
      code: 'OUTPUT_REFUSED',
      message: `Cannot write to "${text}": ${state}`,
    })
  })
}

test('without a default the word file is a relative path', () => {
  assert.throws(() => outputDestination('file'), { code: 'OUTPUT_REFUSED' })
})

test('without a file all three services run, for this host only', () => {
  const configuration = defaultConfiguration({ isRoot: false, homeDirectory: '/home/alice/', hostname: 'laptop' })
  const { auth, proxy, database, dataDirectory, nodename } = configuration
  assert.deepEqual([auth.enabled, proxy.enabled, database.enabled, nodename], [true, true, true, 'laptop'])
  assert.deepEqual([auth.listenAddress.host, proxy.webListenAddress], ['127.0.0.1', { host: '127.0.0.1', port: 3080 }])
  assert.equal(dataDirectory, '/home/alice/.local/share/teleport')
  assert.equal(defaultConfiguration({ isRoot: true, homeDirectory: '/root', hostname: 'h' }).dataDirectory, '/var/lib/teleport')
})

const start = defaultConfiguration({ isRoot: true, homeDirectory: '/root', hostname: 'host-1' })
const agent = parseTeleportYaml(
  'version: v3\nteleport: {proxy_server: p, auth_token: t, nodename: n}\nauth_service: {enabled: no}\nproxy_service: {enabled: no}\ndb_service: {enabled: yes}\n',
  { path: 'x' },
)

test('flags win over the file, the file over the defaults', () => {
  const pin = `sha256:${'a'.repeat(64)}`
  const changed = overrideConfiguration(agent, {
    token: '/tmp/other',
    caPins: [pin, '/etc/pins'],
    nodename: 'typed',
    diagAddress: '127.0.0.1',
    isDebug: true,
  })
  assert.deepEqual(
    [
      changed.authToken?.reveal(),
      changed.caPins,
      changed.caPinFiles,
      changed.nodename,
      changed.diagAddress?.port,
      changed.log.severity,
      changed.proxyServer?.host,
    ],
    ['/tmp/other', [pin], ['/etc/pins'], 'typed', 3000, 'debug', 'p'],
  )
  assert.deepEqual(overrideConfiguration(agent, {}), agent)
})

test('roles that are typed run, and no others; a typed server takes the place of the other', () => {
  const { auth, proxy, database } = overrideConfiguration(start, { roles: 'db' })
  assert.deepEqual([auth.enabled, proxy.enabled, database.enabled], [false, false, true])
  const { proxyServer, authServer } = overrideConfiguration(agent, { authServer: 'a' })
  assert.deepEqual([proxyServer, authServer], [undefined, { host: 'a', port: 3025 }])
})

test('flags that cannot be read are named, all of them', () => {
  const flags: StartFlags = { roles: 'auth,node', diagAddress: ':', pidFile: 'x', token: 'a b' }
  assert.throws(
    () => overrideConfiguration(start, flags),
    (error: PortunusError) => {
      assert.equal(error.code, 'CONFIGURATION_FLAGS_REFUSED')
      assert.deepEqual(error.details?.['problems'], [
        '--roles: expected one or more of auth, proxy, db, separated by commas, got "auth,node"',
        '--token: expected a token, or the absolute path of the file that holds it, got another text',
        '--diag-addr: expected host:port (port 3000 when left out), got ":"',
        '--pid-file: expected an absolute path, got "x"',
      ])
      return true
    },
  )
})
