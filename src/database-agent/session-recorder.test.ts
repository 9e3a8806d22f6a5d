/** The recorder on its own: what cannot be read must not go on, and a record says no more than what happened. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { AuditEvent } from '#audit-events'
import { writeReadyForQuery } from '#postgres-protocol'
import { nodeClock, nodeRandomness } from '#world'
import { openAuditTurn } from './audit-turn.ts'
import { openSessionRecorder } from './session-recorder.ts'
import { factsOf } from './testing/session-facts.ts'

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
    facts: factsOf(),
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
  head.writeUInt32BE(Buffer.byteLength(body) + 4, 1)
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

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A statement put together again from its event and its parts. */
function reassembled(events: readonly AuditEvent[], query: AuditEvent): string {
  const [uid = query.uid] = (query['db_query_parts_of'] ?? []) as readonly string[]
  const parts = events.filter((event) => event['statement_uid'] === uid)
  assert.deepEqual(
    parts.map(({ part, parts: total }) => [part, total]),
    parts.map((_, index) => [index + 1, parts.length]),
  )
  return [query, ...parts].map((event) => event['db_query']).join('')
}

function inChunks(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

const longSql = `insert into notes values ('${'gr\u00fc\u00dfe \ud83d\udc18 '.repeat(250_000)}')`

test('a statement of megabytes is recorded whole, before its last bytes go on', () => {
  const { recorder, finished } = rig()
  assert.ok(Buffer.byteLength(longSql) > 3_000_000)
  const chunks = inChunks(message('Q', `${longSql}\0`), 60_000)
  for (const chunk of chunks.slice(0, -1)) assert.equal(recorder.frontend(chunk), false)
  assert.deepEqual(finished, [])
  assert.equal(recorder.frontend(chunks.at(-1) ?? new Uint8Array(0)), true)
  assert.ok(finished.length > 15, 'the parts are in the journal')
  recorder.end()
  const query = finished.find(({ event }) => event === 'db.session.query')
  assert.ok(query)
  const text = reassembled(finished, query)
  assert.equal(text, longSql)
  assert.equal(sha256(text), query['db_query_sha256'])
  assert.equal(query['db_query_bytes'], Buffer.byteLength(longSql))
})

test('a prepared text of megabytes is recorded once, however often it runs', () => {
  const { recorder, finished } = rig()
  const bind = message('B', '\0s\0\0\0\0\0\0\0')
  const execute = message('E', '\0\0\0\0\0')
  const sync = message('S', '')
  assert.equal(recorder.frontend(message('P', `s\0${longSql}\0\0\0`)), true)
  const partsAtFirst = finished.length
  recorder.frontend(Buffer.concat([bind, execute, sync, bind, execute, sync]))
  recorder.end()
  const queries = finished.filter(({ event }) => event === 'db.session.query')
  assert.deepEqual(
    queries.map((query) => sha256(reassembled(finished, query)) === query['db_query_sha256']),
    [true, true],
  )
  assert.equal(finished.length, partsAtFirst + 2)
  assert.equal(queries[0]?.['db_query_parts_of'], undefined)
  assert.deepEqual(queries[1]?.['db_query_parts_of'], [queries[0]?.uid])
})

test('a secret is blanked wherever a long statement is cut', () => {
  const { recorder, finished } = rig()
  for (const before of [65_496, 65_510, 65_520, 65_530, 131_050, 262_100]) {
    recorder.frontend(message('Q', `/*${'x'.repeat(before)}*/ create user u password 'hunter2' --${'y'.repeat(270_000)}\0`))
  }
  recorder.end()
  const all = finished.map((event) => event['db_query']).join('')
  assert.ok(!/hunter|unter2/.test(all))
  assert.equal(all.match(/<redacted>/g)?.length, 6)
})

test('a statement too long to be recorded is refused at its first bytes, and that is recorded', () => {
  const { recorder, finished, endOfTurn } = rig()
  const head = Buffer.alloc(5)
  head.write('Q')
  head.writeUInt32BE(17 * 1024 * 1024, 1)
  const tooLong = { code: 'STATEMENT_TOO_LONG', sqlState: '54000' }
  assert.throws(() => recorder.frontend(Buffer.concat([message('Q', 'select 1\0'), head, Buffer.from('drop')])), tooLong)
  assert.throws(() => recorder.frontend(message('Q', 'select 2\0')), tooLong)
  recorder.refuse()
  endOfTurn()
  assert.deepEqual(
    finished.map((event) => [event['db_query'], event['outcome'], event['db_query_bytes']]),
    [
      ['', 'refused', 17 * 1024 * 1024 - 4],
      ['select 1', 'refused', 8],
    ],
  )
})
