/** The startup phase, by bytes as PostgreSQL's own programs send them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromHex, toHex } from '#foundation'
import { readStartupPacket, writeCancelRequest, writeGssencRequest, writeSslRequest, writeStartupMessage } from './startup-packet.ts'

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0)
const ascii = (text: string): string => toHex(new TextEncoder().encode(text))

const packets: readonly (readonly [sentence: string, hex: string, packet: unknown])[] = [
  ['SSLRequest', '00000008 04d2162f', { kind: 'ssl-request' }],
  ['GSSENCRequest', '00000008 04d21630', { kind: 'gssenc-request' }],
  [
    'CancelRequest of protocol 3.0',
    '00000010 04d2162e 0000303a 01020304',
    { kind: 'cancel-request', processId: 12346, secretKey: bytes('01020304') },
  ],
  [
    'CancelRequest of protocol 3.2 with a key of 32 bytes and a process id of all bits',
    `0000002c 04d2162e ffffffff ${'ab'.repeat(32)}`,
    { kind: 'cancel-request', processId: 0xffffffff, secretKey: bytes('ab'.repeat(32)) },
  ],
  [
    'StartupMessage of psql',
    `00000024 00030000 ${ascii('user\0alice\0database\0dev\0\0')}`,
    {
      kind: 'startup',
      major: 3,
      minor: 0,
      parameters: new Map([
        ['user', 'alice'],
        ['database', 'dev'],
      ]),
    },
  ],
  [
    'StartupMessage of protocol 3.2 with an empty value',
    `00000012 00030002 ${ascii('user\0\0x\0\0\0').slice(0, 20)}`,
    {
      kind: 'startup',
      major: 3,
      minor: 2,
      parameters: new Map([
        ['user', ''],
        ['x', ''],
      ]),
    },
  ],
]

for (const [sentence, hex, packet] of packets) {
  test(`${sentence} is read, however much of what follows has come`, () => {
    const whole = bytes(hex)
    new DataView(whole.buffer).setUint32(0, whole.length)
    const rest = bytes('510000000453')
    for (let length = 0; length < whole.length; length++) {
      assert.deepEqual(readStartupPacket(whole.subarray(0, length)), { kind: 'need-more' })
    }
    assert.deepEqual(readStartupPacket(whole), { kind: 'packet', packet, rest: new Uint8Array(0) })
    assert.deepEqual(readStartupPacket(new Uint8Array([...whole, ...rest])), { kind: 'packet', packet, rest })
  })
}

const refusals: readonly (readonly [sentence: string, hex: string, reason: RegExp])[] = [
  ['HTTP is refused by its first four bytes', ascii('GET '), /length of 1195725856 bytes/],
  ['a length under eight is refused', '00000007', /length of 7 bytes/],
  ['a length over 10,000 is refused before its bytes come', '00002711', /length of 10001 bytes/],
  ['an SSLRequest with more in it is refused', '0000000c 04d2162f 00000000', /SSLRequest of 12 bytes/],
  ['a CancelRequest without a key is refused', '0000000c 04d2162e 00000001', /CancelRequest of 12 bytes/],
  ['an unknown request code is refused', '00000008 04d21631', /request code 1234\.5681/],
  ['protocol 2.0 is refused', '00000009 00020000 00', /version 2\.0/],
  ['parameters without an end are refused', `0000000d 00030000 ${ascii('user\0')}`, /no end/],
  ['a name without a value is refused', `00000010 00030000 ${ascii('user\0abc')}`, /"user" has no end/],
  ['bytes behind the last parameter are refused', '0000000b 00030000 000000', /2 bytes follow/],
  ['a user name that is not UTF-8 is refused', `00000010 00030000 ${ascii('user\0')}e90000`, /"user" is not UTF-8/],
]

for (const [sentence, hex, reason] of refusals) {
  test(sentence, () => {
    const read = readStartupPacket(bytes(hex))
    assert.equal(read.kind, 'malformed')
    assert.match(read.kind === 'malformed' ? read.reason : '', reason)
  })
}

test('a parameter sent twice has its last value', () => {
  const whole = bytes(`0000001a 00030000 ${ascii('user\0alice\0user\0b\0\0')}`)
  new DataView(whole.buffer).setUint32(0, whole.length)
  const read = readStartupPacket(whole)
  assert.deepEqual(read.kind === 'packet' && read.packet.kind === 'startup' && [...read.packet.parameters], [['user', 'b']])
})

test('what is written is read back', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('\0'))
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 10 }), fc.integer({ min: 0, max: 9999 }), (parameters, minor) => {
      const startup = { major: 3, minor, parameters: new Map(Object.entries(parameters)) }
      assert.deepEqual(readStartupPacket(writeStartupMessage(startup)), {
        kind: 'packet',
        packet: { kind: 'startup', ...startup },
        rest: new Uint8Array(0),
      })
    }),
  )
  fc.assert(
    fc.property(fc.nat({ max: 0xffffffff }), fc.uint8Array({ minLength: 4, maxLength: 256 }), (processId, secretKey) => {
      const packet = { kind: 'cancel-request', processId, secretKey }
      assert.deepEqual(readStartupPacket(writeCancelRequest({ processId, secretKey })), { kind: 'packet', packet, rest: new Uint8Array(0) })
    }),
  )
  assert.equal(toHex(writeSslRequest()), '0000000804d2162f')
  assert.equal(toHex(writeGssencRequest()), '0000000804d21630')
})

test('a zero character in a parameter is refused, because it would begin another', () => {
  assert.throws(() => writeStartupMessage({ major: 3, minor: 0, parameters: new Map([['user', 'a\0database\0b']]) }), {
    code: 'POSTGRES_TEXT_REFUSED',
  })
})

test('any bytes are need-more, a packet or malformed', () => {
  const code = fc.constantFrom('04d2162e', '04d2162f', '04d21630', '00030000', '00030002')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.option(code), (body, hex) => {
      const framed = hex === null ? body : new Uint8Array([0, 0, (body.length + 8) >> 8, body.length + 8, ...bytes(hex), ...body])
      const { kind } = readStartupPacket(framed)
      assert.ok(['need-more', 'packet', 'malformed'].includes(kind))
    }),
  )
})
