/** Simple queries, COPY and function calls: conversations, and the statements the audit reads in them. */
import { client, fromClient, fromServer, server, testConversations } from './messages.fixture.ts'

const { query, parse, bind, execute, sync, copyData, copyDone, copyFail, functionCall } = client
const { parsed, bound, row, rowDescription, complete, empty, error, ready } = server
const idle = ready('idle')

testConversations([
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
    'a connection that breaks leaves the outcome unknown',
    [fromClient(query('select 1'), query('select 2')), fromServer(rowDescription(), row('1'))],
    ['select 1: unknown 1 -', 'select 2: unknown 0 -'],
  ],
  [
    'a session killed by the server ends with its error',
    [fromClient(query('select pg_sleep(9)'), client.terminate()), fromServer(error('57P01', 'terminating'))],
    ['select pg_sleep(9): error 0 57P01'],
  ],
  [
    'COPY that fails before it reads a byte has each of its Syncs answered',
    [
      fromClient(parse('', 'copy'), bind('', ''), execute(''), sync(), copyData('1\n'), copyDone(), sync(), query('a'), query('b')),
      fromServer(parsed(), bound(), server.copyIn(), error('P0001', 'trigger'), idle, idle, complete('A 1'), idle, complete('B 2'), idle),
    ],
    ['copy: error 0 P0001', 'a: ok 1 A 1', 'b: ok 2 B 2'],
  ],
])
