/** Arguments as a shell hands them over after a copy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeArguments } from './arguments.ts'

const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a plain command line is left alone', ['users', 'add', '--roles=access', 'alice'], ['users', 'add', '--roles=access', 'alice']],
  [
    'the guide, copied as one line',
    ['users', 'add', ' --roles=access', ' --db-users=*', ' --db-names=*', ' alice'],
    ['users', 'add', '--roles=access', '--db-users=*', '--db-names=*', 'alice'],
  ],
  [
    'short flags and their values',
    ['db', 'configure', 'create', ' -o', 'file', ' --name=redshift-postgres'],
    ['db', 'configure', 'create', '-o', 'file', '--name=redshift-postgres'],
  ],
  ['a word that is only blanks', ['users', 'add', ' --roles=access', ' '], ['users', 'add', '--roles=access']],
  ['an empty value stays', ['users', 'add', ' --roles=access', '--db-users', ''], ['users', 'add', '--roles=access', '--db-users', '']],
  ['blanks inside a word stay', [' --description=two words'], ['--description=two words']],
  ['a blank before a word, with no flag like that', ['users', 'rm', ' alice'], ['users', 'rm', ' alice']],
]

for (const [sentence, args, expected] of rows) {
  test(sentence, () => assert.deepEqual(normalizeArguments(args), expected))
}
