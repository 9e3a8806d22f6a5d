/** Access requests as documents. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAccessRequest, printAccessRequest } from './access-request.ts'

const document = {
  kind: 'access_request',
  version: 'v3',
  metadata: { name: '0c5a9f1c-6a0a-4f4e-9b1c-0d7a8f6b2f11', expires: '2030-01-01T00:00:00Z' },
  spec: {
    user: 'alice',
    roles: ['dba'],
    state: 'DENIED',
    created: '2029-12-31T00:00:00Z',
    access_duration: '8h',
    request_reason: 'ticket 7',
    resolve_reason: 'not today',
    resolved_by: 'bob',
    suggested_reviewers: ['bob'],
    threshold_sets: [[{ name: 'two', approve: 2, deny: 1 }]],
    reviews: [{ author: 'bob', state: 'DENIED', reason: 'not today', created: '2029-12-31T01:00:00Z' }],
    resource_ids: ['/example.com/db/my-redshift'],
  },
}

test('a request prints as the document it was read from', () => {
  const request = parseAccessRequest(document)
  assert.equal(request.spec.accessMilliseconds, 8 * 3_600_000)
  assert.deepEqual(printAccessRequest(request), document)
  assert.deepEqual(parseAccessRequest(printAccessRequest(request)), request)
})

const refused: readonly (readonly [string, object, RegExp])[] = [
  ['another state', { state: 'PROMOTED' }, /spec\.state/],
  ['an unknown field', { approved: true }, /unknown key/],
  ['a threshold that nobody need meet', { threshold_sets: [[{ approve: 0, deny: 1 }]] }, /threshold_sets/],
  ['a review by nobody', { reviews: [{ author: '', state: 'APPROVED', created: '2029-12-31T01:00:00Z' }] }, /reviews/],
  ['a resource that is none', { resource_ids: ['my-redshift'] }, /a resource such as/],
]

for (const [sentence, change, message] of refused) {
  test(`a request with ${sentence} is refused`, () => {
    const changed = { ...document, spec: { ...document.spec, ...change } }
    assert.throws(() => parseAccessRequest(changed), { code: 'RESOURCE_MALFORMED', message })
  })
}
