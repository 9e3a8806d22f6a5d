/** Proof of database-names.ts: what Redshift takes as a user and a name, and the reason in each refusal. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { quote } from '#resources'
import { validateDatabaseName, validateDatabaseUserName } from './database-names.ts'

const refusedUsers = [
  ['an empty name', '', 'it is empty'],
  ['65 characters', 'a'.repeat(65), 'it has 65 characters and the limit is 64'],
  ['a digit in front', '1alice', 'the first character is not a letter'],
  ['an underscore in front', '_alice', 'the first character is not a letter'],
  ['a colon', 'IAM:alice', 'the character ":" is not one of letters, digits and _ + . @ -'],
  ['a slash', 'team/alice', 'the character "/" is not one of letters, digits and _ + . @ -'],
  ['a space', 'al ice', 'the character " " is not one of letters, digits and _ + . @ -'],
  ['a letter outside of ASCII', 'alic\u00e9', 'the character "\u00e9" is not one of letters, digits and _ + . @ -'],
  ['a line break at the end', 'alice\n', 'the character "\\x0a" is not one of letters, digits and _ + . @ -'],
  ['everybody', 'PUBLIC', 'PUBLIC stands for everybody and is no user'],
  ['a reserved word', 'User', 'it is a reserved word of Redshift'],
] as const

for (const [sentence, name, reason] of refusedUsers) {
  test(`a database user is refused: ${sentence}`, () => {
    assert.throws(() => validateDatabaseUserName(name), {
      code: 'DATABASE_USER_MALFORMED',
      message: `Cannot use ${quote(name)} as a Redshift database user: ${reason}`,
    })
  })
}

test('plain names and e-mail addresses are database users', () => {
  for (const name of ['alice', 'A', 'alice.smith+test@example.com', 'svc_etl-1', 'a'.repeat(64)]) validateDatabaseUserName(name)
})

test('the hint of a refused user says how to write what was meant', () => {
  const hintOf = (name: string): string => {
    try {
      validateDatabaseUserName(name)
    } catch (error) {
      return (error as { hint?: string }).hint ?? ''
    }
    return ''
  }
  assert.equal(hintOf('IAMR:reader'), 'leave the prefix out, for example --db-user=reader')
  assert.match(hintOf('arn:aws:sts::123456789012:assumed-role/reader/alice'), /--db-user=role\/my-iam-role/)
  assert.match(hintOf('team/alice'), /role\/<name>/)
})

test('a database name obeys the same rules under its own code', () => {
  for (const name of ['dev', 'Dev-1', 'public']) validateDatabaseName(name)
  for (const name of ['', 'a b', '9db', 'table', 'a'.repeat(65)]) {
    assert.throws(() => validateDatabaseName(name), { code: 'DATABASE_NAME_MALFORMED', sqlState: '3D000' })
  }
})
