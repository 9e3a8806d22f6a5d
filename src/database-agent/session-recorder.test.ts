/** The recorder on its own: what cannot be read must not go on, and a record says no more than what happened. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { AuditEvent } from '#audit-events'
import { writeReadyForQuery } from '#postgres-protocol'
import { nodeClock, nodeRandomness } from '#world'
import { openAuditTurn } from './audit-turn.ts'
import type { SessionFacts } from './session-facts.ts'
import { openSessionRecorder } from './session-recorder.ts'

function facts(): SessionFacts {
  return {
    sessionId: 'sid',
    identity: {
      kind: 'user',
      user: 'alice',
      roles: [],
      traits: {},
      cluster: 'test',
      usage: 'db',
      certificateId: '00000000-0000-4000-8000-000000000001',
    },
    database: {
      kind: 'db',
      version: 'v3',
      metadata: { name: 'my-redshift', labels: {} },
      spec: { protocol: 'postgres', uri: 'localhost:5439', tls: { mode: 'verify-full' }, aws: { redshift: {} } },
    },
    databaseType: 'redshift',
    databaseUser: 'alice',
    databaseName: 'dev',
    applicationName: undefined,
    clientAddress: '127.0.0.1:1',
    agentHostId: 'host',
    startedAt: new Date(0),
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

function rig() {
  const finished: AuditEvent[] = []
  const turns: (() => void)[] = []
  const journal = {
    append: (event: AuditEvent) => void finished.push(event),
    beginStatement() {},
    finishStatement: (event: AuditEvent) => void finished.push(event),
    flushSync() {},
  }
  const recorder = openSessionRecorder({
    facts: facts(),
    upstream: { user: 'IAM:alice', processId: 7 },
    turn: openAuditTurn(journal, (run) => void turns.push(run)),
    agent: {
      identity: { kind: 'host', hostId: 'host', hostname: 'agent', cluster: 'test', roles: ['Db'], certificateId: 'id' },
      journal,
      clock: nodeClock,
      randomness: nodeRandomness,
      createHash() {
        const hash = createHash('sha256')
        return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
      },
      log: silent,
    },
  })
  recorder.backend(writeReadyForQuery('idle'))
  const endOfTurn = (): void => {
    for (const run of turns.splice(0)) run()
  }
  return { recorder, finished, endOfTurn }
}

function message(letter: string, body: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

// Each of them a PostgreSQL server takes without ending the session, so that what follows would run unseen.
for (const [what, bytes] of [
  ['CopyDone with a body, outside of COPY', message('c', 'x')],
  ['Flush with a body', message('H', 'x')],
  ['Sync with a body', message('S', 'x')],
] as const) {
  test(`a client cannot blind the audit and stay: ${what}`, () => {
    const { recorder, finished } = rig()
    const unreadable = { code: 'CLIENT_MESSAGE_UNREADABLE', sqlState: '08P01' }
    assert.throws(() => recorder.frontend(Buffer.concat([bytes, message('Q', 'drop table events\0')])), unreadable)
    assert.deepEqual(
      finished.map((event) => event.code),
      ['TDB06I'],
    )
    assert.throws(() => recorder.frontend(message('Q', 'select 1\0')), unreadable)
  })
}

test('a refused session tells the statements that were sent from those that were not', () => {
  const { recorder, finished, endOfTurn } = rig()
  assert.ok(recorder.frontend(message('Q', 'drop table events\0')))
  endOfTurn()
  assert.throws(() => recorder.frontend(Buffer.concat([message('Q', 'select 2\0'), message('c', 'x')])))
  recorder.refuse()
  assert.deepEqual(
    finished.filter(({ event }) => event === 'db.session.query').map((event) => [event['db_query'], event['outcome']]),
    [
      ['drop table events', 'unknown'],
      ['select 2', 'refused'],
    ],
  )
})
