/** The addresses people are sent to, and what they find there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeOf } from './route.ts'

const rows = [
  ['the landing page', '/web', { kind: 'landing' }],
  ['the landing page with a slash', '/web/', { kind: 'landing' }],
  ['an invitation', '/web/invite/0123456789abcdef', { kind: 'invite', token: '0123456789abcdef' }],
  ['a reset', '/web/reset/0123456789abcdef/', { kind: 'invite', token: '0123456789abcdef' }],
  ['an invitation without a token', '/web/invite/', { kind: 'not-found' }],
  ['a token that tries to climb', '/web/invite/..%2f..%2fping', { kind: 'not-found' }],
  ['any other address', '/web/nowhere', { kind: 'not-found' }],
] as const

for (const [sentence, path, route] of rows) {
  test(`the address ${path} shows ${sentence}`, () => assert.deepEqual(routeOf(path), route))
}
