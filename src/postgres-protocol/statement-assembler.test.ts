/** Conversations between a client and a server, and the statements the audit reads in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, fromClient, fromServer, play, server, summary, type Turn } from './messages.fixture.ts'

const { query, parse, bind, describe, execute, close, sync, flush, copyData, copyDone, copyFail, functionCall } = client
const { parsed, bound, closed, row, rowDescription, parameterDescription, noData, complete, empty, suspended, error, ready } = server
const idle = ready('idle')
const inTransaction = ready('in-transaction')

const conversations: readonly (readonly [sentence: string, turns: readonly Turn[], statements: readonly string[]])[] = [
  [
    'a simple query has its rows counted',
    [fromClient(query('select 1')), fromServer(rowDescription(), row('1'), row('2'), complete('SELECT 2'), idle)],
    ['select 1: ok 2 SELECT 2'],
  ],
  [
    'Redshift tells no count with SELECT',
    [fromClient(query('select 1')), fromServer(rowDescription(), row('1'), row('2'), complete('SELECT'), idle)],
    ['select 1: ok 2 SELECT'],
  ],
  [
    'a command without rows is counted by its tag',
    [fromClient(query('insert')), fromServer(complete('INSERT 0 7'), idle)],
    ['insert: ok 7 INSERT 0 7'],
  ],
  [
    'rows that an insert returns are not counted twice',
    [fromClient(query('insert returning')), fromServer(rowDescription(), row('1'), complete('INSERT 0 1'), idle)],
    ['insert returning: ok 1 INSERT 0 1'],
  ],
  [
    'several statements in one query are one statement',
    [
      fromClient(query('select 1; update t; select 2')),
      fromServer(
        rowDescription(),
        row('1'),
        complete('SELECT 1'),
        complete('UPDATE 5'),
        rowDescription(),
        row('2'),
        complete('SELECT 1'),
        idle,
      ),
    ],
    ['select 1; update t; select 2: ok 7 SELECT 1'],
  ],
  [
    'an error after the first of several statements is the outcome',
    [fromClient(query('select 1; select x')), fromServer(row('1'), complete('SELECT 1'), error('42703', 'no column x'), idle)],
    ['select 1; select x: error 1 SELECT 1'],
  ],
  ['an error is told', [fromClient(query('selec')), fromServer(error('42601', 'syntax error'), idle)], ['selec: error 0 42601']],
  ['an empty query is a statement', [fromClient(query('')), fromServer(empty(), idle)], [': ok 0 -']],
  [
    'queries sent before the first is answered are answered in order',
    [
      fromClient(query('a'), query('b'), query('c')),
      fromServer(complete('A 1'), idle, error('22012', 'b'), idle, row('1'), complete('C'), idle),
    ],
    ['a: ok 1 A 1', 'b: error 0 22012', 'c: ok 1 C'],
  ],
  [
    'a prepared statement is put together with its values',
    [
      fromClient(parse('s1', 'select $1, $2'), describe('S', 's1'), sync()),
      fromServer(parsed(), parameterDescription(), rowDescription(), idle),
      fromClient(bind('p1', 's1', ['x', null]), describe('P', 'p1'), execute('p1'), sync()),
      fromServer(bound(), rowDescription(), row('x'), complete('SELECT 1'), idle),
      fromClient(bind('', 's1', ['y', '']), execute(''), sync()),
      fromServer(bound(), row('x'), row('x'), complete('SELECT 2'), idle),
    ],
    ['select $1, $2 ["x",null]: ok 1 SELECT 1', 'select $1, $2 ["y",""]: ok 2 SELECT 2'],
  ],
  [
    'binary values are base64',
    [
      fromClient(parse('', 'q'), bind('', '', [new Uint8Array([0, 255]), 'text'], [1, 0]), execute(''), sync()),
      fromServer(parsed(), bound(), complete('SELECT 0'), idle),
    ],
    ['q [{"base64":"AP8="},"text"]: ok 0 SELECT 0'],
  ],
  [
    'an error skips what follows until Sync',
    [
      fromClient(
        parse('', 'a'),
        bind('', ''),
        execute(''),
        parse('', 'b'),
        bind('', ''),
        execute(''),
        parse('', 'c'),
        bind('', ''),
        execute(''),
        sync(),
      ),
      fromServer(parsed(), bound(), complete('A 1'), error('42P01', 'no b'), idle),
      fromClient(query('d')),
      fromServer(complete('D 1'), idle),
    ],
    ['a: ok 1 A 1', 'b: error 0 42P01', 'c: skipped 0 -', 'd: ok 1 D 1'],
  ],
  [
    'what a client sends after an error and before Sync is skipped',
    [
      fromClient(parse('', 'a'), bind('', ''), execute('')),
      fromServer(error('42601', 'a')),
      fromClient(parse('', 'b'), bind('', ''), execute(''), query('c'), sync(), query('d')),
      fromServer(idle, complete('D 1'), idle),
    ],
    ['a: error 0 42601', 'b: skipped 0 -', 'c: skipped 0 -', 'd: ok 1 D 1'],
  ],
  [
    'Sync groups sent ahead are answered one by one',
    [
      fromClient(parse('', 'a'), bind('', ''), execute(''), sync(), parse('', 'b'), bind('', ''), execute(''), sync()),
      fromServer(error('42601', 'a'), idle, parsed(), bound(), row('1'), complete('B'), idle),
    ],
    ['a: error 0 42601', 'b: ok 1 B'],
  ],
  [
    'pages of one portal are one statement',
    [
      fromClient(query('begin'), parse('', 'select'), bind('c', ''), execute('c', 2), sync()),
      fromServer(complete('BEGIN'), inTransaction, parsed(), bound(), row('1'), row('2'), suspended(), inTransaction),
      fromClient(execute('c', 2), sync()),
      fromServer(row('3'), row('4'), suspended(), inTransaction),
      fromClient(execute('c', 2), sync()),
      fromServer(row('5'), complete('SELECT 1'), inTransaction),
    ],
    ['begin: ok 0 BEGIN', 'select: ok 5 SELECT 1'],
  ],
  [
    'pages asked for ahead are one statement',
    [
      fromClient(parse('', 'select'), bind('c', ''), execute('c', 1), execute('c', 1), execute('c', 1), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), row('2'), suspended(), complete('SELECT 0'), idle),
    ],
    ['select: ok 2 SELECT 0'],
  ],
  [
    'a portal closed before its last row leaves a suspended statement',
    [
      fromClient(parse('', 'select'), bind('c', ''), execute('c', 1), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), inTransaction),
      fromClient(close('P', 'c'), sync()),
      fromServer(closed(), inTransaction),
    ],
    ['select: suspended 1 -'],
  ],
  [
    'the end of the transaction ends its portals',
    [
      fromClient(parse('', 'select'), bind('c', ''), execute('c', 1), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), idle),
      fromClient(execute('c', 1), sync()),
      fromServer(error('34000', 'no portal c'), idle),
    ],
    ['select: suspended 1 -', ': error 0 34000'],
  ],
  [
    'binding the unnamed portal anew ends what it ran',
    [
      fromClient(parse('', 'select'), bind('', ''), execute('', 1), bind('', ''), execute(''), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), bound(), row('1'), complete('SELECT 1'), idle),
    ],
    ['select: suspended 1 -', 'select: ok 1 SELECT 1'],
  ],
  [
    'a portal run to its end and executed again is another statement',
    [
      fromClient(parse('', 'select'), bind('c', ''), execute('c'), sync()),
      fromServer(parsed(), bound(), row('1'), complete('SELECT 1'), inTransaction),
      fromClient(execute('c'), sync()),
      fromServer(complete('SELECT 0'), inTransaction),
    ],
    ['select: ok 1 SELECT 1', 'select: ok 0 SELECT 0'],
  ],
  [
    'a closed statement is no longer known',
    [
      fromClient(parse('s', 'select'), close('S', 's'), sync()),
      fromServer(parsed(), closed(), idle),
      fromClient(bind('', 's'), execute(''), sync()),
      fromServer(error('26000', 'no statement s'), idle),
    ],
    [': error 0 26000'],
  ],
  [
    'COPY FROM STDIN counts its rows by the tag',
    [
      fromClient(query('copy t from stdin')),
      fromServer(server.copyIn()),
      fromClient(copyData('1\n'), copyData('2\n'), copyDone()),
      fromServer(complete('COPY 2'), idle),
    ],
    ['copy t from stdin: ok 2 COPY 2'],
  ],
  [
    'COPY FROM STDIN given up by the client is an error',
    [
      fromClient(query('copy t from stdin')),
      fromServer(server.copyIn()),
      fromClient(copyData('1\n'), copyFail('no more')),
      fromServer(error('57014', 'COPY from stdin failed'), idle),
    ],
    ['copy t from stdin: error 0 57014'],
  ],
  [
    'libpq sends a second Sync after COPY, of which the server ignores the first',
    [
      fromClient(parse('', 'copy t from stdin'), bind('', ''), execute(''), sync()),
      fromServer(parsed(), bound(), server.copyIn()),
      fromClient(copyData('1\n'), copyDone(), sync()),
      fromServer(complete('COPY 1'), idle),
      fromClient(query('fails')),
      fromServer(error('42601', 'fails'), idle),
      fromClient(parse('', 'a'), bind('', ''), execute(''), sync()),
      fromServer(parsed(), bound(), complete('A 1'), idle),
    ],
    ['copy t from stdin: ok 1 COPY 1', 'fails: error 0 42601', 'a: ok 1 A 1'],
  ],
  [
    'COPY TO STDOUT counts its rows by the tag',
    [
      fromClient(query('copy t to stdout')),
      fromServer(server.copyOut(), server.copyData('1\n'), server.copyData('2\n'), server.copyDone(), complete('COPY 2'), idle),
    ],
    ['copy t to stdout: ok 2 COPY 2'],
  ],
  [
    'a function call is a statement',
    [fromClient(functionCall(1234, ['5', null])), fromServer(server.functionResult('x'), idle)],
    ['function 1234 ["5",null]: ok 0 -'],
  ],
  [
    'notices, notifications and parameters come anywhere',
    [
      fromServer(server.notification()),
      fromClient(query('select 1')),
      fromServer(
        server.notice('a'),
        rowDescription(),
        server.notification(),
        row('1'),
        server.notice('b'),
        complete('SELECT 1'),
        server.notice('c'),
        idle,
      ),
    ],
    ['select 1: ok 1 SELECT 1'],
  ],
  [
    'a commit that fails at Sync is the outcome of the statement',
    [
      fromClient(parse('', 'insert'), bind('', ''), execute(''), sync(), query('next')),
      fromServer(parsed(), bound(), complete('INSERT 0 1'), error('23503', 'deferred'), idle, complete('NEXT'), idle),
    ],
    ['insert: error 1 INSERT 0 1', 'next: ok 0 NEXT'],
  ],
  [
    'a statement made by SQL is told without a text',
    [fromClient(bind('', 'by_sql', ['1']), execute(''), sync()), fromServer(bound(), row('1'), complete('SELECT 1'), idle)],
    [' ["1"]: ok 1 SELECT 1'],
  ],
  [
    'Flush has no answer of its own',
    [
      fromClient(parse('', 'a'), flush(), bind('', ''), flush(), execute(''), flush(), sync()),
      fromServer(parsed(), bound(), complete('A 1'), idle),
    ],
    ['a: ok 1 A 1'],
  ],
  [
    'a connection that breaks leaves the outcome unknown',
    [fromClient(query('select 1'), query('select 2')), fromServer(rowDescription(), row('1'))],
    ['select 1: unknown 1 -', 'select 2: unknown 0 -'],
  ],
  [
    'the end of a session ends its suspended portals',
    [
      fromClient(parse('', 'a'), bind('c', ''), execute('c', 1), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), inTransaction),
    ],
    ['a: suspended 1 -'],
  ],
  [
    'a session killed by the server ends with its error',
    [fromClient(query('select pg_sleep(9)'), client.terminate()), fromServer(error('57P01', 'terminating'))],
    ['select pg_sleep(9): error 0 57P01'],
  ],
  [
    'NoData answers Describe of a command',
    [
      fromClient(parse('', 'a'), describe('S', ''), bind('', ''), describe('P', ''), execute(''), sync()),
      fromServer(parsed(), parameterDescription(), noData(), bound(), noData(), complete('A 3'), idle),
    ],
    ['a: ok 3 A 3'],
  ],
]

for (const [sentence, turns, statements] of conversations) {
  test(sentence, () => {
    const recording = play(turns)
    recording.assembler.end()
    assert.deepEqual(summary(recording), statements)
    assert.deepEqual(recording.surprises(), [])
    assert.equal(recording.finished().length, statements.length)
  })
}
