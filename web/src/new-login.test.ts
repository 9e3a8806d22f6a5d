/** The rules of the invitation form, one sentence a row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grouped, problemsOf } from './new-login.ts'

const good = { password: 'correct horse battery', confirmation: 'correct horse battery', code: '123456' }

const rows = [
  ['a good login has no problem', good, []],
  ['nothing typed is a problem everywhere', { password: '', confirmation: '', code: '' }, ['code', 'confirmation', 'password']],
  ['11 characters are too few', { ...good, password: 'a'.repeat(11), confirmation: 'a'.repeat(11) }, ['password']],
  ['12 characters will do', { ...good, password: 'a'.repeat(12), confirmation: 'a'.repeat(12) }, []],
  ['12 characters outside the basic plane are 12', { ...good, password: '🔑'.repeat(12), confirmation: '🔑'.repeat(12) }, []],
  ['128 characters will do', { ...good, password: 'a'.repeat(128), confirmation: 'a'.repeat(128) }, []],
  ['129 characters are too many', { ...good, password: 'a'.repeat(129), confirmation: 'a'.repeat(129) }, ['password']],
  ['another confirmation is a problem', { ...good, confirmation: 'correct horse' }, ['confirmation']],
  ['a code may have spaces', { ...good, code: ' 123 456 ' }, []],
  ['a code of 5 digits is a problem', { ...good, code: '12345' }, ['code']],
  ['a code with a letter is a problem', { ...good, code: '12345o' }, ['code']],
] as const

for (const [sentence, login, fields] of rows) {
  test(sentence, () => assert.deepEqual(Object.keys(problemsOf(login)).toSorted(), fields))
}

test('a short password is told how much is wanting', () => {
  assert.equal(problemsOf({ ...good, password: 'a'.repeat(11) }).password, '1 more character, please: at least 12.')
  assert.equal(problemsOf({ ...good, password: 'a'.repeat(9) }).password, '3 more characters, please: at least 12.')
})

test('a secret is shown in groups of four', () => assert.equal(grouped('ABCDEFGHIJ'), 'ABCD EFGH IJ'))
