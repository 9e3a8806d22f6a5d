/** Texts of resources: what is read, what is refused, and that every complaint has its place. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PortunusError } from '#foundation'
import { parseRole } from '#resources'
import { readResourceDocuments, resourceTextLengthMax } from './resource-documents.ts'

function valuesOf(text: string): readonly unknown[] {
  return readResourceDocuments(text, { name: 'r.yaml' }).map(({ value }) => value)
}

function refusalOf(text: string): string {
  try {
    valuesOf(text)
  } catch (error) {
    assert(error instanceof PortunusError)
    return error.message
  }
  throw new assert.AssertionError({ message: 'expected a refusal' })
}

test('several documents, and the entries of lists, are read in order; empty documents are passed over', () => {
  assert.deepEqual(valuesOf('---\na: 1\n---\n---\n- b: 2\n- c: 3\n...\n'), [{ a: 1 }, { b: 2 }, { c: 3 }])
  assert.deepEqual(valuesOf('[{"a": true, "b": "1"},\n\t{"c": null}]'), [{ a: true, b: '1' }, {}])
})

test('plain scalars are what YAML 1.2 says, quoted ones are texts', () => {
  const text = 'a: 0123\nb: yes\nc: "true"\nd: false\ne: -1.5e2\nf: 2030-01-01\ng: 123456789012\nh: \'7\'\ni: .5\nj: 1.2.3\n'
  const expected = { a: 123, b: 'yes', c: 'true', d: false, e: -150, f: '2030-01-01', g: 123456789012, h: '7', i: 0.5, j: '1.2.3' }
  assert.deepEqual(valuesOf(text), [expected])
})

const bomb = `a: &a [${'x,'.repeat(9)}x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h']
  .map((letter, index) => `${letter}: &${letter} [${`*${String.fromCharCode(97 + index)},`.repeat(9)}*${String.fromCharCode(97 + index)}]`)
  .join('\n')}\n`

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /^Cannot find a resource in "r\.yaml": the input is empty$/],
  ['a comment only', '# nothing\n---\n', /the input is empty$/],
  ['a key twice', 'kind: role\nkind: user\n', /r\.yaml:2:1: kind: expected every key once/],
  ['a key twice in the second document', 'a: 1\n---\nb: 1\nb: 2\n', /r\.yaml:4:1: b: expected every key once/],
  ['broken YAML', 'kind: [role\n', /r\.yaml:2:1: expected YAML: /],
  ['a laugh a billion times', bomb, /expected at most 100000 values, aliases counted each time$/],
  ['ten megabytes', `a: ${'x'.repeat(10_000_000)}`, new RegExp(`expected at most ${resourceTextLengthMax} characters, got 10000003$`)],
  ['deep nesting', '['.repeat(50_000), /^Cannot read the resources of "r\.yaml": /],
  ['a foreign tag', 'a: !!js/function "x"\n', /r\.yaml:1:4: expected YAML: Unresolved tag$/],
]

for (const [sentence, text, message] of refusals) {
  test(`refused in time: ${sentence}`, { timeout: 5_000 }, () => assert.match(refusalOf(text), message))
}

const role = `kind: role
version: v7
metadata:
  name: dev
spec:
  allow:
    db_userz: [a]
    db_names: [1, b]
    db_labels:
      "a b": {}
`

test('what a parser complains of is found in the text', () => {
  const [document] = readResourceDocuments(`kind: user\n---\n${role}`, { name: 'r.yaml' }).slice(1)
  assert(document !== undefined)
  try {
    parseRole(document.value)
  } catch (error) {
    const placed = document.place(error)
    assert(placed instanceof PortunusError)
    assert.equal(placed.code, 'RESOURCE_MALFORMED')
    const [head, ...places] = placed.message.split('\n').map((line) => line.trim())
    assert.equal(head, 'Cannot read the role "dev": 3 problems')
    assert.deepEqual(places.map((place) => place.split(': ').slice(0, 2).join(': ')).toSorted(), [
      'r.yaml:10:16: spec.allow.db_names[0]',
      'r.yaml:12:7: spec.allow.db_labels["a b"]',
      'r.yaml:9:5: spec.allow.db_userz',
    ])
    return
  }
  assert.fail('the role is no role')
})

test('one problem stands in one line, and errors without places stay as they are', () => {
  const [document] = readResourceDocuments(role.replace('    db_names: [1, b]\n', '').replace('      "a b": {}\n', ''), { name: 'r.yaml' })
  assert(document !== undefined)
  assert.throws(() => {
    try {
      parseRole(document.value)
    } catch (error) {
      throw document.place(error)
    }
  }, /^PortunusError: Cannot read the role "dev": r\.yaml:7:5: spec\.allow\.db_userz: unknown key, expected one of /)
  const other = new PortunusError('INTERNAL', 'Cannot do it')
  assert.equal(document.place(other), other)
})

test('whatever the text is, it is read or refused with a code', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '- ',
    '  ',
    '---\n',
    '&x ',
    '*x',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '|',
    '#',
    '\t',
    '!',
    '?',
    '\u0000',
    '1e9',
    '~',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        valuesOf(pieces.join(''))
      } catch (error) {
        assert(error instanceof PortunusError && error.category === 'bad-input', String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
