/** Proof of describe-failure.ts: what an error of the SDK or of the network means. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { describeFailure } from './describe-failure.ts'

const answered = (name: string, httpStatusCode: number, message = 'm'): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
const silent = (code: string, name = 'Error'): Error => Object.assign(new Error('m'), { code, name })

const meanings = [
  ['a forbidden call', answered('AccessDenied', 403), 'denied'],
  ['a forbidden call that comes as 400', answered('AccessDeniedException', 400), 'denied'],
  ['an unknown refusal', answered('Whatever', 403), 'denied'],
  ['a wrong signature', answered('SignatureDoesNotMatch', 403), 'keys-refused'],
  ['an expired session', answered('ExpiredTokenException', 400), 'keys-refused'],
  ['a wrong clock', answered('RequestTimeTooSkewed', 403), 'keys-refused'],
  ['a missing cluster', answered('ClusterNotFoundFault', 404), 'not-found'],
  ['too many calls', answered('ThrottlingException', 400), 'throttled'],
  ['too many calls by status', answered('Unknown', 429), 'throttled'],
  ['a broken service', answered('InternalFailure', 500), 'failed'],
  ['an unknown host', silent('ENOTFOUND'), 'unreachable dns'],
  ['a closed port', silent('ECONNREFUSED'), 'unreachable connect'],
  ['a closed port on every address', Object.assign(new AggregateError([silent('ECONNREFUSED')], ''), {}), 'unreachable connect'],
  ['a connection that hangs', silent('', 'TimeoutError'), 'unreachable timeout'],
  ['a deadline', new DOMException('The operation was aborted', 'AbortError'), 'unreachable timeout'],
  ['a connection that breaks', silent('ECONNRESET'), 'unreachable network'],
  ['a strange certificate', silent('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'unreachable tls'],
  ['something that is no error', 'oops', 'failed'],
  ['nothing', undefined, 'failed'],
] as const

for (const [sentence, error, meaning] of meanings) {
  test(`${sentence} means ${meaning}`, () => {
    const failure = describeFailure(error)
    assert.equal(failure.kind === 'unreachable' ? `unreachable ${failure.stage}` : failure.kind, meaning)
    assert.notEqual(failure.text, '')
  })
}

test('the missing permission is read from the words of AWS', () => {
  const message =
    'User: arn:aws:iam::1:user/x is not authorized to perform: redshift:GetClusterCredentials on resource: arn:aws:redshift:us-east-1:1:dbuser:c/alice.'
  const failure = describeFailure(answered('AccessDenied', 403, message))
  assert.ok(failure.kind === 'denied')
  assert.deepEqual([failure.action, failure.resource], ['redshift:GetClusterCredentials', 'arn:aws:redshift:us-east-1:1:dbuser:c/alice'])
})
