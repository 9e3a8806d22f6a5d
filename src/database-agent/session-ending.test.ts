/** Whole sessions that are ended from outside: while they begin, while they run, and when the agent stops. */
import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { readErrorFields, writeAuthenticationOk, writeReadyForQuery, type StartupPacket } from '#postgres-protocol'
import { openTestServer } from './testing/postgres-server.ts'
import { lockOn, toldRevocations } from './testing/revocations.ts'
import { openRunningAgent, type Client } from './testing/running-agent.ts'
import { settled } from './testing/stream-pair.ts'

/** Lets in, and answers nothing. */
function letIn(stream: Duplex, packet: StartupPacket): void {
  if (packet.kind === 'startup') stream.write(Buffer.concat([writeAuthenticationOk(), writeReadyForQuery('idle')]))
  stream.resume()
  stream.on('end', () => stream.end())
}

/** The last message, once the agent has closed. */
async function lastWords(client: Client) {
  for (;;) {
    const { type, body } = await client.reader.nextMessage(AbortSignal.timeout(8_000))
    if (String.fromCharCode(type) === 'E') return readErrorFields(body)
  }
}

test('a lock ends a session that is still waiting for its database', async () => {
  await using server = await openTestServer({ converse: (stream) => void stream.resume() })
  const revocations = toldRevocations()
  await using running = await openRunningAgent(server, { revocations })
  const client = await running.connect()
  while (server.packets.length === 0) await settled()
  revocations.tell({ locks: [lockOn({ user: 'alice' })] })
  const words = await lastWords(client)
  assert.deepEqual([words?.sqlState, words?.severity], ['57P01', 'FATAL'])
  assert.match(words?.message ?? '', /laptop stolen/)
  client.stream.end()
  while (running.agent.sessions > 0) await settled()
  const kinds = running.journal.events.map(({ event }) => event)
  assert.deepEqual(kinds, ['db.session.start', 'client.disconnect'])
})

test('a lock ends a live session, with the event of the disconnect before the end', async () => {
  await using server = await openTestServer({ converse: letIn })
  const revocations = toldRevocations()
  await using running = await openRunningAgent(server, { revocations })
  const client = await running.connect()
  while (String.fromCharCode((await client.reader.nextMessage(AbortSignal.timeout(8_000))).type) !== 'Z');
  revocations.tell({ locks: [lockOn({ db: 'my-redshift' })] })
  assert.equal((await lastWords(client))?.sqlState, '57P01')
  client.stream.end()
  while (running.agent.sessions > 0) await settled()
  const [, disconnect, end] = running.journal.events
  assert.deepEqual([disconnect?.code, end?.event, end?.['ended_by']], ['T3006I', 'db.session.end', 'agent'])
  assert.match(String(disconnect?.['reason']), /lock targeting database "my-redshift" is in force: laptop stolen/)

  const refused = await running.connect()
  assert.equal((await lastWords(refused))?.sqlState, '28000')
  refused.stream.end()
  revocations.tell({ locks: [] })
  const again = await running.connect()
  while (String.fromCharCode((await again.reader.nextMessage(AbortSignal.timeout(8_000))).type) !== 'Z');
  again.stream.end()
})
