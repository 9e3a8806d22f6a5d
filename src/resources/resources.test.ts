/** Documents that are refused, with path and expectation; documents that are read, with their defaults. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import {
  maskToken,
  parseDatabase,
  parseDatabaseResourceName,
  parseDatabaseServer,
  parseResourceName,
  parseRole,
  parseSystemRole,
  parseToken,
  parseTokenRoles,
  parseUser,
  printRole,
} from './door.ts'

function refusal(attempt: () => unknown): PortunusError {
  try {
    attempt()
  } catch (error) {
    assert.ok(error instanceof PortunusError, String(error))
    assert.equal(error.category, 'bad-input')
    assert.match(error.message, /^Cannot .*[^.]$/s)
    assert.ok(error.hint)
    return error
  }
  assert.fail('nothing was refused')
}

const user = (spec: object = {}, metadata: object = {}) => ({ kind: 'user', version: 'v2', metadata: { name: 'alice', ...metadata }, spec })
const role = (spec: object = {}, version = 'v7') => ({ kind: 'role', version, metadata: { name: 'dev' }, spec })
const database = (spec: object = {}, metadata: object = {}) => ({
  kind: 'db',
  version: 'v3',
  metadata: { name: 'my-redshift', ...metadata },
  spec: { protocol: 'postgres', uri: 'localhost:5439', ...spec },
})
const token = (spec: object = {}, metadata: object = {}) => ({
  kind: 'token',
  version: 'v2',
  metadata: { name: 'tellnobody', ...metadata },
  spec: { roles: ['Db'], ...spec },
})
const server = (spec: object = {}) => ({
  kind: 'db_server',
  version: 'v3',
  metadata: { name: 'my-redshift' },
  spec: { version: '1.0.0', hostname: 'h', host_id: 'id', database: database(), ...spec },
})

const circular: Record<string, unknown> = {}
circular['self'] = circular
const laughs = Array.from({ length: 12 }).reduce<unknown>((inner) => Array.from({ length: 10 }).fill(inner), 'ha')

const refusals: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['a document that is a text', () => parseRole('role'), /Cannot read the role: expected a mapping, got "role"/],
  ['another kind', () => parseUser(role()), /kind: expected "user", got "role"/],
  ['a version nobody knows', () => parseRole(role({}, 'v8')), /version: expected one of "v3", "v4", "v5", "v6", "v7", got "v8"/],
  ['an unknown key', () => parseRole(role({ allow: { db_user: ['x'] } })), /spec\.allow\.db_user: unknown key, expected one of .*db_users/],
  ['an unknown key in the metadata', () => parseUser(user({}, { nam: 'x' })), /metadata\.nam: unknown key/],
  ['a key that reaches for the prototype', () => parseUser(JSON.parse('{"__proto__":{}}')), /expected no key "__proto__"/],
  [
    'a number in a list of texts',
    () => parseRole(role({ allow: { db_users: ['a', 2] } })),
    /spec\.allow\.db_users\[1\]: expected a text, got the number 2/,
  ],
  ['an empty entry', () => parseRole(role({ allow: { db_users: [''] } })), /db_users\[0\]: expected a text that is not empty/],
  [
    'a mapping for a list',
    () => parseRole(role({ allow: { db_users: {} } })),
    /db_users: expected a text or a list of texts, got a mapping/,
  ],
  [
    'a number as a label value',
    () => parseDatabase(database({}, { labels: { team: 7 } })),
    /metadata\.labels\.team: expected a text, got the number 7/,
  ],
  [
    'a terminal code in a name',
    () => parseUser(user({}, { name: 'a\u001B[2J' })),
    /metadata\.name: expected a name without control characters, got "a\\x1b\[2J"/,
  ],
  [
    'a right-to-left override in a name',
    () => parseUser(user({}, { name: 'a\u202Eb' })),
    /without control characters, got "a\\u\{202e\}b"/,
  ],
  ['a name with a slash', () => parseUser(user({}, { name: '../etc' })), /without slashes/],
  ['a long name', () => parseUser(user({}, { name: 'x'.repeat(256) })), /at most 255 characters/],
  ['a database name with a blank', () => parseDatabase(database({}, { name: 'my db' })), /letters, digits, dots, dashes and underscores/],
  ['a database name that is an option', () => parseDatabase(database({}, { name: '-rf' })), /begins with a letter or digit/],
  [
    'a control character in a trait',
    () => parseUser(user({ traits: { db_users: ['a\u0000b'] } })),
    /traits\.db_users\[0\]: expected a text without control characters/,
  ],
  [
    'a duration without a unit',
    () => parseRole(role({ options: { max_session_ttl: '30' } })),
    /max_session_ttl: expected a duration such as 30m or 12h, got "30"/,
  ],
  ['a duration of zero', () => parseRole(role({ options: { max_session_ttl: '0s' } })), /longer than zero/],
  ['a duration of ages', () => parseRole(role({ options: { max_session_ttl: `${'9'.repeat(40)}h` } })), /at most ten years/],
  [
    'a word that is no switch',
    () => parseRole(role({ options: { require_session_mfa: 'hardware_key' } })),
    /expected true or false, got "hardware_key"/,
  ],
  ['an option nobody enforces', () => parseRole(role({ options: { pin_source_ip: true } })), /pin_source_ip: unknown key/],
  [
    'dynamic labels in a deny section',
    () => parseRole(role({ deny: { db_labels: { 'dynamic/x': 'y' } } })),
    /spec\.deny: expected no dynamic\/ labels/,
  ],
  ['a time that is none', () => parseUser(user({}, { expires: 'tomorrow' })), /metadata\.expires: expected a time such as/],
  ['a thirteenth month', () => parseUser(user({}, { expires: '2030-13-01T00:00:00Z' })), /expected a time such as/],
  ['a special object', () => parseUser(user({}, { expires: new Date(0) })), /expected plain values, got a special object/],
  ['a database without a port', () => parseDatabase(database({ uri: 'localhost' })), /spec\.uri: expected host:port/],
  ['a database with a scheme', () => parseDatabase(database({ uri: 'postgres://localhost:5432' })), /spec\.uri: expected host:port/],
  ['a port above 65535', () => parseDatabase(database({ uri: 'localhost:65536' })), /spec\.uri: expected host:port/],
  ['a protocol we do not speak', () => parseDatabase(database({ protocol: 'mysql' })), /spec\.protocol: expected "postgres", got "mysql"/],
  [
    'a TLS mode that verifies nothing by mistake',
    () => parseDatabase(database({ tls: { mode: 'none' } })),
    /tls\.mode: expected one of "verify-full"/,
  ],
  [
    'an account written as a number',
    () => parseDatabase(database({ aws: { account_id: 123456789012 } })),
    /aws\.account_id: expected a text, got the number/,
  ],
  [
    'a user ARN as a role',
    () => parseDatabase(database({ aws: { assume_role_arn: 'arn:aws:iam::123456789012:user/x' } })),
    /expected a role ARN/,
  ],
  ['a certificate that is no PEM', () => parseDatabase(database({ tls: { ca_cert: 'hello' } })), /certificates in PEM/],
  [
    'a server that carries another database',
    () => parseDatabaseServer({ ...server(), metadata: { name: 'other' } }),
    /expected the same name/,
  ],
  ['a token for an admin', () => parseToken(token({ roles: ['Admin'] })), /spec\.roles: expected one or more of Auth, Proxy, Db/],
  ['a token for nothing', () => parseToken(token({ roles: [] })), /spec\.roles: expected one or more of/],
  ['a join method we lack', () => parseToken(token({ join_method: 'iam' })), /join_method: expected "token", got "iam"/],
  ['a circular document', () => parseRole(circular), /expected at most 16 levels/],
  ['a document that laughs', () => parseRole(laughs), /expected at most 20000 values/],
  ['a text of a megabyte', () => parseRole(role({ allow: { db_users: 'x'.repeat(1_000_000) } })), /at most 524288 characters/],
  [
    'a list without end',
    () => parseRole(role({ allow: { db_users: Array.from({ length: 1001 }, (_, index) => `u${index}`) } })),
    /at most 1000 entries/,
  ],
  ['an empty name', () => parseResourceName(''), /Cannot use the name "": expected a name of at least one character/],
  ['blanks around a name', () => parseResourceName(' alice'), /without blanks/],
  ['two dots as a name', () => parseResourceName('..'), /without slashes/],
  ['a database name that leaves its directory', () => parseDatabaseResourceName('../x'), /Cannot use the name "\.\.\/x"/],
  ['a system role nobody knows', () => parseSystemRole('bot'), /Cannot use the token type "bot": no such type/],
  ['a token type list with an admin in it', () => parseTokenRoles('db,admin'), /"admin"/],
  ['a token type list with a hole', () => parseTokenRoles('db,,node'), /""/],
]

for (const [sentence, attempt, expected] of refusals) {
  test(`refused: ${sentence}`, () => assert.match(refusal(attempt).message, expected))
}

test('the secret name of a token never stands in its refusal', () => {
  for (const name of ['secret/part', 4711, 'x'.repeat(300)]) {
    const error = refusal(() => parseToken(token({ roles: ['x'] }, { name })))
    const shown = JSON.stringify([error.message, error.hint, error.details])
    assert.ok(!/secret|4711|xxx/.test(shown), shown)
  }
})

test('all problems of a document are reported, with their paths', () => {
  const error = refusal(() => parseRole(role({ allow: { db_users: [1], x: 1 }, options: { lock: 'maybe' } })))
  assert.match(error.message, /\(and 2 more\)$/)
  assert.deepEqual(
    Array.isArray(error.details?.['problems']) && error.details['problems'].map((problem: { path: string }) => problem.path),
    ['spec.options.lock', 'spec.allow.db_users[0]', 'spec.allow.x'],
  )
})

test('a user keeps traits without values, and loses repeated entries', () => {
  const { spec } = parseUser(user({ roles: ['b', 'a', 'b'], traits: { logins: [], db_users: '*' } }))
  assert.deepEqual(spec, { roles: ['b', 'a'], traits: { logins: [], db_users: ['*'] } })
})

test('empty sections of YAML read as absent', () => {
  const parsed = parseRole({ ...role({ options: null, allow: { db_users: null }, deny: null }) })
  assert.deepEqual(parsed.spec.deny, parseRole(role()).spec.deny)
})

const switches: readonly (readonly [unknown, boolean])[] = [
  [true, true],
  ['yes', true],
  ['on', true],
  ['True', true],
  [false, false],
  ['no', false],
  ['off', false],
]
for (const [written, expected] of switches) {
  test(`a switch written ${JSON.stringify(written)} is ${expected}`, () => {
    assert.equal(parseRole(role({ options: { disconnect_expired_cert: written } })).spec.options.disconnectExpiredCert, expected)
  })
}

const labelDefaults: readonly (readonly [string, string, object, object])[] = [
  ['a version 3 role without labels reaches everything', 'v3', {}, { '*': ['*'] }],
  ['a version 3 role with empty labels reaches nothing', 'v3', { db_labels: {} }, {}],
  ['a version 3 role with an expression keeps to it', 'v3', { db_labels_expression: 'labels["a"] == "b"' }, {}],
  ['a version 4 role without labels reaches nothing', 'v4', {}, {}],
  ['a version 7 role without labels reaches nothing', 'v7', {}, {}],
]
for (const [sentence, version, allow, expected] of labelDefaults) {
  test(sentence, () => {
    const parsed = parseRole(role({ allow }, version))
    assert.deepEqual(parsed.spec.allow.dbLabels, expected)
    assert.deepEqual(parsed.spec.deny.dbLabels, {})
    assert.deepEqual(parseRole(printRole(parsed)), parsed)
  })
}

test('durations are milliseconds inside and Go texts outside', () => {
  const parsed = parseRole(role({ options: { max_session_ttl: '30h0m0s', client_idle_timeout: '1500ms' } }))
  assert.deepEqual(parsed.spec.options, { maxSessionTtlMilliseconds: 108_000_000, clientIdleTimeoutMilliseconds: 1500 })
  assert.deepEqual(printRole(parsed)['spec'], { options: { max_session_ttl: '30h', client_idle_timeout: '1s500ms' }, allow: {}, deny: {} })
})

test('a single label value prints the way people write it', () => {
  const labels = { env: 'prod', team: ['a', 'b'], '*': '*' }
  const printed = printRole(parseRole(role({ allow: { db_labels: labels } })))
  assert.deepEqual(printed['spec'], { options: {}, allow: { db_labels: labels }, deny: {} })
})

test('a database verifies TLS in full unless told otherwise', () => {
  assert.deepEqual(parseDatabase(database()).spec, {
    protocol: 'postgres',
    uri: 'localhost:5439',
    tls: { mode: 'verify-full' },
    aws: { redshift: {} },
  })
})

test('IPv6 addresses, long endpoints and system roles of any case are understood', () => {
  assert.equal(parseDatabase(database({ uri: '[::1]:5432' })).spec.uri, '[::1]:5432')
  const endpoint = 'my-redshift.cabc123.us-east-1.redshift.amazonaws.com:5439'
  assert.equal(parseDatabase(database({ uri: endpoint })).spec.uri, endpoint)
  assert.equal(parseSystemRole('dB'), 'Db')
  assert.deepEqual(parseTokenRoles('node, db,Db'), ['Node', 'Db'])
  assert.deepEqual(parseToken(token({ roles: ['db', 'Db'] })).spec, { roles: ['Db'], joinMethod: 'token' })
})

test('a masked token shows its last quarter', () => {
  assert.equal(maskToken('0123456789abcdef'), '************cdef')
  assert.equal(maskToken('a'), '*')
})

test('what is expected is said in the same words when another room has given the schema library a locale', async () => {
  await import('zod')
  const database = {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'a' },
    spec: { protocol: 'postgres', uri: 'a:1', aws: { account_id: 123456789012 } },
  }
  assert.throws(() => parseDatabase(database), /spec\.aws\.account_id: expected a text, got the number 123456789012$/)
})
