/** Patterns by themselves: exact names, wildcards, globs and expressions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePattern, matchesPattern } from './pattern.ts'

const rows: readonly (readonly [string, string, boolean])[] = [
  ['a', 'b', false],
  ['a', 'a', true],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['**', 'anything', true],
  ['a*', 'ba', false],
  ['a*', 'a', true],
  ['*a', 'ab', false],
  ['ab*bc', 'abc', false],
  ['ab*bc', 'abbc', true],
  ['a*b*c', 'acb', false],
  ['a*b*c', 'a-b-c', true],
  ['a*bc*cd', 'a-bcd', false],
  ['a*bc*cd', 'a-bccd', true],
  ['*b*', 'abc', true],
  ['*b*', 'ac', false],
  ['*b*b*', 'abc', false],
  ['^', 'x', false],
  ['^', '^', true],
  ['$', '$', true],
  ['^$', '', true],
  ['^$', 'x', false],
  ['^a', 'a', false],
  ['^a', '^a', true],
  ['a$', 'a', false],
  ['a$', 'a$', true],
  ['^a*', '^abc', true],
  ['^a.$', 'ab', true],
]
for (const [pattern, text, expected] of rows) {
  test(`"${pattern}" ${expected ? 'describes' : 'does not describe'} "${text}"`, () => {
    assert.equal(matchesPattern(compilePattern([{ kind: 'author', text: pattern }]), text), expected)
  })
}

test('only what the author of a role wrote is an anchor', () => {
  const begins = compilePattern([
    { kind: 'value', text: '^' },
    { kind: 'author', text: '.$' },
  ])
  const ends = compilePattern([
    { kind: 'author', text: '^.' },
    { kind: 'value', text: '$' },
  ])
  assert.deepEqual(
    [begins, ends].map(({ kind }) => kind),
    ['exact', 'exact'],
  )
})

test('a glob describes what the same expression describes', () => {
  const unit = fc.constantFrom('a', 'b', '*')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 6 }), fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (glob, text) => {
      const expected = new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(text)
      assert.equal(matchesPattern(compilePattern([{ kind: 'author', text: glob }]), text), expected)
    }),
    { numRuns: 1000 },
  )
})

test('the value of a trait inside an expression never changes its meaning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 8 }), fc.string({ maxLength: 8 }), (value, other) => {
      const pattern = compilePattern([
        { kind: 'author', text: '^x-' },
        { kind: 'value', text: value },
        { kind: 'author', text: '-y$' },
      ])
      assert.ok(matchesPattern(pattern, `x-${value}-y`))
      assert.equal(matchesPattern(pattern, `x-${other}-y`), other === value)
    }),
    { numRuns: 500 },
  )
})
