/** The facts told of a single statement: bytes, durations, names, limits, order of events. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { client, fromClient, fromServer, play, recordingAssembler, server, summary } from './messages.fixture.ts'

const { query, parse, bind, execute, close, sync, copyData, copyDone } = client
const { parsed, bound, row, complete, suspended, error, ready } = server
const idle = ready('idle')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

test('a statement has begun before the call returns that brings its last byte', () => {
  const { assembler, begun } = recordingAssembler()
  const bytes = query('select 1')
  assembler.frontend(bytes.subarray(0, bytes.length - 1))
  assert.equal(begun().length, 0)
  assembler.frontend(bytes.subarray(bytes.length - 1))
  assert.deepEqual(begun(), [{ index: 0, kind: 'simple', sql: 'select 1', sqlLengthBytes: 8, parameters: undefined }])
})

test('a simple query counts its own bytes and those of all its answers', () => {
  const answers = [row('1'), complete('SELECT 1'), idle]
  const { finished } = play([fromClient(query('select 1')), fromServer(...answers)])
  assert.deepEqual(finished(), [
    {
      index: 0,
      outcome: 'ok',
      rows: 1,
      commands: 1,
      commandTag: 'SELECT 1',
      clientBytes: query('select 1').length,
      serverBytes: answers.reduce((total, { length }) => total + length, 0),
      durationMilliseconds: 1,
    },
  ])
})

test('an extended statement counts Parse, Bind and Execute, and names what it ran', () => {
  const sent = [parse('s', 'select'), bind('p', 's'), execute('p')]
  const { begun, finished } = play([fromClient(...sent, sync()), fromServer(parsed(), bound(), complete('SELECT 0'), idle)])
  assert.deepEqual(begun(), [
    { index: 0, kind: 'extended', sql: 'select', sqlLengthBytes: 6, parameters: [], statementName: 's', portalName: 'p' },
  ])
  assert.equal(
    finished()[0]?.clientBytes,
    sent.reduce((total, { length }) => total + length, 0),
  )
  assert.equal(finished()[0]?.serverBytes, 5 + 5 + complete('SELECT 0').length)
})

test('COPY data belongs to the statement that asked for it', () => {
  const data = [copyData('1\n'), copyData('22\n'), copyDone()]
  const { finished } = play([fromClient(query('copy'), ...data), fromServer(server.copyIn(), complete('COPY 2'), idle)])
  assert.equal(finished()[0]?.clientBytes, query('copy').length + 7 + 8 + 5)
})

test('a query of several commands says how many were completed', () => {
  const { finished } = play([fromClient(query('a;b;c')), fromServer(complete('A'), complete('B'), error('22012', 'division'), idle)])
  assert.equal(finished().length, 1)
  const { outcome, commands, commandTag, sqlState, message } = { ...finished()[0] }
  assert.deepEqual(
    { outcome, commands, commandTag, sqlState, message },
    { outcome: 'error', commands: 2, commandTag: 'B', sqlState: '22012', message: 'division' },
  )
})

test('a long text is cut, counted and hashed, in one piece or in many', () => {
  const sql = `select '${'é'.repeat(5000)}'`
  const expected = { sqlLengthBytes: 10_009, sqlSha256: sha256(sql) }
  for (const step of [1, 7, 1000, 100_000]) {
    const { assembler, begun } = recordingAssembler({ sqlBytesMax: 101 })
    const bytes = query(sql)
    for (let offset = 0; offset < bytes.length; offset += step) assembler.frontend(bytes.subarray(offset, offset + step))
    const { sqlLengthBytes, sqlSha256 } = begun()[0] ?? {}
    assert.deepEqual({ sqlLengthBytes, sqlSha256 }, expected)
    // The character that the limit falls into is left out whole.
    assert.equal(begun()[0]?.sql, `select '${'é'.repeat(46)}`)
  }
})

test('a query of 100 MB is never held', () => {
  const { assembler, begun } = recordingAssembler({
    sqlBytesMax: 65_536,
    createHash: () => ({ update: () => {}, digestHex: () => 'hash' }),
  })
  const size = 100 * 1024 ** 2
  const header = new Uint8Array(5)
  header[0] = 0x51
  new DataView(header.buffer).setUint32(1, size + 5)
  assembler.frontend(header)
  const chunk = new Uint8Array(65_536).fill(0x20)
  const before = process.memoryUsage().arrayBuffers
  for (let sent = 0; sent < size; sent += chunk.length) assembler.frontend(chunk)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 ** 2)
  assembler.frontend(new Uint8Array(1))
  assert.deepEqual([begun()[0]?.sqlLengthBytes, begun()[0]?.sql.length], [size, 65_536])
})

test('values beyond the limit are left out, and that is said', () => {
  const values = ['short', 'x'.repeat(2000), 'after']
  const { begun } = play([fromClient(parse('', 'q'), bind('', '', values), execute(''), sync())])
  assert.deepEqual([begun()[0]?.parameters, begun()[0]?.parametersCut], [['short'], true])
})

test('values that do not fit their format codes are not guessed at', () => {
  const { begun } = play([fromClient(parse('', 'q'), bind('', '', ['a', 'b', 'c'], [0, 1]), execute(''), sync())])
  assert.equal(begun()[0]?.parameters, undefined)
})

test('texts that are not UTF-8 lose no byte', () => {
  const { assembler, begun } = recordingAssembler()
  assembler.frontend(new Uint8Array([0x51, 0, 0, 0, 8, 0x27, 0xe9, 0x27, 0]))
  assert.deepEqual([begun()[0]?.sql, begun()[0]?.sqlLengthBytes], ["'é'", 3])
})

test('names that the server cuts to the same bytes are the same name', () => {
  const base = 'n'.repeat(63)
  const { begun } = play([
    fromClient(parse(`${base}1`, 'hidden'), sync()),
    fromServer(parsed(), idle),
    fromClient(bind('', `${base}2`), execute(''), sync()),
  ])
  assert.equal(begun()[0]?.sql, 'hidden')
})

test('a refused Parse does not hide the text its name already has', () => {
  const { begun } = play([
    fromClient(parse('s', 'drop table t'), sync()),
    fromServer(parsed(), idle),
    fromClient(parse('s', 'select 1'), sync()),
    fromServer(error('42P05', 'prepared statement "s" already exists'), idle),
    fromClient(bind('', 's'), execute(''), sync()),
  ])
  assert.equal(begun()[0]?.sql, 'drop table t')
})

test('while the server has not said which text a name has, both are told', () => {
  const { begun } = play([
    fromClient(parse('s', 'drop table t'), sync()),
    fromServer(parsed(), idle),
    fromClient(parse('s', 'select 1'), sync(), bind('', 's'), execute(''), sync()),
  ])
  assert.match(begun()[0]?.sql ?? '', /drop table t[^]*select 1/)
})

test('within one group a new text under an old name is the one that runs', () => {
  const { begun } = play([
    fromClient(parse('s', 'old'), sync()),
    fromServer(parsed(), idle),
    fromClient(close('S', 's'), parse('s', 'new'), bind('', 's'), execute(''), sync()),
  ])
  assert.equal(begun()[0]?.sql, 'new')
})

test('a skipped Close leaves the statement known', () => {
  const { begun } = play([
    fromClient(parse('s', 'kept'), sync()),
    fromServer(parsed(), idle),
    fromClient(parse('', 'fails'), close('S', 's'), sync()),
    fromServer(error('42601', 'fails'), idle),
    fromClient(bind('', 's'), execute(''), sync()),
  ])
  assert.equal(begun()[0]?.sql, 'kept')
})

test('of many prepared statements those longest unused are forgotten, and that is said', () => {
  const recording = recordingAssembler({ preparedBytesMax: 20_000 })
  const { assembler, begun } = recording
  for (let count = 0; count < 100; count++) {
    assembler.frontend(parse(`s${count}`, `select ${count} ${' '.repeat(400)}`))
    assembler.frontend(bind('', 's0'))
  }
  assert.ok(assembler.heldBytes <= 20_000)
  for (const name of ['s0', 's1', 's99']) {
    assembler.frontend(bind('', name))
    assembler.frontend(execute(''))
  }
  assert.deepEqual(
    begun().map(({ sql, sqlMissing }) => [sql.trim(), sqlMissing]),
    [
      ['select 0', undefined],
      ['', true],
      ['select 99', undefined],
    ],
  )
})

test('statements sent before the server is ready are answered after that', () => {
  const recording = recordingAssembler()
  recording.assembler.frontend(query('early'))
  for (const message of [server.notice('hello'), idle, complete('EARLY 1'), idle]) recording.assembler.backend(message)
  assert.deepEqual(summary(recording), ['early: ok 1 EARLY 1'])
})

test('the duration of fetched pages ends with the last of them', () => {
  let now = 0
  const recording = play([], { now: () => now })
  const { assembler, finished } = recording
  for (const message of [parse('', 'a'), bind('c', ''), execute('c', 1), sync()]) assembler.frontend(message)
  now = 20
  for (const message of [parsed(), bound(), row('1'), suspended(), ready('in-transaction')]) assembler.backend(message)
  now = 5000
  assembler.end()
  assert.deepEqual([finished()[0]?.outcome, finished()[0]?.durationMilliseconds], ['suspended', 20])
})
