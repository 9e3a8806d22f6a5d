/** The proxy's own API: how much of a request it reads. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createCertificateAuthority, generateKeyPair, issueCertificate } from '#certificates'
import { answerProxyApi } from './proxy-api.ts'

const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')]
const authority = await createCertificateAuthority({
  type: 'user',
  cluster: 'test',
  notBefore,
  notAfter,
  serial: new Uint8Array(16).fill(1),
})
const { publicKeyPem } = await generateKeyPair()
const certificatePem = await issueCertificate({
  authority,
  publicKeyPem,
  commonName: 'alice',
  identity: {
    kind: 'user',
    user: 'alice',
    roles: ['access'],
    traits: {},
    cluster: 'test',
    usage: 'login',
    certificateId: '00000000-0000-4000-8000-000000000001',
  },
  notBefore,
  notAfter,
  serial: new Uint8Array(16).fill(2),
  usages: ['client'],
})

function ask(body: string | ReadableStream<Uint8Array>): Promise<Response> {
  const request = new Request('https://proxy/v1/cancel', { method: 'POST', body, duplex: 'half' })
  const connection = {
    stream: new PassThrough(),
    peerCertificate: new X509Certificate(certificatePem),
    alpn: undefined,
    remoteAddress: '192.0.2.1:1',
    exportKeyingMaterial: () => new Uint8Array(0),
  }
  return answerProxyApi(request, connection, {
    clusterName: 'test',
    connect: () => Promise.reject(new Error('not asked for')),
    tickets: { issue: () => ({ ticket: '', serverName: '' }), redeem: () => undefined, [Symbol.dispose]() {} },
    cancel: () => Promise.resolve(true),
    now: () => notBefore,
    onUnexpected: (error) => assert.fail(String(error)),
  })
}

test('a body without a length is read up to its limit and no further', async () => {
  let sentBytes = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sentBytes += 1024
      controller.enqueue(new Uint8Array(1024).fill(0x20))
    },
  })
  const answer = await ask(endless)
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /REQUEST_MALFORMED/)
  assert.ok(sentBytes < 32_768, `read ${sentBytes} bytes`)
})

for (const [what, body, status] of [
  ['a good one', '{"processId":1,"secretKeyHex":"00112233"}', 200],
  ['no JSON', '{', 400],
  ['no object', '[]', 400],
  ['nothing', '', 400],
  ['a key that is too short', '{"processId":1,"secretKeyHex":"00"}', 400],
] as const) {
  test(`a request with ${what} is answered with ${status}`, async () => {
    assert.equal((await ask(body)).status, status)
  })
}
