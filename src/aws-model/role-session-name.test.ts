/** Proof of role-session-name.ts: always legal for STS, always telling who. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { roleSessionName } from './role-session-name.ts'

test('a plain name or an address is kept as it is', () => {
  for (const person of ['alice', 'alice@example.com', 'al', 'a'.repeat(64)]) assert.equal(roleSessionName(person), person)
})

test('a name that must be changed keeps what can be read and ends in a hash', () => {
  assert.match(roleSessionName('Alice Smith'), /^Alice-Smith-[0-9a-f]{16}$/)
  assert.match(roleSessionName('a'), /^a-[0-9a-f]{16}$/)
  assert.match(roleSessionName(''), /^-[0-9a-f]{16}$/)
  assert.match(roleSessionName('a'.repeat(65)), /^a{47}-[0-9a-f]{16}$/)
})

test('people whose names look alike after the change stay apart', () => {
  assert.notEqual(roleSessionName('a b'), roleSessionName('a/b'))
})

test('every person has a name that STS allows', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (person) => /^[\w+=,.@-]{2,64}$/.test(roleSessionName(person))))
})
