/** The cancel key is replaced, and not a byte beside it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBackendKeyRewriter } from './backend-key-rewriter.ts'
import { concatenate, frame } from './bytes.ts'
import { writeErrorResponse, writeNoticeResponse } from './error-response.ts'
import { cutInto, chunkSizes } from './messages.fixture.ts'
import { writeBackendKeyData, writeParameterStatus, writeReadyForQuery } from './session-messages.ts'

const mint = (length: number): Uint8Array => new Uint8Array(length).fill(0xee)
const status = writeParameterStatus('server_protocol_version', '3')
const notice = writeNoticeResponse({ severity: 'NOTICE', sqlState: '00000', message: 'K and Z are only letters here' })
const unknown = frame('k', new Uint8Array([0x4b, 0, 0, 0, 12]))
const ready = writeReadyForQuery('idle')

test('the secret is replaced in any chunking, the process id and all else stay', () => {
  const around = fc.array(fc.constantFrom(status, notice, unknown, frame('S')), { maxLength: 4 })
  const key = fc.record({ processId: fc.nat({ max: 0xffffffff }), secretKey: fc.uint8Array({ minLength: 1, maxLength: 256 }) })
  fc.assert(
    fc.property(around, key, around, fc.uint8Array({ maxLength: 40 }), chunkSizes, (before, real, after, later, sizes) => {
      const withKey = (secretKey: Uint8Array): Uint8Array =>
        concatenate([...before, writeBackendKeyData({ processId: real.processId, secretKey }), ...after, ready, later])
      const rewriter = createBackendKeyRewriter({ mint })
      const input = withKey(real.secretKey)
      const rewritten = concatenate(cutInto(input, sizes).map((chunk) => rewriter.push(chunk)))
      assert.deepEqual(rewritten, withKey(mint(real.secretKey.length)))
      assert.deepEqual(rewriter.key, { processId: real.processId, realKey: real.secretKey, mintedKey: mint(real.secretKey.length) })
      assert.equal(rewriter.done, true)
    }),
  )
})

test('the key is known only when the last of its bytes has passed, the end when ReadyForQuery has', () => {
  const rewriter = createBackendKeyRewriter({ mint })
  const key = writeBackendKeyData({ processId: 7, secretKey: new Uint8Array([1, 2, 3, 4]) })
  const realKey = (): Uint8Array | undefined => rewriter.key?.realKey
  rewriter.push(key.slice(0, -1))
  assert.equal(realKey(), undefined)
  rewriter.push(key.slice(-1))
  assert.deepEqual(realKey(), new Uint8Array([1, 2, 3, 4]))
  rewriter.push(ready.slice(0, -1))
  assert.equal(rewriter.done, false)
  rewriter.push(ready.slice(-1))
  assert.equal(rewriter.done, true)
})

const ends: readonly (readonly [sentence: string, bytes: Uint8Array])[] = [
  ['a server that gives no key', concatenate([status, ready])],
  ['a server that refuses after all', writeErrorResponse({ severity: 'FATAL', sqlState: '57P03', message: 'starting up' })],
  ['a key too long to be one', concatenate([writeBackendKeyData({ processId: 1, secretKey: new Uint8Array(257) }), ready])],
  ['a key without a secret', concatenate([writeBackendKeyData({ processId: 1, secretKey: new Uint8Array(0) }), ready])],
  ['bytes that are no messages', new Uint8Array([0x4b, 0, 0, 0, 1, 1, 2, 3])],
]

for (const [sentence, bytes] of ends) {
  test(`${sentence} is passed on as it is`, () => {
    const rewriter = createBackendKeyRewriter({ mint })
    assert.deepEqual(rewriter.push(bytes.slice()), bytes)
    assert.equal(rewriter.done, true)
    assert.equal(rewriter.key, undefined)
  })
}

test('a key after ReadyForQuery is none of ours', () => {
  const rewriter = createBackendKeyRewriter({ mint })
  const bytes = concatenate([ready, writeBackendKeyData({ processId: 1, secretKey: new Uint8Array(4) })])
  assert.deepEqual(rewriter.push(bytes.slice()), bytes)
  assert.equal(rewriter.key, undefined)
})

test('any bytes in any chunks keep their length, and nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), chunkSizes, (bytes, sizes) => {
      const rewriter = createBackendKeyRewriter({ mint })
      let length = 0
      for (const chunk of cutInto(bytes, sizes)) length += rewriter.push(chunk).length
      assert.equal(length, bytes.length)
    }),
  )
})
