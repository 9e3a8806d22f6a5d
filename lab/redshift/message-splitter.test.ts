/** Messages cut out of a stream, however its bytes arrive. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MessageSplitter } from './message-splitter.ts'
import { writeMessage } from './wire.ts'

test('any chunking of any messages gives the same bytes and the same wanted messages', () => {
  const message = fc.record({ type: fc.constantFrom('D', 'C', 'T', 'Z'), body: fc.uint8Array({ maxLength: 40 }) })
  const cuts = fc.array(fc.nat(400))
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), cuts, (messages, cutPoints) => {
      const stream = Buffer.concat(messages.map(({ type, body }) => writeMessage(type, body)))
      const edges = [0, ...cutPoints.filter((point) => point < stream.length).sort((a, b) => a - b), stream.length]
      const splitter = new MessageSplitter(['C', 'T'])
      const pieces = edges.slice(1).flatMap((end, index) => [...splitter.feed(stream.subarray(edges[index], end))])
      assert.deepEqual(Buffer.concat(pieces.map((piece) => (piece.kind === 'bytes' ? piece.bytes : piece.whole))), stream)
      const wanted = pieces.flatMap((piece) => (piece.kind === 'message' ? [`${piece.type}${piece.body.toString('hex')}`] : []))
      const expected = messages
        .filter(({ type }) => 'CT'.includes(type))
        .map(({ type, body }) => `${type}${Buffer.from(body).toString('hex')}`)
      assert.deepEqual(wanted, expected)
    }),
  )
})
