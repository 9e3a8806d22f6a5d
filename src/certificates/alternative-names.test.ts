/** The printed form of alternative names, told from what only looks like it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlternativeNames } from './alternative-names.ts'

const refused: readonly [string, string][] = [
  ['a quoted entry that never ends', 'URI:"portunus'],
  ['text after a quoted entry', 'URI:"a"b'],
  ['a separator without a space', 'DNS:a,DNS:b'],
  ['a separator with nothing behind it', 'DNS:a, '],
  ['a quote inside a bare value', 'DNS:a"b'],
  ['an apostrophe inside a bare value', "DNS:a'b"],
  ['an entry without a type', 'a.example.com'],
  ['an escape that JSON does not know', String.raw`URI:"a\x41"`],
]

for (const [sentence, printed] of refused) {
  test(`${sentence} makes the whole text unreadable`, () => {
    assert.equal(parseAlternativeNames(printed), undefined)
  })
}

const accepted: readonly [string, string, readonly [string, string][]][] = [
  ['no text has no entries', '', []],
  [
    'bare entries are split at the comma',
    'DNS:a.example.com, IP Address:::1',
    [
      ['DNS', 'a.example.com'],
      ['IP Address', '::1'],
    ],
  ],
  [
    'a quoted entry keeps its commas',
    'URI:"a, URI:b", DNS:c',
    [
      ['URI', 'a, URI:b'],
      ['DNS', 'c'],
    ],
  ],
  ['escapes are undone', String.raw`email:"a\"b\\c\u000a"`, [['email', 'a"b\\c\n']]],
  ['an empty value is a value', 'URI:', [['URI', '']]],
]

for (const [sentence, printed, expected] of accepted) {
  test(sentence, () => {
    assert.deepEqual(
      parseAlternativeNames(printed),
      expected.map(([type, value]) => ({ type, value })),
    )
  })
}
