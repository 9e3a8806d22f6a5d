/** Logging in to a database over real TLS: every way in, every refusal, and nothing ever said in clear. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { PortunusError, Secret } from '#foundation'
import {
  readNegotiateProtocolVersion,
  writeAuthenticationCleartextPassword,
  writeAuthenticationMd5,
  writeAuthenticationOk,
  writeErrorResponse,
  writeNoticeResponse,
  writeParameterStatus,
  writeReadyForQuery,
} from '#postgres-protocol'
import type { DatabaseTls } from '#resources'
import { nodeNetwork, nodeTls } from '#world'
import { connectDatabase, sendCancel, type ConnectDatabaseRequest, type DatabaseConnection } from './connect-database.ts'
import { openMessageReader } from './message-reader.ts'
import { openTestServer, type TestServer, type TestServerOptions } from './testing/postgres-server.ts'

const md5Hex = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
const world = { network: nodeNetwork, tls: nodeTls, md5Hex }
const patience = (): AbortSignal => AbortSignal.timeout(10_000)

interface Changes extends Partial<Pick<ConnectDatabaseRequest, 'protocol' | 'parameters' | 'signal'>> {
  readonly user?: string
  readonly tls?: Partial<DatabaseTls>
  readonly host?: string
}

function databaseOf(server: TestServer, changes: Changes = {}): ConnectDatabaseRequest['database'] {
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift', labels: {} },
    spec: {
      protocol: 'postgres',
      uri: `${changes.host ?? server.address.host}:${server.address.port}`,
      tls: { mode: 'verify-full', caCert: server.authorityPem, ...changes.tls },
      aws: { redshift: {} },
    },
  }
}

async function connect(server: TestServer, changes: Changes = {}): Promise<DatabaseConnection> {
  return await connectDatabase(
    {
      database: databaseOf(server, changes),
      login: { user: changes.user ?? 'IAM:alice', password: new Secret('pass word'), expires: new Date() },
      databaseName: 'dev',
      protocol: changes.protocol ?? { major: 3, minor: 0 },
      parameters: changes.parameters ?? new Map([['user', 'alice']]),
      signal: changes.signal ?? patience(),
    },
    world,
  )
}

/** The text of a password message. */
async function readPassword(stream: Duplex): Promise<string> {
  const { type, body } = await openMessageReader(stream).nextMessage(patience())
  assert.equal(String.fromCharCode(type), 'p')
  return Buffer.from(body).toString().replace(/\0$/, '')
}

async function refusalOf(attempt: Promise<unknown>): Promise<PortunusError> {
  const [result] = await Promise.allSettled([attempt])
  assert.ok(result.status === 'rejected', 'it was not refused')
  assert.ok(result.reason instanceof PortunusError, String(result.reason))
  return result.reason
}

/** AuthenticationOk, and the least a server says before it waits for a query. */
const welcome = Buffer.concat([writeAuthenticationOk(), writeReadyForQuery('idle')])
const fatal = (sqlState: string, message: string): Uint8Array => writeErrorResponse({ severity: 'FATAL', sqlState, message })

describe('a login', () => {
  const afterwards = Buffer.concat([writeParameterStatus('server_version', '8.0.2'), writeReadyForQuery('idle')])

  test('with a password in clear, inside TLS, leaves what follows AuthenticationOk untouched', async () => {
    let password = ''
    await using server = await openTestServer({
      async converse(stream) {
        stream.write(writeAuthenticationCleartextPassword())
        password = await readPassword(stream)
        stream.write(Buffer.concat([writeAuthenticationOk(), afterwards]))
      },
    })
    const { rest, head, stream } = await connect(server)
    assert.equal(password, 'pass word')
    assert.deepEqual(Buffer.from(rest), afterwards)
    assert.deepEqual(head, [])
    stream.destroy()
  })

  test('with an md5 password answers the salt', async () => {
    let password = ''
    const salt = Buffer.from([1, 2, 3, 4])
    await using server = await openTestServer({
      async converse(stream) {
        stream.write(writeAuthenticationMd5(salt))
        password = await readPassword(stream)
        stream.write(welcome)
      },
    })
    const { rest, stream } = await connect(server)
    const inner = md5Hex(Buffer.from('pass wordIAM:alice'))
    assert.equal(password, `md5${md5Hex(Buffer.concat([Buffer.from(inner), salt]))}`)
    assert.deepEqual(Buffer.from(rest), Buffer.from(writeReadyForQuery('idle')))
    stream.destroy()
  })

  test('without a password is taken as it is, and notices on the way are kept for the client', async () => {
    const notice = writeNoticeResponse({ severity: 'NOTICE', sqlState: '00000', message: 'welcome' })
    await using server = await openTestServer({ converse: (stream) => void stream.write(Buffer.concat([notice, welcome])) })
    const { head, stream } = await connect(server)
    assert.deepEqual(
      head.map((bytes) => Buffer.from(bytes)),
      [Buffer.from(notice)],
    )
    stream.destroy()
  })

  test('that is refused after AuthenticationOk is refused with the SQLSTATE of the database', async () => {
    const missing = fatal('3D000', 'database "nodb" does not exist')
    await using server = await openTestServer({
      converse: (stream) => void stream.write(Buffer.concat([writeAuthenticationOk(), writeParameterStatus('a', 'b'), missing])),
    })
    const refusal = await refusalOf(connect(server))
    assert.equal(refusal.code, 'DATABASE_LOGIN_REFUSED')
    assert.equal(refusal.sqlState, '3D000')
    assert.match(refusal.message, /database "nodb" does not exist/)
  })

  test('byte by byte is a login too', async () => {
    await using server = await openTestServer({
      async converse(stream) {
        for (const byte of writeAuthenticationCleartextPassword()) {
          stream.write(Buffer.of(byte))
          await new Promise((resolve) => setImmediate(resolve))
        }
        await readPassword(stream)
        stream.write(welcome)
      },
    })
    const { stream } = await connect(server)
    stream.destroy()
  })

  test('sends the user of the credentials and the parameters of the client, but not its protocol options', async () => {
    await using server = await openTestServer({ converse: (stream) => void stream.write(welcome) })
    const parameters = new Map([
      ['user', 'alice'],
      ['database', 'other'],
      ['application_name', 'psql'],
      ['_pq_.compression', 'zstd'],
      ['options', '-c search_path=x'],
    ])
    const { head, stream } = await connect(server, { parameters, protocol: { major: 3, minor: 2 } })
    const [packet] = server.packets
    assert.ok(packet?.kind === 'startup')
    assert.deepEqual([packet.major, packet.minor], [3, 0])
    assert.deepEqual(Object.fromEntries(packet.parameters), {
      user: 'IAM:alice',
      database: 'dev',
      application_name: 'psql',
      options: '-c search_path=x',
    })
    assert.deepEqual(readNegotiateProtocolVersion((head[0] ?? new Uint8Array(0)).subarray(5)), {
      major: 3,
      minor: 0,
      unsupportedOptions: ['_pq_.compression'],
    })
    stream.destroy()
  })
})

describe('a server is not talked to in clear', () => {
  const answers: readonly (readonly [string, TestServerOptions['sslAnswer'], string])[] = [
    ['when it answers N', Buffer.from('N'), 'DATABASE_TLS_REFUSED'],
    ['when it answers with an error', fatal('0A000', 'no TLS here'), 'DATABASE_TLS_REFUSED'],
    ['when bytes come along with its S', Buffer.concat([Buffer.from('S'), writeAuthenticationOk()]), 'DATABASE_TLS_REFUSED'],
    ['when one byte comes along with its S', Buffer.from('SS'), 'DATABASE_TLS_REFUSED'],
    ['when it says what no server says', Buffer.from('G'), 'DATABASE_TLS_REFUSED'],
    ['when it closes', 'close', 'DATABASE_CLOSED'],
  ]
  for (const [when, sslAnswer, code] of answers) {
    test(when, async () => {
      await using server = await openTestServer({ ...(sslAnswer === undefined ? {} : { sslAnswer }) })
      const refusal = await refusalOf(connect(server))
      assert.equal(refusal.code, code)
      await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal(server.clearBytes().length, 0)
    })
  }

  test('when it is silent, until the time is up', async () => {
    await using server = await openTestServer({ sslAnswer: 'silence' })
    await assert.rejects(connect(server, { signal: AbortSignal.timeout(30) }), { code: 'DATABASE_SILENT', sqlState: '08006' })
    assert.equal(server.clearBytes().length, 0)
  })
})

describe('the certificate of the server', () => {
  const checks: readonly (readonly [string, TestServerOptions, Changes, string])[] = [
    ['of an unknown authority is refused', {}, { tls: { caCert: 'another' } }, 'TLS_SERVER_UNTRUSTED'],
    ['of another name is refused', { dnsNames: ['other.test'] }, {}, 'TLS_SERVER_NAME_MISMATCH'],
    ['of another name is taken with verify-ca', { dnsNames: ['other.test'] }, { tls: { mode: 'verify-ca' } }, 'connected'],
    [
      'of an unknown authority is refused with verify-ca too',
      {},
      { tls: { mode: 'verify-ca', caCert: 'another' } },
      'TLS_SERVER_UNTRUSTED',
    ],
    ['of the name that is configured is taken', { dnsNames: ['other.test'] }, { tls: { serverName: 'other.test' } }, 'connected'],
    [
      'of an address is taken where the address is dialled',
      { dnsNames: [], ipAddresses: ['127.0.0.1'] },
      { host: '127.0.0.1' },
      'connected',
    ],
    ['with a common name only is refused', { dnsNames: [] }, {}, 'TLS_CERTIFICATE_LEGACY_COMMON_NAME'],
    ['of anybody is taken when told to be insecure', {}, { tls: { mode: 'insecure', caCert: 'another' } }, 'connected'],
  ]
  for (const [what, options, changes, outcome] of checks) {
    test(what, async () => {
      await using server = await openTestServer({ ...options, converse: (stream) => void stream.write(welcome) })
      await using another = await openTestServer()
      const tls = changes.tls?.caCert === undefined ? changes.tls : { ...changes.tls, caCert: another.authorityPem }
      const connecting = connect(server, { ...changes, ...(tls === undefined ? {} : { tls }) })
      if (outcome === 'connected') {
        const { stream } = await connecting
        stream.destroy()
      } else {
        assert.equal((await refusalOf(connecting)).code, outcome)
        assert.deepEqual(server.packets, [], 'something was said to it')
      }
    })
  }
})

describe('a refusal of the server', () => {
  test('is passed on with its words and its SQLSTATE', async () => {
    await using server = await openTestServer({
      async converse(stream) {
        stream.write(writeAuthenticationCleartextPassword())
        await readPassword(stream)
        stream.end(fatal('28P01', 'password authentication failed for user "IAM:alice"'))
      },
    })
    const refusal = await refusalOf(connect(server))
    assert.deepEqual([refusal.code, refusal.sqlState], ['DATABASE_LOGIN_REFUSED', '28P01'])
    assert.match(refusal.message, /password authentication failed for user "IAM:alice"/)
  })

  test('of a user that does not exist says what to do', async () => {
    await using server = await openTestServer({ converse: (stream) => void stream.end(fatal('28000', 'user "alice" does not exist')) })
    const { hint } = await refusalOf(connect(server))
    assert.match(hint ?? '', /CREATE USER "alice" PASSWORD DISABLE/)
  })

  test('for too many connections keeps its SQLSTATE', async () => {
    await using server = await openTestServer({ converse: (stream) => void stream.end(fatal('53300', 'too many clients already')) })
    assert.equal((await refusalOf(connect(server))).sqlState, '53300')
  })

  const int32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.from([0, 0, 0, value])))
  for (const [method, request] of [
    ['sasl', Buffer.concat([int32(10), Buffer.from('SCRAM-SHA-256\0\0')])],
    ['kerberos', int32(2)],
    ['gss', int32(7)],
    ['sspi', int32(9)],
    ['redshift-identity-provider', int32(14)],
    ['unknown-99', int32(99)],
  ] as const) {
    test(`cannot be caused by a method nobody taught us: ${method}, and no password is given away`, async () => {
      let said = 0
      await using server = await openTestServer({
        converse(stream) {
          stream.on('data', (chunk: Buffer) => (said += chunk.length))
          stream.write(Buffer.concat([Buffer.from('R'), int32(request.length + 4), request]))
        },
      })
      const refusal = await refusalOf(connect(server))
      assert.deepEqual([refusal.code, refusal.sqlState], ['DATABASE_AUTHENTICATION_UNSUPPORTED', '0A000'])
      assert.ok(refusal.message.includes(`"${method}"`), refusal.message)
      assert.equal(said, 0)
    })
  }

  for (const [what, bytes, code] of [
    ['an end', new Uint8Array(0), 'DATABASE_CLOSED'],
    ['a message that comes too early', writeReadyForQuery('idle'), 'DATABASE_PROTOCOL'],
    ['something else than PostgreSQL', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'DATABASE_PROTOCOL'],
    ['an authentication request without content', Buffer.from([0x52, 0, 0, 0, 4]), 'DATABASE_AUTHENTICATION_UNSUPPORTED'],
  ] as const) {
    test(`may be ${what}`, async () => {
      await using server = await openTestServer({ converse: (stream) => void stream.end(bytes) })
      assert.equal((await refusalOf(connect(server))).code, code)
    })
  }

  test('is not waited for when the client has left', async () => {
    const controller = new AbortController()
    await using server = await openTestServer({ converse: () => controller.abort(new Error('the client left')) })
    await assert.rejects(connect(server, { signal: controller.signal }), /the client left/)
  })
})

describe('a cancel request', () => {
  const request = (server: TestServer, signal: AbortSignal) => ({
    database: databaseOf(server),
    processId: 77,
    secretKey: Buffer.from([1, 2, 3, 4]),
    signal,
  })

  test('goes inside TLS, and is done when the server has closed', async () => {
    let closed = false
    await using server = await openTestServer({
      async converse(stream) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        closed = true
        stream.end()
      },
    })
    await sendCancel(request(server, patience()), world)
    assert.equal(closed, true)
    const [packet] = server.packets
    assert.ok(packet?.kind === 'cancel-request')
    assert.deepEqual([packet.processId, [...packet.secretKey]], [77, [1, 2, 3, 4]])
  })

  test('is not waited for beyond its time', async () => {
    const controller = new AbortController()
    await using server = await openTestServer({ converse: () => controller.abort() })
    await sendCancel(request(server, controller.signal), world)
  })

  test('never goes in clear', async () => {
    await using server = await openTestServer({ sslAnswer: Buffer.from('N') })
    await assert.rejects(sendCancel(request(server, patience()), world), { code: 'DATABASE_TLS_REFUSED' })
    assert.equal(server.clearBytes().length, 0)
  })
})
