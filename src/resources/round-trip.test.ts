/** What is printed is read back as it was, and no input at all makes a parser throw anything but a refusal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import * as fc from 'fast-check'
import {
  parseDatabase,
  parseDatabaseServer,
  parseLock,
  parseRole,
  parseToken,
  parseUser,
  presetRoles,
  printDatabase,
  printDatabaseServer,
  printLock,
  printRole,
  printToken,
  printUser,
} from './door.ts'

const word = fc.stringMatching(/^[a-zA-Z0-9@_.+-]{1,12}$/).filter((text) => text !== '.' && text !== '..')
const line = fc.string({ maxLength: 20 }).filter((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text))
const filledLine = line.filter((text) => text !== '')
const key = filledLine.filter((text) => text !== '__proto__' && !text.startsWith('dynamic/'))
const list = fc.array(filledLine, { maxLength: 4 })
const lists = fc.dictionary(key, list, { maxKeys: 3 })
const milliseconds = fc.integer({ min: 0, max: 1_000_000_000 })
const time = fc.date({ min: new Date(0), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true }).map((date) => date.toISOString())
const duration = milliseconds.map((amount) => `${amount}ms`)
const positiveDuration = milliseconds.map((amount) => `${amount + 1}ms`)
const maybe = { requiredKeys: [] }

function metadata(name: fc.Arbitrary<string>) {
  const optionalFields = { description: line, labels: fc.dictionary(key, line, { maxKeys: 3 }), expires: time, revision: word }
  return fc.record({ name, ...optionalFields }, { requiredKeys: ['name'] })
}

const conditions = fc.record(
  {
    db_labels: lists,
    db_labels_expression: filledLine,
    db_service_labels: lists,
    db_users: list,
    db_names: list,
    db_roles: list,
    rules: fc.array(fc.record({ resources: list, verbs: list, where: filledLine }, { requiredKeys: ['resources', 'verbs'] }), {
      maxLength: 3,
    }),
    request: fc.record({ roles: list, search_as_roles: list, max_duration: line, annotations: lists }, maybe),
    review_requests: fc.record({ roles: list, preview_as_roles: list, where: line }, maybe),
  },
  maybe,
)

const strictness = fc.constantFrom('strict', 'best_effort')
const options = fc.record(
  {
    max_session_ttl: positiveDuration,
    client_idle_timeout: duration,
    disconnect_expired_cert: fc.boolean(),
    require_session_mfa: fc.boolean(),
    mfa_verification_interval: positiveDuration,
    lock: strictness,
    record_session: fc.record({ default: strictness, desktop: fc.boolean() }, maybe),
    request_access: fc.constantFrom('optional', 'always', 'reason'),
    request_prompt: line,
    create_db_user_mode: fc.constantFrom('off', 'keep', 'best_effort_drop'),
    max_db_connections: fc.nat(1000),
  },
  maybe,
)

const role = fc.record({
  kind: fc.constant('role'),
  version: fc.constantFrom('v3', 'v4', 'v5', 'v6', 'v7'),
  metadata: metadata(word),
  spec: fc.record({ options, allow: conditions, deny: conditions }, maybe),
})

const user = fc.record({
  kind: fc.constant('user'),
  version: fc.constant('v2'),
  metadata: metadata(word),
  spec: fc.record(
    {
      roles: fc.array(word),
      traits: lists,
      created_by: fc.record({ time, user: fc.record({ name: word }) }),
      status: fc.record({ is_locked: fc.boolean(), locked_message: line, locked_time: time, lock_expires: time }, maybe),
    },
    maybe,
  ),
})

const databaseName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,12}$/)
const database = fc.record({
  kind: fc.constant('db'),
  version: fc.constant('v3'),
  metadata: metadata(databaseName),
  spec: fc.record(
    {
      protocol: fc.constant('postgres'),
      uri: fc.tuple(fc.domain(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`),
      tls: fc.record({ mode: fc.constantFrom('verify-full', 'verify-ca', 'insecure'), server_name: fc.domain() }, maybe),
      aws: fc.record(
        {
          region: fc.constantFrom('us-east-1', 'cn-north-1', 'us-gov-west-1'),
          account_id: fc.stringMatching(/^[0-9]{12}$/),
          assume_role_arn: fc.constant('arn:aws:iam::123456789012:role/path/name'),
          external_id: fc.constant('some-id'),
          redshift: fc.record({ cluster_id: fc.constant('my-cluster') }, maybe),
        },
        maybe,
      ),
    },
    { requiredKeys: ['protocol', 'uri'] },
  ),
})

const server = database.chain((inner) =>
  fc.record({
    kind: fc.constant('db_server'),
    version: fc.constant('v3'),
    metadata: fc.constant({ name: inner.metadata.name }),
    spec: fc.record({ version: word, hostname: word, host_id: word, database: fc.constant(inner) }),
  }),
)

const token = fc.record({
  kind: fc.constant('token'),
  version: fc.constant('v2'),
  metadata: metadata(word),
  spec: fc.record(
    { roles: fc.subarray(['Db', 'node', 'PROXY'], { minLength: 1 }), join_method: fc.constant('token'), suggested_labels: lists },
    { requiredKeys: ['roles'] },
  ),
})

const lockTargets = ['user', 'role', 'login', 'mfa_device', 'access_request', 'server_id', 'db', 'session']
const lock = fc.record({
  kind: fc.constant('lock'),
  version: fc.constant('v2'),
  metadata: metadata(word),
  spec: fc.record(
    {
      target: fc.dictionary(fc.constantFrom(...lockTargets), filledLine, { minKeys: 1 }),
      message: line,
      expires: time,
      created_at: time,
      created_by: line,
    },
    { requiredKeys: ['target'] },
  ),
})

interface Codec {
  readonly name: string
  readonly documents: fc.Arbitrary<unknown>
  /** The value of a document, and the value of its print. */
  readonly twice: (input: unknown) => readonly [unknown, unknown]
}

function codec<T>(
  name: string,
  documents: fc.Arbitrary<unknown>,
  pair: { parse: (input: unknown) => T; print: (value: T) => unknown },
): Codec {
  return {
    name,
    documents,
    twice: (input) => {
      const value = pair.parse(input)
      return [value, pair.parse(JSON.parse(JSON.stringify(pair.print(value))))]
    },
  }
}

const codecs = [
  codec('user', user, { parse: parseUser, print: printUser }),
  codec('role', role, { parse: parseRole, print: printRole }),
  codec('database', database, { parse: parseDatabase, print: printDatabase }),
  codec('database server', server, { parse: parseDatabaseServer, print: printDatabaseServer }),
  codec('lock', lock, { parse: parseLock, print: printLock }),
  codec('token', token, { parse: parseToken, print: printToken }),
]

for (const { name, documents, twice } of codecs) {
  test(`a ${name} that is printed is read back the same`, () => {
    fc.assert(
      fc.property(documents, (document) => {
        const [value, again] = twice(document)
        assert.deepEqual(again, value)
      }),
      { numRuns: 150 },
    )
  })

  test(`no input makes the ${name} parser throw anything but a refusal`, () => {
    const bent = fc.tuple(documents, fc.anything(), fc.nat()).map(([document, value, seed]) => bend(document, value, seed))
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true, withMap: true, withDate: true }), bent), (input) => {
        try {
          twice(input)
        } catch (error) {
          assert.ok(error instanceof PortunusError, String(error))
        }
      }),
      { numRuns: 300 },
    )
  })
}

/** The document with one of its values replaced, wherever the seed points. */
function bend(document: unknown, value: unknown, seed: number): unknown {
  if (typeof document !== 'object' || document === null || seed % 7 === 0) return value
  const entries = Object.entries(document)
  const chosen = entries[seed % Math.max(entries.length, 1)]
  if (chosen === undefined) return value
  return { ...document, [chosen[0]]: bend(chosen[1], value, Math.floor(seed / 3)) }
}

test('presets print and read back the same', () => {
  for (const preset of presetRoles()) assert.deepEqual(parseRole(printRole(preset)), preset)
})

test('presets stand in their order, with their versions and label', () => {
  assert.deepEqual(
    presetRoles().map(({ metadata, version }) => `${metadata.name} ${version} ${metadata.labels['teleport.internal/resource-type']}`),
    ['access v7 preset', 'editor v7 preset', 'auditor v7 preset', 'requester v6 preset', 'reviewer v6 preset'],
  )
})

test('the access preset reaches every database as the traits say, and nothing else', () => {
  const [access] = presetRoles()
  assert.deepEqual(access && printRole(access)['spec'], {
    options: { max_session_ttl: '30h', record_session: { desktop: true } },
    allow: {
      db_labels: { '*': '*' },
      db_service_labels: { '*': '*' },
      db_users: ['{{internal.db_users}}'],
      db_names: ['{{internal.db_names}}'],
      db_roles: ['{{internal.db_roles}}'],
      rules: [
        { resources: ['event'], verbs: ['list', 'read'] },
        { resources: ['session'], verbs: ['read', 'list'], where: 'contains(session.participants, user.metadata.name)' },
        { resources: ['instance'], verbs: ['list', 'read'] },
        { resources: ['cluster_maintenance_config'], verbs: ['list', 'read'] },
      ],
    },
    deny: {},
  })
})

test('the editor preset reaches no database', () => {
  const editor = presetRoles()[1]
  assert.deepEqual([editor?.spec.allow.dbLabels, editor?.spec.allow.dbUsers, editor?.spec.allow.dbNames], [{}, [], []])
})
