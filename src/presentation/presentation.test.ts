/** How things look, byte for byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError, Secret } from '#foundation'
import * as fc from 'fast-check'
import { parse, parseAllDocuments } from 'yaml'
import {
  allowedUsersCell,
  headlessTable,
  labelsCell,
  longDuration,
  printError,
  printJson,
  printYaml,
  printYamlDocuments,
  relativeTime,
  rfc1123Time,
  rfc822Time,
  safeLines,
  safeText,
  statusTime,
  table,
  validity,
} from './door.ts'

const escape = '\u001B'
const obeyed = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C\u2028\u2029]/u

test('a list of databases looks as in the guide', () => {
  assert.equal(
    table(['Name', 'Description', 'Labels'], [['my-redshift', 'The warehouse', 'env=prod']]),
    ['Name        Description   Labels', '----------- ------------- --------', 'my-redshift The warehouse env=prod'].join('\n'),
  )
})

test('a table without rows is its header', () => {
  assert.equal(table(['ID', 'Name'], []), ['ID   Name', '--   ----'].join('\n'))
})

test('short and missing cells are padded, and no line ends in blanks', () => {
  assert.equal(table(['A', 'B', 'C'], [['1', '', '3'], ['2']]), ['A    B    C', '-    -    -', '1         3', '2'].join('\n'))
})

test('the status of a cluster is two columns without a header', () => {
  const rows = [
    ['Cluster', 'teleport.example.com'],
    ['Version', '16.0.0'],
    ['CA pin', 'sha256:abdc'],
  ]
  assert.equal(headlessTable(rows), ['Cluster teleport.example.com', 'Version 16.0.0', 'CA pin  sha256:abdc'].join('\n'))
  assert.equal(headlessTable([]), '')
})

const cuts: readonly (readonly [string, number | undefined, string | undefined, string])[] = [
  ['without a width nothing is cut', undefined, undefined, 'my-redshift env=prod,team=data [*]'],
  ['with room nothing is cut', 80, undefined, 'my-redshift env=prod,team=data [*]'],
  ['the labels are cut to the width', 30, undefined, 'my-redshift env=prod,... [*]'],
  ['another column is cut when named', 34, 'Name', 'my-red... env=prod,team=data [*]'],
  ['a column is never cut to nothing', 5, undefined, 'my-redshift env=p... [*]'],
]
for (const [sentence, width, cut, expected] of cuts) {
  test(sentence, () => {
    const rows = [['my-redshift', 'env=prod,team=data', '[*]']]
    const lines = table(['Name', 'Labels', 'Users'], rows, { width, ...(cut === undefined ? {} : { cut }) }).split('\n')
    assert.equal(lines.at(-1)?.replaceAll(/ +/g, ' '), expected)
    assert.ok(width === undefined || width < 20 || lines.every((line) => line.length <= width), lines.join('\n'))
  })
}

test('wide and combining characters keep columns in line', () => {
  const lines = table(
    ['Name', 'X'],
    [
      ['\u6771\u4EAC-db', 'a'],
      ['cafe\u0301', 'b'],
    ],
  ).split('\n')
  assert.deepEqual(lines.slice(2), ['\u6771\u4EAC-db a', 'cafe\u0301    b'])
})

test('a name cannot command the terminal from a cell', () => {
  const text = table(['Name'], [[`${escape}[2J\u009B31m\u202Edb\n\tx`]])
  assert.equal(text.split('\n')[2], String.raw`\x1b[2J\x9b31m\u{202e}db\n\tx`)
})

test('no text at all commands the terminal', () => {
  const evil = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(evil, (text) => {
      const printed = [safeText(text), safeLines(text), table([text], [[text]]), printJson({ [text]: text }), printYaml({ [text]: [text] })]
      for (const one of [...printed, printError(new PortunusError('X', text, { hint: text, cause: new Error(text) }), { debug: true })]) {
        assert.ok(!obeyed.test(one.replaceAll('\n', '')), JSON.stringify(one))
      }
    }),
    { numRuns: 500 },
  )
})

test('lines stay lines where several are meant', () => {
  assert.equal(safeLines('a\r\nb\n\tc'), 'a\nb\n\\tc')
})

test('JSON and YAML read back as they were', () => {
  // JSON has no negative zero.
  const value = fc.jsonValue({ stringUnit: 'grapheme' }).map((one): unknown => JSON.parse(JSON.stringify(one)))
  fc.assert(fc.property(value, (one) => assert.deepEqual(JSON.parse(printJson(one)), one)))
  fc.assert(fc.property(value, (one) => assert.deepEqual(parse(printYaml(one)), one)))
})

test('JSON is indented by two blanks, or by what is asked', () => {
  assert.equal(printJson({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}')
  assert.equal(printJson({ a: 1 }, { indent: 1 }), '{\n "a": 1\n}')
  assert.equal(printJson([]), '[]')
  assert.equal(printJson(undefined), 'null')
})

test('secrets print as their placeholder', () => {
  const holder = { password: new Secret('hunter2') }
  assert.equal(printJson(holder), '{\n  "password": "<secret>"\n}')
  assert.equal(printYaml(holder), 'password: <secret>')
})

test('YAML quotes what other readers would take for a switch or a time', () => {
  assert.equal(
    printYaml({ a: 'yes', b: '2030-01-01T00:00:00Z', c: true, d: [], e: '*' }),
    'a: "yes"\nb: "2030-01-01T00:00:00Z"\nc: true\nd: []\ne: "*"',
  )
})

test('YAML keeps certificates as blocks and repeats what is shared', () => {
  const shared = ['x']
  assert.equal(printYaml({ pem: '---B\nabc\n', one: shared, two: shared }), 'pem: |\n  ---B\n  abc\none:\n  - x\ntwo:\n  - x')
})

test('documents follow each other', () => {
  const text = printYamlDocuments([{ kind: 'role' }, { kind: 'user' }])
  assert.equal(text, 'kind: role\n---\nkind: user')
  assert.equal(parseAllDocuments(text).length, 2)
})

const refused = new PortunusError('ACCESS_REFUSED', 'Cannot connect to "my-redshift": no role', {
  category: 'access-denied',
  hint: 'ask for a role',
  cause: new Error('outer', { cause: new AggregateError([Object.assign(new Error('inner'), { code: 'ECONNREFUSED' })], 'several') }),
})

const errors: readonly (readonly [string, unknown, string])[] = [
  ['an error of ours is its message and its hint', refused, 'ERROR: Cannot connect to "my-redshift": no role\nHINT: ask for a role'],
  ['an error of ours without a hint is its message', new PortunusError('X', 'Cannot do it: late'), 'ERROR: Cannot do it: late'],
  [
    'any other error says so, and how to learn more',
    new TypeError('x is not a function'),
    'ERROR: Cannot complete the command: an unexpected failure (x is not a function)\nHINT: run the command again with --debug to see where it comes from',
  ],
  [
    'anything else that is thrown is shown as well',
    'oops',
    'ERROR: Cannot complete the command: an unexpected failure (oops)\nHINT: run the command again with --debug to see where it comes from',
  ],
]
for (const [sentence, error, expected] of errors) {
  test(sentence, () => assert.equal(printError(error), expected))
}

test('with debug an error tells its code, its causes and its stack', () => {
  const text = printError(refused, { debug: true })
  assert.match(
    text,
    /^ERROR: .*\nHINT: .*\nCODE: ACCESS_REFUSED \(access-denied\)\nCAUSE: Error: outer\nCAUSE: AggregateError: several\nCAUSE: Error: inner \[ECONNREFUSED\]\nSTACK:\n {4}at /,
  )
})

test('causes that go round in a circle are told once', () => {
  const error = new Error('a')
  error.cause = new Error('b', { cause: error })
  assert.equal(printError(error, { debug: true }).match(/CAUSE/g)?.length, 1)
})

const now = new Date('2026-03-04T05:06:07Z')
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)
const times: readonly (readonly [string, string, string])[] = [
  ['RFC 822', rfc822Time(now), '04 Mar 26 05:06 UTC'],
  ['RFC 1123', rfc1123Time(now), 'Wed, 04 Mar 2026 05:06:07 UTC'],
  ['the status', statusTime(now), '2026-03-04 05:06:07 +0000 UTC'],
  ['an hour as a long duration', longDuration(3_600_000), '1h0m0s'],
  ['half a minute as a long duration', longDuration(30_499), '30s'],
  ['minutes as a long duration', longDuration(90_000), '1m30s'],
  ['a time gone by as a long duration', longDuration(-5000), '-5s'],
  ['nothing as a long duration', longDuration(-400), '0s'],
  ['a validity of hours', validity(later(11 * 3_600_000 + 59 * 60_000 + 10_000), now), 'valid for 11h59m0s'],
  ['a validity of seconds', validity(later(59_000), now), 'valid for <1m'],
  ['a validity at its end', validity(now, now), 'EXPIRED'],
  ['a time just now', relativeTime(later(900), now), 'just now'],
  ['a time in seconds', relativeTime(later(1500), now), 'in 1s'],
  ['a time in minutes', relativeTime(later(5 * 60_000), now), 'in 5m'],
  ['a time hours ago', relativeTime(later(-3 * 3_600_000 - 1), now), '3h ago'],
  ['a time days ago', relativeTime(later(-49 * 3_600_000), now), '2d ago'],
]
for (const [sentence, text, expected] of times) {
  test(`times: ${sentence}`, () => assert.equal(text, expected))
}

const users: readonly (readonly [string, Parameters<typeof allowedUsersCell>[0], string])[] = [
  ['nothing is known', undefined, '(unknown)'],
  ['nobody is allowed', { allowed: [], denied: [] }, '(none)'],
  ['some are allowed', { allowed: ['a', 'b'], denied: [] }, '[a b]'],
  ['all are allowed', { allowed: ['*'], denied: [] }, '[*]'],
  ['all but some are allowed', { allowed: ['*', 'baz'], denied: ['bob'] }, '[* baz], except: [bob]'],
]
for (const [sentence, cell, expected] of users) {
  test(`allowed users: ${sentence}`, () => assert.equal(allowedUsersCell(cell), expected))
}

test('labels are sorted, and those of the product hidden unless asked for', () => {
  const labels = { team: 'x', env: 'prod', 'teleport.dev/origin': 'config-file' }
  assert.equal(labelsCell(labels), 'env=prod,team=x')
  assert.equal(labelsCell(labels, { internal: true }), 'env=prod,team=x,teleport.dev/origin=config-file')
})
