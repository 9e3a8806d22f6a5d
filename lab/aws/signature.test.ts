/** Signature Version 4, against the example AWS publishes and against tampering. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Activity } from '../activity.ts'
import { LabClock } from '../clock.ts'
import { DatabasePasswords } from '../database-passwords.ts'
import { answerAwsRequest } from './answer.ts'
import { defaultWorld } from './default-world.ts'
import { Sessions } from './sessions.ts'
import { expectedSignature, parseAuthorization } from './signature.ts'
import type { SignedRequest } from './signature.ts'

// The worked example of the IAM user guide, "Create a signed AWS API request", with its published key and signature.
const example: SignedRequest = {
  method: 'GET',
  target: '/?Version=2010-05-08&Action=ListUsers',
  headers: new Map([
    ['host', ['iam.amazonaws.com']],
    ['content-type', ['application/x-www-form-urlencoded;  charset=utf-8 ']],
    ['x-amz-date', ['20150830T123600Z']],
    [
      'authorization',
      [
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, ' +
          'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
      ],
    ],
  ]),
  body: new Uint8Array(),
}

test('the signature of the worked example in the AWS manual comes out', () => {
  const authorization = parseAuthorization(example)
  assert.equal(expectedSignature(example, authorization, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), authorization.signature)
})

test('any other byte of the request changes the signature', () => {
  const authorization = parseAuthorization(example)
  const others: readonly SignedRequest[] = [
    { ...example, method: 'POST' },
    { ...example, target: '/?Version=2010-05-08&Action=ListRoles' },
    { ...example, target: '/x?Version=2010-05-08&Action=ListUsers' },
    { ...example, body: new Uint8Array([0]) },
    { ...example, headers: new Map([...example.headers, ['host', ['other']]]) },
  ]
  for (const other of others) {
    assert.notEqual(expectedSignature(other, authorization, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), authorization.signature)
  }
})

test('whatever arrives, the answer is an AWS error document', () => {
  const clock = new LabClock()
  const clusterEndpoint = { host: 'localhost', port: 5439 }
  const { world, databaseServiceKey } = defaultWorld({
    accountId: '123456789012',
    region: 'us-east-1',
    clusterId: 'my-redshift',
    clusterEndpoint,
    now: clock.now(),
  })
  const standIn = {
    world: () => world,
    clock,
    sessions: new Sessions(),
    databasePasswords: new DatabasePasswords(),
    activity: new Activity(),
  }
  const almost = fc
    .record({
      key: fc.constantFrom(databaseServiceKey.id, 'AKIAAAAAAAAAAAAAAAAA'),
      service: fc.constantFrom('sts', 'redshift', 's3'),
      tail: fc.string(),
    })
    .map(
      ({ key, service, tail }) =>
        `AWS4-HMAC-SHA256 Credential=${key}/20240101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${'a'.repeat(64)}${tail}`,
    )
  const headerName = fc.constantFrom('authorization', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256', 'x-other')
  const headerValue = fc.oneof(fc.string(), almost, fc.constant('20240101T000000Z'))
  const anyRequest = fc.record({
    method: fc.constantFrom('POST', 'GET', 'PUT'),
    target: fc.string(),
    headers: fc.array(fc.tuple(headerName, fc.array(headerValue, { minLength: 1, maxLength: 2 }))).map((entries) => new Map(entries)),
    body: fc.uint8Array(),
  })
  fc.assert(
    fc.property(anyRequest, (request) => {
      const answer = answerAwsRequest(standIn, request)
      assert.ok(answer.status >= 400 && answer.status <= 501 && answer.status !== 500, answer.body)
      assert.match(answer.body, /^<ErrorResponse /)
    }),
    { numRuns: 500 },
  )
})
