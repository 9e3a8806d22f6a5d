/** ClientHellos of real TLS clients, cut in every way, and hostile ones. */
import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import tls from 'node:tls'
import fc from 'fast-check'
import { clientHelloBytesMax, readClientHello } from './client-hello.ts'
import { selectProtocol } from './protocol-selection.ts'

function helloOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const [client, server] = duplexPair()
  const socket = tls.connect({ socket: client, ...options })
  socket.on('error', () => {})
  return new Promise((resolve) => {
    server.once('data', (chunk: Buffer) => {
      socket.destroy()
      resolve(chunk)
    })
  })
}

const hello = await helloOf({ servername: 'Ticket.relay.portunus.internal', ALPNProtocols: ['portunus-relay/1', 'h2'] })

test('server name and ALPN names of a real client are read', () => {
  assert.deepEqual(readClientHello(hello), {
    kind: 'client-hello',
    serverName: 'ticket.relay.portunus.internal',
    alpn: ['portunus-relay/1', 'h2'],
  })
})

test('a client that names nothing is understood too', async () => {
  const plain = await helloOf({})
  assert.deepEqual(readClientHello(plain), { kind: 'client-hello', serverName: undefined, alpn: [] })
})

test('a hello cut anywhere asks for more', () => {
  for (let length = 0; length < hello.length; length++) {
    assert.equal(readClientHello(hello.subarray(0, length)).kind, 'need-more', `cut at ${length}`)
  }
})

test('a hello spread over several records is put together', () => {
  const message = hello.subarray(5)
  const records: Buffer[] = []
  for (let offset = 0; offset < message.length; offset += 100) {
    const part = message.subarray(offset, offset + 100)
    records.push(Buffer.concat([Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 0xff]), part]))
  }
  assert.deepEqual(readClientHello(Buffer.concat(records)), readClientHello(hello))
})

test('a hello longer than any honest one is refused instead of awaited', () => {
  const huge = Buffer.alloc(clientHelloBytesMax + 10, 1)
  huge.set([0x16, 3, 1, 0x40, 0x00, 1, 0, 0x3f, 0xff])
  huge.set([0x16, 3, 1, 0x40, 0x00], 5 + 0x4000)
  assert.notEqual(readClientHello(huge).kind, 'client-hello')
})

test('no bytes at all make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      readClientHello(bytes)
      selectProtocol(bytes)
    }),
    { numRuns: 3000 },
  )
})

test('a damaged hello makes the reader answer, not throw', () => {
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (index, value) => {
      const damaged = Buffer.from(hello)
      damaged[index] = value
      readClientHello(damaged)
    }),
    { numRuns: 3000 },
  )
})

const firstBytes: readonly [string, Uint8Array, string][] = [
  ['SSLRequest is PostgreSQL', Buffer.from('0000000804d2162f', 'hex'), 'postgres'],
  ['GSSENCRequest is PostgreSQL', Buffer.from('0000000804d21630', 'hex'), 'postgres'],
  ['CancelRequest with a long key (protocol 3.2) is PostgreSQL', Buffer.from('0000002c04d2162e0000', 'hex'), 'postgres'],
  ['a startup packet without TLS is PostgreSQL, to be answered in words', Buffer.from('0000002900030000', 'hex'), 'postgres'],
  ['a dial-back waits for its whole preface', Buffer.from('PTDB\u0001'), 'need-more'],
  ['a whole preface is a dial-back', Buffer.concat([Buffer.from('PTDB'), Buffer.alloc(49)]), 'dial-back'],
  ['plain HTTP is told apart', Buffer.from('GET / HTTP/1.1\r\n'), 'http'],
  ['SSH is unknown', Buffer.from('SSH-2.0-OpenSSH'), 'unknown'],
  ['a real ClientHello is TLS', hello, 'tls'],
]
for (const [sentence, bytes, kind] of firstBytes) {
  test(sentence, () => assert.equal(selectProtocol(bytes).kind, kind))
}
