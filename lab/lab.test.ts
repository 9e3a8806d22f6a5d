/** The lab as a whole: stock AWS clients get passwords, stock PostgreSQL clients use them. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { GetClusterCredentialsCommand, GetClusterCredentialsWithIAMCommand, RedshiftClient } from '@aws-sdk/client-redshift'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import pg from 'pg'
import { withAccount } from './aws/world.ts'
import { startLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { startWireClient } from './wire-client.ts'

let lab: Lab
before(async () => {
  lab = await startLab()
})
after(() => lab[Symbol.asyncDispose]())

interface Login {
  readonly user: string
  readonly password: string
}

const awsConfiguration = (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => ({
  endpoint: lab.aws.endpoint,
  region: lab.aws.region,
  credentials: credentials ?? lab.aws.databaseService,
  maxAttempts: 1,
})

async function loginAs(databaseUser: string, databaseName: string | undefined = 'dev'): Promise<Login> {
  const answer = await new RedshiftClient(awsConfiguration()).send(
    new GetClusterCredentialsCommand({
      ClusterIdentifier: lab.redshift.clusterId,
      DbUser: databaseUser,
      DbName: databaseName,
      AutoCreate: false,
    }),
  )
  return { user: answer.DbUser ?? '', password: answer.DbPassword ?? '' }
}

async function loginAsRole(): Promise<Login> {
  const command = new AssumeRoleCommand({ RoleArn: lab.aws.role.arn, RoleSessionName: 'alice' })
  const { Credentials } = await new STSClient(awsConfiguration()).send(command)
  const session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  const answer = await new RedshiftClient(awsConfiguration(session)).send(
    new GetClusterCredentialsWithIAMCommand({ ClusterIdentifier: lab.redshift.clusterId, DbName: 'dev' }),
  )
  return { user: answer.DbUser ?? '', password: answer.DbPassword ?? '' }
}

const clientOptions = (login: Login, database = 'dev') => ({
  host: lab.redshift.host,
  port: lab.redshift.port,
  database,
  ...login,
  ssl: { ca: lab.redshift.caPem },
})

async function connected(login: Login, database?: string): Promise<pg.Client> {
  const client = new pg.Client(clientOptions(login, database))
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function rowsOf(login: Login, sql: string, database?: string): Promise<readonly unknown[]> {
  const client = await connected(login, database)
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const refusedWith = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof pg.DatabaseError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

describe('logging in at the Redshift stand-in', () => {
  test('a database user reads its rows with a temporary password', async () => {
    const rows = await rowsOf(await loginAs('alice'), 'SELECT current_user AS me, count(*)::int AS events FROM events')
    assert.deepEqual(rows, [{ me: 'alice', events: 3 }])
  })

  test('a role is made a user at its first login, with the rights of PUBLIC', async () => {
    const login = await loginAsRole()
    const logins = await Promise.all([1, 2, 3].map(() => rowsOf(login, 'SELECT current_user AS me, count(*)::int AS events FROM events')))
    assert.deepEqual(logins[2], [{ me: 'IAMR:my-iam-role', events: 3 }])
    await assert.rejects(rowsOf(login, 'SELECT * FROM sales'), refusedWith('42501', /permission denied for table sales/))
  })

  test('the other database has other rows', async () => {
    assert.equal((await rowsOf(await loginAs('bob', 'analytics'), 'SELECT * FROM page_views', 'analytics')).length, 3)
  })

  const refusals: readonly [string, () => Promise<unknown>, string, RegExp][] = [
    [
      'a wrong password',
      async () => rowsOf({ ...(await loginAs('alice')), password: 'guess' }, 'SELECT 1'),
      '28000',
      /^password authentication failed for user "IAM:alice"$/,
    ],
    [
      'the password of another user',
      async () => rowsOf({ ...(await loginAs('bob')), user: 'IAM:alice' }, 'SELECT 1'),
      '28000',
      /password authentication failed/,
    ],
    [
      'the password of another database',
      async () => rowsOf(await loginAs('alice', 'analytics'), 'SELECT 1'),
      '28000',
      /password authentication failed/,
    ],
    [
      'a name without its prefix',
      async () => rowsOf({ ...(await loginAs('alice')), user: 'alice' }, 'SELECT 1'),
      '28000',
      /password authentication failed for user "alice"/,
    ],
    ['the superuser', async () => rowsOf(await loginAs('lab_superuser'), 'SELECT 1'), '28000', /not permitted to log in/],
    ['a user the database does not have', async () => rowsOf(await loginAs('carol'), 'SELECT 1'), '28000', /^user "carol" does not exist$/],
    [
      'a database that does not exist',
      async () => rowsOf(await loginAs('alice', 'nowhere'), 'SELECT 1', 'nowhere'),
      '3D000',
      /database "nowhere" does not exist/,
    ],
  ]
  for (const [what, attempt, code, message] of refusals) {
    test(`refuses ${what}`, () => assert.rejects(attempt(), refusedWith(code, message)))
  }

  test('refuses a password after 15 minutes, but a session outlives it', async () => {
    const login = await loginAs('alice')
    const client = await connected(login)
    lab.control.moveClock(901_000)
    try {
      await assert.rejects(rowsOf(login, 'SELECT 1'), refusedWith('28000', /password authentication failed/))
      assert.equal((await client.query('SELECT 1')).rowCount, null, 'Redshift tells no count')
    } finally {
      lab.control.moveClock(-901_000)
      await client.end()
    }
  })

  test('refuses plain text', async () => {
    const client = new pg.Client({ ...clientOptions(await loginAs('alice')), ssl: false })
    await assert.rejects(
      client.connect(),
      refusedWith('28000', /^no pg_hba.conf entry for host "127.0.0.1", user "IAM:alice", database "dev", SSL off$/),
    )
  })

  test('the certificate is refused by a client that does not trust the lab', async () => {
    const client = new pg.Client({ ...clientOptions(await loginAs('alice')), ssl: true })
    await assert.rejects(client.connect(), /self-signed certificate|unable to verify|unable to get/)
  })

  test('the certificate also carries a name of the form Redshift endpoints have', async () => {
    const login = await loginAs('alice')
    const ssl = { ca: lab.redshift.caPem, servername: lab.redshift.serverName }
    const client = new pg.Client({ ...clientOptions(login), ssl })
    await client.connect()
    await client.end()
  })
})

describe('behaving as Redshift', () => {
  test('Ctrl-C reaches the query', async () => {
    const client = await connected(await loginAs('alice'))
    const sleeping = client.query('SELECT pg_sleep(30)')
    await until(async () => {
      const rows = await rowsOf(
        await loginAs('alice'),
        `SELECT pid FROM stv_recents WHERE status = 'Running' AND query LIKE 'SELECT pg_sleep%'`,
      )
      return rows.length === 1
    })
    const closed = exchange(cancelRequestFor(client))
    await assert.rejects(sleeping, refusedWith('57014', /canceling statement due to user request/))
    assert.equal((await closed).length, 0)
    await client.end()
  })

  test('stv_recents shows the running query of the same user only', async () => {
    const [alice, bob] = [await connected(await loginAs('alice')), await connected(await loginAs('bob'))]
    const sql = `SELECT pid, starttime, duration, trim(user_name) AS user, trim(query) AS query FROM stv_recents WHERE status = 'Running'`
    const { rows } = await alice.query<Record<string, unknown>>(sql)
    assert.deepEqual(
      rows.map(({ user, query }) => ({ user, query })),
      [{ user: 'alice', query: sql }],
    )
    await Promise.all([alice.end(), bob.end()])
  })

  test('version() is the one drivers know', async () => {
    assert.match(JSON.stringify(await rowsOf(await loginAs('alice'), 'SELECT version()')), /PostgreSQL 8\.0\.2 .* Redshift 1\.0\./)
  })

  test('a client that asks for no Redshift protocol gets plain row descriptions, and version 8.0.2', async () => {
    await using client = await startWireClient(lab.redshift, { ...(await loginAs('alice')), database: 'dev' })
    assert.equal(client.parameters.get('server_version'), '8.0.2')
    assert.equal(client.parameters.has('server_protocol_version'), false)
    assert.equal(client.parameters.has('in_hot_standby'), false)
    const messages = await client.query('SELECT id FROM events ORDER BY id')
    assert.deepEqual(
      messages.map(({ type }) => type),
      ['T', 'D', 'D', 'D', 'C', 'Z'],
    )
    assert.equal(messages[0]?.body.length, 2 + 3 + 18)
    assert.equal(messages[4]?.body.toString(), 'SELECT\0')
  })

  test('a client that asks for it gets the extended row description', async () => {
    const redshiftOnly = {
      client_protocol_version: '2',
      driver_version: 'x',
      os_version: 'y',
      plugin_name: 'z',
      idp_type: 'a',
      '_pq_.compression': 'lz4',
    }
    await using client = await startWireClient(lab.redshift, { ...(await loginAs('alice')), database: 'dev', ...redshiftOnly })
    assert.equal(client.parameters.get('server_protocol_version'), '1')
    const [description] = await client.query('SELECT id, 1 AS one FROM events')
    const expected = Buffer.concat([
      Buffer.from([0, 2]),
      Buffer.from('id\0'),
      description?.body.subarray(5, 23) ?? Buffer.alloc(0),
      Buffer.from('public\0events\0id\0dev\0'),
      Buffer.from([0x10, 0x11]),
      Buffer.from('one\0'),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]),
      Buffer.from('\0\0\0\0'),
      Buffer.from([0x10, 0x00]),
    ])
    assert.deepEqual(description?.body, expected)
    const login = lab.control.activity().findLast((record) => record.kind === 'database-login')
    assert.equal(login?.parameters['driver_version'], 'x')
  })

  test('counts are told for changes, and not for what reads', async () => {
    await using client = await startWireClient(lab.redshift, { ...(await loginAs('alice')), database: 'dev' })
    const tags: string[] = []
    for (const sql of ['CREATE TEMP TABLE t AS SELECT 1 AS x', 'INSERT INTO t VALUES (2), (3)', 'SELECT * FROM t', 'COPY t TO STDOUT']) {
      const messages = await client.query(sql)
      tags.push(messages.find(({ type }) => type === 'C')?.body.toString() ?? '')
    }
    assert.deepEqual(tags, ['SELECT\0', 'INSERT 0 2\0', 'SELECT\0', 'COPY\0'])
  })

  test('a big result arrives whole', async () => {
    const rows = await rowsOf(await loginAs('alice'), `SELECT repeat('x', 1000) AS filler, n FROM generate_series(1, 20000) AS n`)
    assert.equal(rows.length, 20_000)
  })

  const openings: readonly [string, Buffer, RegExp][] = [
    ['a GSS request is answered with N', bytesOf(8, 80_877_104), /^N$/],
    ['a second protocol version is refused', bytesOf(9, 3 * 65_536 + 2, 0), /^E.*FATAL.*C0A000.*unsupported frontend protocol 3\.2/s],
    ['bytes that come along with the SSL request end the connection', Buffer.concat([bytesOf(8, 80_877_103), Buffer.from('x')]), /^$/],
    ['an endless packet ends the connection', bytesOf(2 ** 31 - 1, 196_608), /^$/],
    ['a browser is hung up on', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /^$/],
  ]
  for (const [sentence, bytes, expected] of openings) {
    test(sentence, async () => assert.match((await exchange(bytes)).toString('latin1'), expected))
  }
})

test('by options, the stand-in asks for clear-text passwords and speaks a later protocol, to a world that was changed', async () => {
  await using other = await startLab({
    region: 'eu-west-1',
    accountId: '210987654321',
    clusterId: 'other',
    passwordMethod: 'cleartext',
    protocolVersionMax: 3,
    changeWorld: (world) => withAccount(world, '210987654321', (account) => ({ ...account, roles: [] })),
  })
  const { endpoint, region } = other.aws
  const configuration = { endpoint, region, credentials: other.aws.databaseService, maxAttempts: 1 }
  const assume = new AssumeRoleCommand({ RoleArn: other.aws.role.arn, RoleSessionName: 'alice' })
  await assert.rejects(new STSClient(configuration).send(assume), { name: 'AccessDenied' })
  const command = new GetClusterCredentialsCommand({ ClusterIdentifier: 'other', DbUser: 'alice' })
  const { DbUser: user = '', DbPassword: password = '' } = await new RedshiftClient(configuration).send(command)
  const startup = { user, password, database: 'dev', client_protocol_version: '3' }
  await using client = await startWireClient(other.redshift, startup)
  assert.equal(client.parameters.get('server_protocol_version'), '3')
  const [description] = await client.query('SELECT id FROM events')
  assert.deepEqual(description?.body.subarray(-2), Buffer.from([0x10, 0x13]))
  assert.match(other.redshift.serverName, /^other\.lab\.eu-west-1\.redshift\.amazonaws\.com$/)
})

describe('the way past the stand-in', () => {
  test('the superuser DSN reaches the PostgreSQL behind', async () => {
    const client = new pg.Client({ connectionString: lab.superuserDsn })
    await client.connect()
    const { rows } = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
    assert.deepEqual(rows, [{ rolsuper: true }])
    await client.end()
  })

  test('nobody else gets there over TCP', async () => {
    const client = new pg.Client({ connectionString: lab.superuserDsn.replace('lab_superuser', 'alice') })
    await assert.rejects(client.connect(), refusedWith('28000', /no pg_hba.conf entry/))
  })
})

function bytesOf(length: number, code: number, ...rest: readonly number[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(length, 0)
  head.writeUInt32BE(code, 4)
  return Buffer.concat([head, Buffer.from(rest)])
}

/** The key is no part of the client's types, but every client has it. */
function cancelRequestFor(client: object): Buffer {
  assert.ok('processID' in client && 'secretKey' in client)
  const packet = Buffer.alloc(16)
  packet.writeUInt32BE(16, 0)
  packet.writeUInt32BE(80_877_102, 4)
  packet.writeInt32BE(Number(client.processID), 8)
  packet.writeInt32BE(Number(client.secretKey), 12)
  return packet
}

/** Sends raw bytes to the stand-in and collects what it says until it hangs up; for the answer N, hangs up itself. */
function exchange(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket: Socket = connect(lab.redshift.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (chunk.equals(Buffer.from('N'))) socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) assert.ok(Date.now() < deadline, 'the condition never came true')
}
