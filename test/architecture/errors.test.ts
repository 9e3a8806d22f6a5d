/** The wording of refusals, and one meaning for each code. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { expectNone } from './expect-none.ts'
import { errorViolations, errorsOf, sharedCodes, type WrittenError } from './errors.ts'
import { readHouse } from './rooms-violations.ts'

const errors = errorsOf(readHouse(join(import.meta.dirname, '..', '..')))

test('every error has a code and a message as the style asks', () => {
  assert(errors.length > 0)
  expectNone(errorViolations(errors))
})

test('a code that is listed as shared is shared', () => {
  const pathsOf = (code: string): number => new Set(errors.filter((error) => error.code === code).map(({ path }) => path)).size
  expectNone(sharedCodes.filter((code) => pathsOf(code) < 2))
})

const rows: readonly (readonly [string, WrittenError, string | undefined])[] = [
  [
    'a good one',
    { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: ['Cannot join "${…}": the token is unknown'] },
    undefined,
  ],
  ['a message that is computed', { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: [undefined] }, undefined],
  ['a code in small letters', { path: 'a.ts', category: 'internal', code: 'token-unknown', messages: ['Cannot join'] }, 'UPPER_SNAKE_CASE'],
  [
    'another beginning',
    { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: ['Unable to join'] },
    'begins with "Cannot"',
  ],
  ['a full stop', { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: ['Cannot join.'] }, 'no full stop'],
  [
    'a contraction',
    { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: ["Cannot join: it doesn't work"] },
    'no contraction',
  ],
  [
    'an accusation',
    { path: 'a.ts', category: 'internal', code: 'TOKEN_UNKNOWN', messages: ['Cannot join: invalid token'] },
    'instead of "invalid"',
  ],
]

for (const [sentence, error, expected] of rows) {
  test(`planted: ${sentence}${expected === undefined ? ' passes' : ' is found'}`, () => {
    const found = errorViolations([error])
    assert.equal(found.length, expected === undefined ? 0 : 1, found.join('\n'))
    assert(expected === undefined || found[0]?.includes(expected))
  })
}

test('planted: a code with two homes is found, unless it is listed', () => {
  const twice = ['a.ts', 'b.ts'].map((path) => ({ path, code: 'TWICE', category: 'internal', messages: ['Cannot do it'] }))
  assert.equal(errorViolations(twice).length, 1)
  assert.deepEqual(errorViolations(twice, ['TWICE']), [])
})

test('planted: a code with two categories is found', () => {
  const twice = ['internal', 'not-found'].map((category) => ({ path: 'a.ts', code: 'TWICE', category, messages: ['Cannot do it'] }))
  assert.equal(errorViolations(twice).length, 1)
})
