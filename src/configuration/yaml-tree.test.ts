/** Proof of yaml-tree.ts: texts stay texts, places are kept, and nothing hostile gets through or takes long. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { locate, plainOf, readYaml, type YamlNode } from './yaml-tree.ts'

function rootOf(text: string): YamlNode {
  const reading = readYaml(text)
  assert.ok(reading.kind === 'tree', JSON.stringify(reading))
  return reading.root
}

function problemsOf(text: string): readonly string[] {
  const reading = readYaml(text)
  return reading.kind === 'tree'
    ? []
    : reading.problems.map(({ line, column, key, text: problem }) => `${line}:${column} ${key}: ${problem}`)
}

test('every scalar stays the text it is, and an empty one is as good as not written', () => {
  const text = 'a: 0123\nb: yes\nc: 1.0\nd:\ne: ~\nf: ""\ng: null\nh: "null"\ni: [1, ]\n'
  assert.deepEqual(plainOf(rootOf(text)), { a: '0123', b: 'yes', c: '1.0', f: '', h: 'null', i: ['1'] })
})

test('an alias stands for its anchor', () => {
  assert.deepEqual(plainOf(rootOf('a: &x {k: v}\nb: *x\n')), { a: { k: 'v' }, b: { k: 'v' } })
})

test('a path is found at its key, a list entry at its value, a missing key at what is around it', () => {
  const root = rootOf('a:\n  b:\n  - c: 1\n  - d\n')
  assert.deepEqual(locate(root, ['a', 'b']), { line: 2, column: 3 })
  assert.deepEqual(locate(root, ['a', 'b', 0, 'c']), { line: 3, column: 5 })
  assert.deepEqual(locate(root, ['a', 'b', 1]), { line: 4, column: 5 })
  assert.deepEqual(locate(root, ['a', 'x', 'y']), { line: 1, column: 1 })
})

const refused = [
  ['a key that comes twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', ['4:3 b.c: expected every key once, this one was there before']],
  ['two documents', 'a: 1\n---\nb: 2\n', ['2:1 : expected YAML: Source contains multiple documents; please use YAML.parseAllDocuments()']],
  ['a tab', 'a:\n\tb: 1\n', ['2:1 : expected YAML: Tabs are not allowed as indentation']],
  ['a tag', 'a: !!python/object x\n', ['1:4 : expected YAML: Unresolved tag']],
  ['an alias without an anchor', 'a: *x\n', ['1:4 a: expected an anchor "&x" before the alias "*x"']],
  ['an alias inside its own anchor', 'a: &x [*x]\n', ['1:8 a[0]: expected an anchor "&x" before the alias "*x"']],
  ['a key that is a list', '? [a]\n: b\n', ['1:3 : expected a plain text as the key']],
  ['a key that would change the prototype', '__proto__: {a: 1}\n', ['1:1 : expected a plain text as the key']],
] as const

for (const [sentence, text, problems] of refused) {
  test(`refused: ${sentence}`, () => {
    assert.deepEqual(problemsOf(text), problems)
  })
}

test('what YAML stumbles over is not repeated: it may be a token', () => {
  for (const text of [
    'auth_token: |s3cret\n',
    'auth_token: "a" s3cret\n',
    'auth_token: [s3cret\n',
    '"s3cret',
    '@s3cret',
    'a: b: s3cret',
    'a: !s3cret x',
    '%s3cret\n---\na: 1',
  ]) {
    const problems = problemsOf(text)
    assert.notEqual(problems.length, 0, text)
    assert.ok(!problems.join().includes('s3cret'), problems.join())
  }
})

test('aliases that multiply are refused', () => {
  const levels = Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`)
  assert.match(problemsOf(['a0: &a0 x', ...levels].join('\n')).join(), /expected at most 100000 values, aliases counted each time/)
})

test('too deep and too long documents are refused', () => {
  assert.match(problemsOf(`${'a: {'.repeat(40)}${'}'.repeat(40)}`).join(), /expected at most 32 levels/)
  assert.match(problemsOf('x'.repeat(1_048_577)).join(), /expected at most 1048576 characters/)
})

const heavy = [
  ['brackets', '['.repeat(50_000)],
  ['braces', '{a: '.repeat(25_000)],
  ['question marks', '? '.repeat(50_000)],
  ['anchors', '&a '.repeat(50_000)],
  ['aliases', `a: &a 1\nb: [${Array(20_000).fill('*a').join(', ')}]`],
  ['keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')],
] as const

for (const [sentence, text] of heavy) {
  test(`a document of many ${sentence} is read or refused in bounded time`, { timeout: 20_000 }, () => {
    readYaml(text)
  })
}

test('no text makes the reader throw', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '-',
    '[',
    ']',
    '{',
    '}',
    '&x',
    '*x',
    '"',
    "'",
    '|',
    '>',
    '!',
    '%',
    '#',
    '?',
    '\t',
    '<<',
    ',',
    '---',
    '~',
    '\u0000',
    '\ud800',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (source) => void readYaml(source)),
    { numRuns: 200 },
  )
})
