/** Clients of TLS: which servers are believed, and how a refusal reads. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { PortunusError, type KeyPairPem, type TlsConnectOptions, type TlsConnection } from '#foundation'
import { hoursFromNow, makeAuthority, makeCredential, type TestAuthority } from './testing/certificates.ts'
import { pairs } from './testing/connection-pair.ts'
import { nodeTls, presentedChain } from './tls.ts'

let authority: TestAuthority
before(async () => {
  authority = await makeAuthority()
})

type Server = Partial<Parameters<typeof makeCredential>[1]> & { readonly alpn?: string }

function serverCredential({ alpn: _alpn, ...request }: Server = {}, issuer = authority): Promise<KeyPairPem> {
  return makeCredential(issuer, { dnsNames: ['db.test'], usages: ['server'], ...request })
}

/** Connects to a server with this certificate; on success the connection is closed again. */
async function connectTo(server: KeyPairPem, options: Partial<TlsConnectOptions> = {}): Promise<TlsConnection> {
  using pair = await pairs['over TCP']()
  const acceptor = nodeTls.acceptor({ identity: () => server, alpn: ['postgresql'] })
  acceptor.accept(pair.server).catch(() => {})
  return await nodeTls.connect(pair.client, { serverName: 'db.test', authoritiesPem: [authority.certificatePem], ...options })
}

// The roots are read once in a process, so this comes first.
test('SSL_CERT_FILE adds authorities, and one that cannot be read is told by its path', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'portunus-tls-'))
  const before = process.env['SSL_CERT_FILE']
  context.after(async () => {
    if (before === undefined) delete process.env['SSL_CERT_FILE']
    else process.env['SSL_CERT_FILE'] = before
    await rm(directory, { recursive: true })
  })
  process.env['SSL_CERT_FILE'] = join(directory, 'missing.pem')
  const server = await serverCredential()
  await assert.rejects(connectTo(server, { authoritiesPem: undefined }), { code: 'TLS_ROOTS_UNREADABLE', message: /missing\.pem/ })
  const path = join(directory, 'authority.pem')
  await writeFile(path, authority.certificatePem)
  process.env['SSL_CERT_FILE'] = path
  await connectTo(server, { authoritiesPem: undefined })
})

describe('a server is believed', () => {
  const believed: readonly (readonly [string, Server, Partial<TlsConnectOptions>])[] = [
    ['by its name', {}, {}],
    ['by a wildcard', { dnsNames: ['*.db.test'] }, { serverName: 'a.db.test' }],
    ['by its IPv4 address', { dnsNames: [], ipAddresses: ['127.0.0.1'] }, { serverName: '127.0.0.1' }],
    ['by its IPv6 address', { dnsNames: [], ipAddresses: ['2001:db8::1'] }, { serverName: '2001:db8::1' }],
    ['by whoever is told to look at it', { dnsNames: ['another.test'] }, { verifyPeer: () => {} }],
    ['by nobody but taken all the same with --insecure', { notAfter: hoursFromNow(-1) }, { insecure: true, serverName: 'other.test' }],
  ]
  for (const [how, server, options] of believed) {
    test(how, async () => {
      const { peerCertificate } = await connectTo(await serverCredential(server), options)
      assert.ok(peerCertificate)
    })
  }
})

describe('a server is refused', () => {
  const refused: readonly (readonly [string, () => Promise<KeyPairPem>, Partial<TlsConnectOptions>, string, RegExp])[] = [
    [
      'with an unknown authority',
      async () => serverCredential({}, await makeAuthority()),
      {},
      'TLS_SERVER_UNTRUSTED',
      /certificate signed by unknown authority/,
    ],
    ['with another name', () => serverCredential({ dnsNames: ['other.test'] }), {}, 'TLS_SERVER_NAME_MISMATCH', /is for "DNS:other\.test"/],
    [
      'with a wildcard for another level',
      () => serverCredential({ dnsNames: ['*.db.test'] }),
      {},
      'TLS_SERVER_NAME_MISMATCH',
      /\*\.db\.test/,
    ],
    [
      'with a common name only',
      () => serverCredential({ dnsNames: [], commonName: 'db.test' }),
      {},
      'TLS_CERTIFICATE_LEGACY_COMMON_NAME',
      /x509: certificate relies on legacy Common Name field, use SANs instead/,
    ],
    ['that has expired', () => serverCredential({ notAfter: hoursFromNow(-1) }), {}, 'TLS_SERVER_EXPIRED', /has expired/],
    ['that is not valid yet', () => serverCredential({ notBefore: hoursFromNow(1) }), {}, 'TLS_SERVER_EXPIRED', /not valid yet/],
    ['with a certificate for clients only', () => serverCredential({ usages: ['client'] }), {}, 'TLS_FAILED', /purpose/],
    [
      'by its address when only its name is certified',
      () => serverCredential(),
      { serverName: '127.0.0.1' },
      'TLS_SERVER_NAME_MISMATCH',
      /127/,
    ],
    [
      'by an address that stands in the certificate as a name',
      () => serverCredential({ dnsNames: ['127.0.0.1'] }),
      { serverName: '127.0.0.1' },
      'TLS_SERVER_NAME_MISMATCH',
      /127/,
    ],
    [
      'by whoever is told to look at it',
      () => serverCredential(),
      {
        verifyPeer: () => {
          throw new PortunusError('AGENT_ODD', 'Cannot believe the agent')
        },
      },
      'AGENT_ODD',
      /believe/,
    ],
    [
      'for its authority even where somebody else looks at its name',
      async () => serverCredential({}, await makeAuthority()),
      { verifyPeer: () => {} },
      'TLS_SERVER_UNTRUSTED',
      /unknown authority/,
    ],
    [
      'that does not speak the wanted protocol',
      () => serverCredential(),
      { alpn: ['portunus-relay/1'] },
      'TLS_FAILED',
      /alert no application protocol/,
    ],
    ['when there is no more time', () => serverCredential(), { signal: AbortSignal.abort() }, 'TLS_FAILED', /in time/],
  ]
  for (const [what, server, options, code, words] of refused) {
    test(what, async () => {
      await assert.rejects(connectTo(await server(), options), (error: unknown) => {
        assert.ok(error instanceof PortunusError)
        assert.equal(error.code, code, error.message)
        assert.match(error.message, words)
        return true
      })
    })
  }

  for (const [what, answer] of [
    ['that is none', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['that says nothing and leaves', ''],
  ] as const) {
    test(what, async () => {
      using pair = await pairs['in memory']()
      pair.server.stream.once('data', () => pair.server.stream.end(answer))
      await assert.rejects(nodeTls.connect(pair.client, { serverName: 'db.test', authoritiesPem: [authority.certificatePem] }), {
        code: 'TLS_FAILED',
      })
      assert.equal(pair.client.stream.destroyed, true)
    })
  }
})

test('the legacy certificate of an old RDS database gets the hint of the guide', async () => {
  const connecting = connectTo(await serverCredential({ dnsNames: [], commonName: 'db.test' }))
  await assert.rejects(connecting, (error: unknown) => error instanceof PortunusError && /July 28, 2020/.test(error.hint ?? ''))
})

test('the chain a server presents can be looked at without believing it', async () => {
  const unknown = await makeAuthority()
  const server = await serverCredential({}, unknown)
  using pair = await pairs['over TCP']()
  const identity = { ...server, certificatePem: server.certificatePem + unknown.certificatePem }
  nodeTls
    .acceptor({ identity: () => identity, alpn: ['http/1.1'] })
    .accept(pair.server)
    .catch(() => {})
  const chain = await presentedChain(pair.client, 'db.test')
  assert.deepEqual(
    chain.map(({ ca }) => ca),
    [false, true],
  )
})
