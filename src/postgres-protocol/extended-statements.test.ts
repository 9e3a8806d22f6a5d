/** Prepared statements, portals and pipelines: conversations, and the statements the audit reads in them. */
import { client, fromClient, fromServer, server, testConversations } from './messages.fixture.ts'

const { query, parse, bind, describe, execute, close, sync, flush } = client
const { parsed, bound, closed, row, rowDescription, parameterDescription, noData, complete, suspended, error, ready } = server
const idle = ready('idle')
const inTransaction = ready('in-transaction')

testConversations([
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
    'the end of a session ends its suspended portals',
    [
      fromClient(parse('', 'a'), bind('c', ''), execute('c', 1), sync()),
      fromServer(parsed(), bound(), row('1'), suspended(), inTransaction),
    ],
    ['a: suspended 1 -'],
  ],
  [
    'NoData answers Describe of a command',
    [
      fromClient(parse('', 'a'), describe('S', ''), bind('', ''), describe('P', ''), execute(''), sync()),
      fromServer(parsed(), parameterDescription(), noData(), bound(), noData(), complete('A 3'), idle),
    ],
    ['a: ok 3 A 3'],
  ],
  [
    'a cursor of SQL that is fetched by Execute is told without a text',
    [
      fromClient(query('declare cc cursor')),
      fromServer(complete('DECLARE CURSOR'), inTransaction),
      fromClient(execute('cc', 2), execute('cc'), sync()),
      fromServer(row('1'), row('2'), suspended(), row('3'), complete('SELECT 1'), inTransaction),
    ],
    ['declare cc cursor: ok 0 DECLARE CURSOR', ': suspended 2 -', ': ok 1 SELECT 1'],
  ],
  [
    'a simple query may end a group in place of Sync, and is skipped after an error',
    [
      fromClient(
        parse('', 'a'),
        bind('', ''),
        execute(''),
        query('b'),
        parse('', 'c'),
        bind('', ''),
        execute(''),
        query('d'),
        sync(),
        query('e'),
      ),
      fromServer(parsed(), bound(), complete('A 1'), complete('B 1'), idle, error('42601', 'c'), idle, complete('E 1'), idle),
    ],
    ['a: ok 1 A 1', 'b: ok 1 B 1', 'c: error 0 42601', 'd: skipped 0 -', 'e: ok 1 E 1'],
  ],
])
