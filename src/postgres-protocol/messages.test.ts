/** Authentication, errors and the small messages, by their bytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromHex, toHex } from '#foundation'
import {
  md5Password,
  readAuthenticationRequest,
  writeAuthenticationCleartextPassword,
  writeAuthenticationMd5,
  writeAuthenticationOk,
  writePasswordMessage,
} from './authentication.ts'
import { readErrorFields, writeErrorResponse, writeNoticeResponse } from './error-response.ts'
import {
  readBackendKeyData,
  readNegotiateProtocolVersion,
  writeBackendKeyData,
  writeNegotiateProtocolVersion,
  writeParameterStatus,
  writeReadyForQuery,
  writeTerminate,
} from './session-messages.ts'

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0)
const latin1 = (message: Uint8Array): string => String.fromCharCode(...message)

const written: readonly (readonly [sentence: string, message: Uint8Array, text: string])[] = [
  ['AuthenticationOk', writeAuthenticationOk(), 'R\0\0\0\x08\0\0\0\0'],
  ['AuthenticationCleartextPassword', writeAuthenticationCleartextPassword(), 'R\0\0\0\x08\0\0\0\x03'],
  ['AuthenticationMD5Password', writeAuthenticationMd5(bytes('01020304')), 'R\0\0\0\x0c\0\0\0\x05\x01\x02\x03\x04'],
  ['PasswordMessage', writePasswordMessage('secret'), 'p\0\0\0\x0bsecret\0'],
  ['ParameterStatus', writeParameterStatus('a', 'b'), 'S\0\0\0\x08a\0b\0'],
  [
    'BackendKeyData',
    writeBackendKeyData({ processId: 0xffffffff, secretKey: bytes('0a0b0c0d') }),
    'K\0\0\0\x0c\xff\xff\xff\xff\x0a\x0b\x0c\x0d',
  ],
  ['ReadyForQuery', writeReadyForQuery('failed-transaction'), 'Z\0\0\0\x05E'],
  ['Terminate', writeTerminate(), 'X\0\0\0\x04'],
  [
    'NegotiateProtocolVersion with the whole version, as servers send it',
    writeNegotiateProtocolVersion({ major: 3, minor: 2, unsupportedOptions: ['_pq_.x'] }),
    'v\0\0\0\x13\0\x03\0\x02\0\0\0\x01_pq_.x\0',
  ],
  [
    'ErrorResponse with S, V and C, which drivers rely on',
    writeErrorResponse({ severity: 'FATAL', sqlState: '28000', message: 'no', hint: 'log in' }),
    'E\0\0\0\x26SFATAL\0VFATAL\0C28000\0Mno\0Hlog in\0\0',
  ],
  [
    'NoticeResponse with a detail',
    writeNoticeResponse({ severity: 'NOTICE', sqlState: '00000', message: 'm', detail: 'd' }),
    'N\0\0\0\x22SNOTICE\0VNOTICE\0C00000\0Mm\0Dd\0\0',
  ],
]

for (const [sentence, message, text] of written) {
  test(`writes ${sentence}`, () => assert.equal(latin1(message), text))
}

const requests: readonly (readonly [sentence: string, hex: string, request: unknown])[] = [
  ['ok', '00000000', { kind: 'ok' }],
  ['Kerberos', '00000002', { kind: 'kerberos' }],
  ['cleartext', '00000003', { kind: 'cleartext-password' }],
  ['MD5 with its salt', '00000005 01020304', { kind: 'md5-password', salt: bytes('01020304') }],
  ['GSSAPI', '00000007', { kind: 'gss' }],
  ['SSPI', '00000009', { kind: 'sspi' }],
  ['SASL with its mechanisms', `0000000a 6100 6200 00`, { kind: 'sasl', mechanisms: ['a', 'b'] }],
  ['a SASL challenge', '0000000b 0102', { kind: 'sasl-continue', data: bytes('0102') }],
  ['the SASL outcome', '0000000c', { kind: 'sasl-final', data: new Uint8Array(0) }],
  [
    "Redshift's digest",
    '0000000d 00000000 00000002 0102 00000001 03',
    { kind: 'redshift-digest', algorithm: 'sha-256', salt: bytes('0102'), serverNonce: bytes('03') },
  ],
  ["Redshift's identity provider", '0000000e', { kind: 'redshift-identity-provider' }],
  ['a code nobody knows', '00000063', { kind: 'unknown-99' }],
  ['MD5 without a salt', '00000005 01', { kind: 'malformed' }],
  ['SASL without an end', '0000000a 61', { kind: 'malformed' }],
  ['a digest longer than its message', '0000000d 00000000 7fffffff 00', { kind: 'malformed' }],
  ['nothing at all', '', { kind: 'malformed' }],
]

for (const [sentence, hex, request] of requests) {
  test(`reads the authentication request of ${sentence}`, () => assert.deepEqual(readAuthenticationRequest(bytes(hex)), request))
}

test('the MD5 answer is the one PostgreSQL computes', () => {
  const md5Hex = (input: Uint8Array): string => createHash('md5').update(input).digest('hex')
  // select 'md5' || md5(convert_to(md5('secretalice'), 'UTF8') || '\x01020304'::bytea)
  const answer = md5Password({ user: 'alice', password: 'secret', salt: bytes('01020304') }, md5Hex)
  const inner = createHash('md5').update('secretalice').digest('hex')
  assert.equal(answer, `md5${createHash('md5').update(inner).update(bytes('01020304')).digest('hex')}`)
  assert.equal(answer.length, 35)
})

test('the severity that is never translated wins', () => {
  const body = new TextEncoder().encode('SFEHLER\0VERROR\0C42601\0MSyntaxfehler\0Ddetail\0Hhint\0P7\0\0')
  assert.deepEqual(readErrorFields(body), {
    severity: 'ERROR',
    sqlState: '42601',
    message: 'Syntaxfehler',
    detail: 'detail',
    hint: 'hint',
  })
})

test('error fields that are written are read back', () => {
  const text = fc.string({ unit: 'grapheme' }).map((each) => each.replaceAll('\0', ''))
  fc.assert(
    fc.property(text, text, (message, hint) => {
      const report = { severity: 'ERROR', sqlState: '08P01', message, hint } as const
      assert.deepEqual(readErrorFields(writeErrorResponse(report).subarray(5)), report)
    }),
  )
})

test('a zero character cannot end an error early', () => {
  const body = writeErrorResponse({ severity: 'ERROR', sqlState: '08P01', message: 'a\0Hb' }).subarray(5)
  assert.deepEqual(readErrorFields(body), { severity: 'ERROR', sqlState: '08P01', message: 'a\u{fffd}Hb' })
})

test('cancel keys and version negotiations are read back', () => {
  assert.deepEqual(readBackendKeyData(bytes('00000001 0a0b0c0d')), { processId: 1, secretKey: bytes('0a0b0c0d') })
  assert.equal(readBackendKeyData(bytes('00000001')), undefined)
  const negotiation = { major: 3, minor: 2, unsupportedOptions: ['_pq_.a', '_pq_.b'] }
  assert.deepEqual(readNegotiateProtocolVersion(writeNegotiateProtocolVersion(negotiation).subarray(5)), negotiation)
  assert.deepEqual(readNegotiateProtocolVersion(bytes('00000002 00000000')), { major: 3, minor: 2, unsupportedOptions: [] })
  assert.equal(readNegotiateProtocolVersion(bytes('00030002 ffffffff 6100')), undefined)
})

test('no bytes make a reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 15 }), (body, code) => {
      readAuthenticationRequest(new Uint8Array([0, 0, 0, code, ...body]))
      readAuthenticationRequest(body)
      readErrorFields(body)
      readBackendKeyData(body)
      readNegotiateProtocolVersion(body)
    }),
  )
})

test('hexadecimal of a written frame is stable', () => {
  assert.equal(toHex(writeReadyForQuery('idle')), '5a0000000549')
})
