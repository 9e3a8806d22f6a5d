/** What else the one port must not let in: used and invented tickets, bytes slipped in before TLS, false dial-backs, database users beyond a role. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import type { KeyPairPem } from '#foundation'
import { writeGssencRequest, writeSslRequest, writeStartupMessage } from '#postgres-protocol'
import { writeDialBackPreface } from '#tunnel'
import { nodeNetwork } from '#world'
import { issue, person, personForDatabase } from './doors/certificates.ts'
import { openCluster, type Cluster } from './doors/cluster.ts'
import { askForTicket, readPostgresAnswer, readUntil, relay, type Answer, type Startup } from './doors/knock.ts'

let cluster: Cluster
let login: KeyPairPem
let forDatabase: KeyPairPem
before(async () => {
  cluster = await openCluster()
  await cluster.admin.createUser({ name: 'alice', roles: ['access'], traits: { db_users: ['alice'], db_names: ['dev'] } })
  login = await issue({ issuer: cluster.userAuthority, identity: person() })
  forDatabase = await issue({ issuer: cluster.userAuthority, identity: personForDatabase() })
})
after(() => cluster[Symbol.asyncDispose]())

async function ticket(): Promise<string> {
  const answer = await askForTicket(cluster, { credential: login }, {})
  assert.ok(answer.kind === 'served', JSON.stringify(answer))
  const parsed: unknown = JSON.parse(answer.body)
  assert.ok(typeof parsed === 'object' && parsed !== null && 'serverName' in parsed)
  return String(parsed.serverName)
}

function useTicket(serverName: string, options: { readonly credential?: KeyPairPem; readonly startup?: Startup } = {}): Promise<Answer> {
  return relay(async () => serverName, options.startup)(cluster, { credential: options.credential ?? forDatabase })
}

describe('a ticket', () => {
  test('is good for one connection', async () => {
    const serverName = await ticket()
    assert.equal((await useTicket(serverName)).kind, 'served')
    assert.deepEqual(await useTicket(serverName), { kind: 'closed' })
  })

  test('is good for one of two that come at once', async () => {
    const serverName = await ticket()
    const answers = await Promise.all([useTicket(serverName), useTicket(serverName)])
    assert.deepEqual(answers.map(({ kind }) => kind).sort(), ['closed', 'served'])
  })

  test('is used up by whoever shows it, even by a stranger who gets nothing for it', async () => {
    const serverName = await ticket()
    const stranger = await issue({ issuer: cluster.hostAuthority, identity: personForDatabase() })
    assert.deepEqual(await useTicket(serverName, { credential: stranger }), { kind: 'closed' })
    assert.deepEqual(await useTicket(serverName), { kind: 'closed' })
  })

  for (const invented of [`${randomBytes(16).toString('hex')}.relay.portunus.internal`, 'relay.portunus.internal', 'localhost']) {
    test(`that nobody issued opens nothing: ${invented.replace(/^[0-9a-f]{32}/, '<32 digits>')}`, async () => {
      assert.deepEqual(await useTicket(invented), { kind: 'closed' })
    })
  }

  const beyond: readonly (readonly [string, Startup])[] = [
    ['another database user', { user: 'root', database: 'dev' }],
    ['another database name', { user: 'alice', database: 'analytics' }],
  ]
  for (const [what, startup] of beyond) {
    test(`does not decide: the agent refuses ${what} than the ticket was asked for`, async () => {
      const answer = await useTicket(await ticket(), { startup })
      assert.ok(answer.kind === 'refused', JSON.stringify(answer))
      assert.equal(answer.code, '28000')
    })
  }

  test('is not given for what the role does not allow', async () => {
    const answer = await askForTicket(cluster, { credential: login }, { databaseUser: 'root' })
    assert.ok(answer.kind === 'refused', JSON.stringify(answer))
    assert.equal(answer.code, 'DATABASE_ACCESS_DENIED')
    assert.match(answer.message, /"root"/)
  })
})

/** Sends bytes as they are and gives back what comes until the connection ends. */
async function say(bytes: Uint8Array): Promise<string> {
  const { stream } = await nodeNetwork.dial(cluster.proxy)
  stream.write(bytes)
  const answer = await readUntil(stream, () => false)
  stream.destroy()
  return answer.toString('latin1')
}

describe('before TLS', () => {
  const startup = writeStartupMessage({ major: 3, minor: 0, parameters: new Map([['user', 'alice']]) })
  const injected: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['a startup packet', [writeSslRequest(), startup]],
    ['one byte', [writeSslRequest(), Buffer.of(0x16)]],
    ['another SSLRequest', [writeSslRequest(), writeSslRequest()]],
  ]
  for (const [what, parts] of injected) {
    test(`${what} sent together with SSLRequest ends the connection without a byte`, async () => {
      assert.equal(await say(Buffer.concat(parts)), '')
    })
  }

  test('a startup packet sent together with GSSENCRequest ends the connection without a byte', async () => {
    assert.equal(await say(Buffer.concat([writeGssencRequest(), startup])), '')
  })

  test('a plain startup packet is refused in words', async () => {
    const answer = readPostgresAnswer(Buffer.from(await say(startup), 'latin1'))
    assert.deepEqual(answer, {
      kind: 'refused',
      code: '28000',
      message: 'Cannot connect without TLS: this port accepts encrypted connections only',
    })
  })

  test('a browser that forgot the s of https is told so', async () => {
    assert.match(await say(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')), /^HTTP\/1\.1 400 [^]*https:\/\//)
  })

  for (const [what, bytes] of [
    ['noise', Buffer.from('\u{1}noise and nothing else')],
    ['a startup packet of an impossible version', writeStartupMessage({ major: 9, minor: 9, parameters: new Map() })],
    ['TLS that is none', Buffer.from([0x16, 3, 1, 0, 5, 9, 9, 9, 9, 9])],
  ] as const) {
    test(`${what} is closed without a byte`, async () => {
      assert.equal(await say(bytes), '')
    })
  }
})

describe('a dial-back from a stranger is closed', () => {
  const prefaces: readonly (readonly [string, () => Uint8Array])[] = [
    ['with an invented key', () => writeDialBackPreface(randomBytes(16), randomBytes(32))],
    ['of a version nobody speaks', () => Buffer.concat([Buffer.from('PTDB\u{2}'), randomBytes(48)])],
    ['with bytes for a client behind it', () => Buffer.concat([writeDialBackPreface(randomBytes(16), randomBytes(32)), Buffer.alloc(100)])],
  ]
  for (const [what, make] of prefaces) {
    test(what, async () => {
      assert.equal(await say(make()), '')
    })
  }
})

interface Connecting {
  readonly user: string
  readonly database?: string
  readonly credential?: KeyPairPem
}

async function query({ user, database = 'dev', credential = forDatabase }: Connecting): Promise<unknown> {
  const ssl = { ca: cluster.hostAuthority.certificatePem, cert: credential.certificatePem, key: credential.privateKeyPem }
  const client = new pg.Client({ host: 'localhost', port: cluster.proxy.port, user, database, ssl })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query('select current_user as name')).rows[0]
  } finally {
    await client.end()
  }
}

describe('a PostgreSQL driver with certificate files', () => {
  test('queries as the database user the role allows', async () => {
    assert.deepEqual(await query({ user: 'alice' }), { name: 'alice' })
  })

  const refused: readonly (readonly [string, () => Promise<Connecting>, RegExp])[] = [
    ['a database user the role does not allow', async () => ({ user: 'root' }), /no role lets you use the database user "root"/],
    ['a database name the role does not allow', async () => ({ user: 'alice', database: 'analytics' }), /database name "analytics"/],
    [
      'a login whose roles say nothing',
      async () => ({
        user: 'alice',
        credential: await issue({ issuer: cluster.userAuthority, identity: personForDatabase({ roles: [] }) }),
      }),
      /role/,
    ],
  ]
  for (const [what, connecting, words] of refused) {
    test(`is refused with SQLSTATE 28000 for ${what}`, async () => {
      await assert.rejects(query(await connecting()), (error: unknown) => {
        assert.ok(error instanceof pg.DatabaseError)
        assert.equal(error.code, '28000')
        assert.match(error.message, words)
        assert.ok(error.hint)
        return true
      })
    })
  }
})

test('connections that were refused leave nothing open', async () => {
  const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const before = openSockets()
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      await say(writeStartupMessage({ major: 3, minor: 0, parameters: new Map([['user', 'alice']]) }))
      await say(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))
      await useTicket('localhost')
      await assert.rejects(query({ user: 'root' }))
    }),
  )
  for (let attempt = 0; openSockets() > before && attempt < 100; attempt++) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(openSockets() <= before, `${openSockets()} sockets are open, ${before} were before`)
})
