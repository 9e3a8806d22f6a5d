/** Whole sessions over real TLS at both ends: what is recorded before what, and how every refusal reaches the client. */
import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { PortunusError } from '#foundation'
import {
  readBackendKeyData,
  readErrorFields,
  writeAuthenticationOk,
  writeBackendKeyData,
  writeErrorResponse,
  writeReadyForQuery,
  type StartupPacket,
} from '#postgres-protocol'
import { memoryPair, nodeClock } from '#world'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openTestServer, type TestServerOptions } from './testing/postgres-server.ts'
import { openRunningAgent, type Client } from './testing/running-agent.ts'
import { settled } from './testing/stream-pair.ts'

const patience = (): AbortSignal => AbortSignal.timeout(8_000)
const realKey = Buffer.from([9, 8, 7, 6])

function message(letter: string, body: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

/** Lets everybody in, answers every query with one tag, and takes cancels. */
function converse(stream: Duplex, packet: StartupPacket): void {
  if (packet.kind === 'cancel-request') return void stream.end()
  stream.write(
    Buffer.concat([writeAuthenticationOk(), writeBackendKeyData({ processId: 77, secretKey: realKey }), writeReadyForQuery('idle')]),
  )
  stream.on('data', (chunk: Buffer) => {
    if (chunk[0] === 0x51) stream.write(Buffer.concat([message('C', 'SELECT 1\0'), writeReadyForQuery('idle')]))
    else stream.end()
  })
  stream.on('end', () => stream.end())
}

/** Reads messages until one has the letter; its body. */
async function read(client: Client, letter: string): Promise<Buffer> {
  for (;;) {
    const { type, body } = await client.reader.nextMessage(patience())
    if (String.fromCharCode(type) === letter) return Buffer.from(body)
  }
}

async function refusal(client: Client) {
  return readErrorFields(await read(client, 'E'))
}

async function leave(client: Client): Promise<void> {
  client.stream.end(message('X', ''))
  client.stream.resume()
  await new Promise((resolve) => client.stream.once('close', resolve))
}

test('a session: its start is on disk before anything is asked for it, its statement before it is sent, and then its end', async () => {
  await using server = await openTestServer({ converse })
  await using running = await openRunningAgent(server)
  const client = await running.connect()
  await read(client, 'Z')
  client.stream.write(message('Q', 'select 1\0'))
  assert.equal((await read(client, 'C')).toString(), 'SELECT 1\0')
  await leave(client)
  while (running.agent.sessions > 0) await settled()
  const { order, events } = running.journal
  assert.deepEqual(order.slice(0, 3), ['append db.session.start', 'flush', 'login issued'])
  assert.deepEqual(
    order.filter((line) => line !== 'flush' && line !== 'login issued'),
    ['append db.session.start', 'begin db.session.query', 'finish db.session.query', 'append db.session.end'],
  )
  assert.equal(order[order.indexOf('begin db.session.query') + 1], 'flush')
  assert.equal(order.at(-1), 'flush')
  const [start, query, end] = events
  assert.deepEqual([start?.['success'], start?.['user'], start?.['db_user'], start?.['db_name']], [true, 'alice', 'alice', 'dev'])
  assert.deepEqual([query?.['db_query'], query?.['outcome'], query?.['db_actual_user']], ['select 1', 'ok', 'IAM:alice'])
  assert.deepEqual([end?.['ended_by'], end?.['statements'], end?.['sid']], ['client', 1, start?.['sid']])
})

test('what a client asks of the database while connecting is recorded, bounded and without secrets', async () => {
  await using server = await openTestServer({ converse })
  await using running = await openRunningAgent(server)
  const options = `-c password='hunter2' ${'x'.repeat(2000)}`
  const startup = { user: 'alice', database: 'dev', application_name: 'psql', role: 'admin', session_authorization: 'root', options }
  const client = await running.connect(startup)
  await read(client, 'Z')
  await leave(client)
  const [start] = running.journal.events
  const recorded = start?.['startup_parameters'] as Readonly<Record<string, string>>
  assert.deepEqual(Object.keys(recorded), ['role', 'session_authorization', 'options'])
  assert.deepEqual([recorded['role'], recorded['session_authorization']], ['admin', 'root'])
  assert.match(recorded['options'] ?? '', /^-c password='<redacted>' x+$/)
  assert.equal(recorded['options']?.length, 1024)
})

describe('a session is refused in words, and nothing is asked of AWS', () => {
  test('that is meant for replication', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    for (const name of ['replication', 'Replication']) {
      const { sqlState } = await refusal(await running.connect({ user: 'alice', database: 'dev', [name]: 'database' }))
      assert.equal(sqlState, '0A000')
    }
    assert.equal(running.logins.issued, 0)
    assert.deepEqual(
      running.journal.events.map(({ code, error_code }) => [code, error_code]),
      Array.from({ length: 2 }, () => ['TDB00W', 'REPLICATION_REFUSED']),
    )
  })

  test('to whom no role allows it', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    for (const startup of [{ user: 'root', database: 'dev' }, { user: 'alice', database: 'secrets' }, { user: 'alice' }]) {
      const { sqlState, severity, hint } = await refusal(await running.connect(startup))
      assert.deepEqual([sqlState, severity], ['28000', 'FATAL'])
      assert.ok(hint)
    }
    assert.equal(running.logins.issued, 0)
    assert.deepEqual(
      running.journal.events.map(({ code, success }) => [code, success]),
      Array.from({ length: 3 }, () => ['TDB00W', false]),
    )
  })

  test('while its start cannot be recorded', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    running.journal.failing = new PortunusError('AUDIT_WRITE_FAILED', 'Cannot write the audit journal: its disk is full', {
      sqlState: '53100',
    })
    const { sqlState, message: words } = await refusal(await running.connect())
    assert.deepEqual([sqlState, words], ['53100', 'Cannot write the audit journal: its disk is full'])
    assert.equal(running.logins.issued, 0)
    running.journal.failing = undefined
    const client = await running.connect()
    await read(client, 'Z')
    await leave(client)
  })

  test('while its roles are not known', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    running.authority.mood = 'refuses'
    assert.equal((await refusal(await running.connect())).sqlState, '57P03')
    assert.equal(running.logins.issued, 0)
    running.authority.mood = 'answers'
  })

  test('whose startup packet is none', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    assert.equal((await refusal(await running.connect({ database: 'dev' }))).sqlState, '28000')
    assert.equal(running.logins.issued, 0)
  })
})

describe('a login that fails is told to the client and recorded', () => {
  test('for AWS', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    running.logins.issue = () =>
      Promise.reject(
        new PortunusError('AWS_ASSUME_ROLE_DENIED', 'Cannot assume the role', {
          category: 'access-denied',
          sqlState: '42501',
          hint: 'add the trust',
        }),
      )
    const { sqlState, message: words, hint } = await refusal(await running.connect())
    assert.deepEqual([sqlState, words, hint], ['42501', 'Cannot assume the role', 'add the trust'])
    assert.deepEqual(
      running.journal.events.map(({ code }) => code),
      ['TDB00I', 'TDB12W'],
    )
  })

  const answers: readonly (readonly [string, TestServerOptions, string])[] = [
    ['with the SQLSTATE of the server', { converse: (stream) => void stream.end(fatal('53300', 'too many connections')) }, '53300'],
    ['for a server without TLS', { sslAnswer: Buffer.from('N') }, '08001'],
    ['for a server that hangs up', { converse: (stream) => void stream.end() }, '08006'],
  ]
  for (const [why, options, expected] of answers) {
    test(why, async () => {
      await using server = await openTestServer(options)
      await using running = await openRunningAgent(server)
      assert.equal((await refusal(await running.connect())).sqlState, expected)
      const failed = running.journal.events.find(({ code }) => code === 'TDB12W')
      assert.equal(failed?.['sql_state'], expected)
    })
  }

  test('and is given up when the client leaves', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    const asked = Promise.withResolvers<AbortSignal>()
    running.logins.issue = (_plan, { signal }) => {
      asked.resolve(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    }
    const client = await running.connect()
    const signal = await asked.promise
    client.stream.destroy()
    while (running.agent.sessions > 0) await settled()
    assert.equal(signal.aborted, true)
    assert.deepEqual(running.journal.events.map(({ error_code: code }) => code).filter(Boolean), ['CLIENT_LEFT'])
  })

  test('and is given up when the client has left even before it began', async () => {
    await using server = await openTestServer({ converse })
    await using running = await openRunningAgent(server)
    running.authority.mood = 'keeps silent'
    const client = await running.connect()
    while (!running.authority.asked.includes('roles access')) await settled()
    client.stream.destroy()
    await settled()
    running.authority.mood = 'answers'
    running.authority.answerLate()
    while (running.agent.sessions > 0) await settled()
    assert.deepEqual(running.journal.events.map(({ error_code: code }) => code).filter(Boolean), ['CLIENT_LEFT'])
  })
})

function fatal(sqlState: string, words: string): Uint8Array {
  return writeErrorResponse({ severity: 'FATAL', sqlState, message: words })
}

test('a cancel is passed on with the real key, for the minted one only and while the session lives', async () => {
  await using server = await openTestServer({ converse })
  await using running = await openRunningAgent(server)
  const client = await running.connect()
  const minted = readBackendKeyData(await read(client, 'K'))
  assert.ok(minted)
  await read(client, 'Z')
  assert.notDeepEqual(Buffer.from(minted.secretKey), realKey)
  const cancel = (secretKey: Uint8Array, processId = 77) =>
    running.agent.cancel({ processId, secretKeyHex: Buffer.from(secretKey).toString('hex'), clientAddress: '10.0.0.2:1' })
  assert.equal(await cancel(realKey), false)
  assert.equal(await cancel(minted.secretKey, 78), false)
  assert.equal(await cancel(minted.secretKey), true)
  const [, cancelled] = server.packets
  assert.ok(cancelled?.kind === 'cancel-request')
  assert.deepEqual([cancelled.processId, Buffer.from(cancelled.secretKey)], [77, realKey])
  assert.ok(running.journal.events.some(({ event, client_address: from }) => event === 'db.session.cancel' && from === '10.0.0.2:1'))
  await leave(client)
  while (running.agent.sessions > 0) await settled()
  assert.equal(await cancel(minted.secretKey), false)
})

test('an agent that stops ends its sessions, records their ends and takes its word back', async () => {
  await using server = await openTestServer({ converse })
  const running = await openRunningAgent(server)
  const client = await running.connect()
  await read(client, 'Z')
  const stopping = running[Symbol.asyncDispose]()
  assert.equal((await refusal(client)).sqlState, '57P01')
  client.stream.end()
  await stopping
  assert.equal(running.agent.sessions, 0)
  assert.equal(running.journal.events.at(-1)?.event, 'db.session.end')
  assert.ok(running.authority.asked.includes('withdraw my-redshift'))
})

test('a connection that was dialled ahead waits ten minutes for its client, and leaves with it', async () => {
  await using server = await openTestServer({ converse })
  const clock = new SteppedClock(nodeClock.now())
  await using running = await openRunningAgent(server, { clock })
  const [early] = memoryPair('proxy')
  const [left, leftFar] = memoryPair('proxy')
  await settled()
  const before = clock.waiting()
  running.agent.accept(early)
  running.agent.accept(left)
  assert.equal(clock.waiting(), before + 2)
  leftFar.stream.destroy()
  await settled()
  assert.equal(clock.waiting(), before + 1)
  clock.step(10 * 60_000)
  await settled()
  assert.equal(early.stream.destroyed, true)
  assert.equal(running.agent.sessions, 0)
})
