/** The database user and name that a connection uses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseDatabaseName, chooseDatabaseUser, type LoginChoice } from './login-choice.ts'

const rows: readonly (readonly [string, Partial<LoginChoice>, string])[] = [
  ['none allowed', { allowed: [] }, 'DATABASE_USER_NOT_ALLOWED'],
  ['only everybody allowed', { allowed: ['*'] }, 'DATABASE_USER_NOT_CHOSEN'],
  ['several allowed', { allowed: ['a', 'b'] }, 'DATABASE_USER_NOT_CHOSEN'],
  ['one allowed', { allowed: ['alice'] }, 'alice'],
  ['one explicit beside the wildcard', { allowed: ['*', 'alice'] }, 'alice'],
  ['the flag wins over all', { flag: 'root', stored: 'bob', allowed: ['alice'] }, 'root'],
  ['the stored one wins over the rule', { stored: 'bob', allowed: ['alice'] }, 'bob'],
  ['an empty flag is none', { flag: '', allowed: ['alice'] }, 'alice'],
]

for (const [sentence, choice, expected] of rows) {
  test(sentence, () => {
    const whole: LoginChoice = { database: 'my-redshift', allowed: [], denied: [], ...choice }
    if (expected.startsWith('DATABASE')) assert.throws(() => chooseDatabaseUser(whole), { code: expected })
    else assert.equal(chooseDatabaseUser(whole), expected)
  })
}

test('the refusal lists what is allowed, and what is not', () => {
  const choice = { database: 'my-redshift', allowed: ['dev', '*'], denied: ['prod'] }
  assert.throws(() => chooseDatabaseName({ ...choice, allowed: ['*'] }), {
    code: 'DATABASE_NAME_NOT_CHOSEN',
    message: 'Cannot connect to "my-redshift": no database name given, allowed are [*], except: [prod]',
    hint: 'please provide the database name using the --db-name flag',
  })
})
