/** Errors across an API: what is written is read back, and nothing of another shape is taken for one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError, errorDocument, errorFromDocument, readErrorAnswer } from './error.ts'

test('an error that crossed an API is the error it was', () => {
  const error = new PortunusError('LOCK_IN_FORCE', 'Cannot log in', {
    category: 'access-denied',
    hint: 'ask',
    sqlState: '28000',
    details: { a: 1 },
  })
  const read = readErrorAnswer(JSON.parse(JSON.stringify({ error: errorDocument(error) })))
  assert.ok(read)
  assert.deepEqual(errorDocument(errorFromDocument(read)), errorDocument(error))
})

const strange: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['a document without its envelope', { code: 'A', category: 'internal', message: '' }],
  ['a list', { error: [] }],
  ['a code in lower case', { error: { code: 'a', category: 'internal', message: '' } }],
  ['a category nobody knows', { error: { code: 'A', category: 'toString', message: '' } }],
  ['a message that is no text', { error: { code: 'A', category: 'internal', message: 1 } }],
  ['a hint that is no text', { error: { code: 'A', category: 'internal', message: '', hint: 1 } }],
  ['an SQLSTATE of another length', { error: { code: 'A', category: 'internal', message: '', sqlState: '2800' } }],
  ['details that are a list', { error: { code: 'A', category: 'internal', message: '', details: [] } }],
]
for (const [what, answer] of strange) {
  test(`${what} is no error document`, () => assert.equal(readErrorAnswer(answer), undefined))
}
