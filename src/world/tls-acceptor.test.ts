/** Servers of TLS: who is let in, who is not and why, and that no handshake is taken for another. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { before, describe, test } from 'node:test'
import tls from 'node:tls'
import { PortunusError, type KeyPairPem, type TlsAcceptor, type TlsConnection } from '#foundation'
import { hoursFromNow, makeAuthority, makeCredential, type TestAuthority } from './testing/certificates.ts'
import { pairs, type ConnectionPair } from './testing/connection-pair.ts'
import { nodeTls } from './tls.ts'

const serverName = 'server.test'
let authority: TestAuthority
let stranger: TestAuthority
let server: KeyPairPem
before(async () => {
  authority = await makeAuthority()
  stranger = await makeAuthority()
  server = await makeCredential(authority, { dnsNames: [serverName], usages: ['server'] })
})

function openAcceptor(options: Partial<Parameters<typeof nodeTls.acceptor>[0]> = {}): TlsAcceptor {
  return nodeTls.acceptor({ identity: () => server, clientAuthoritiesPem: () => [authority.certificatePem], ...options })
}

/** Runs the client's side of a handshake; a server that refuses lets it fail or not, as TLS versions differ. */
function connectTo({ client }: ConnectionPair, identity: KeyPairPem | undefined): Promise<TlsConnection | undefined> {
  return nodeTls.connect(client, { serverName, authoritiesPem: [authority.certificatePem], identity }).catch(() => undefined)
}

function commonNameOf(connection: TlsConnection): string {
  return /CN=(.*)/.exec(connection.peerCertificate?.subject ?? '')?.[1] ?? ''
}

const refusedClients: readonly (readonly [string, () => Promise<KeyPairPem | undefined>, RegExp])[] = [
  ['no certificate', async () => undefined, /shows no certificate/],
  ["a stranger's certificate", () => makeCredential(stranger), /authority that is not trusted/],
  ['an expired certificate', () => makeCredential(authority, { notAfter: hoursFromNow(-1) }), /has expired/],
  ['a certificate that is not valid yet', () => makeCredential(authority, { notBefore: hoursFromNow(1) }), /not valid yet/],
  ['a certificate for servers only', () => makeCredential(authority, { usages: ['server'] }), /not for clients/],
]

for (const [place, openPair] of Object.entries(pairs)) {
  describe(`an acceptor ${place}`, () => {
    test('lets the right certificate in and shows it', async () => {
      const credential = await makeCredential(authority, { commonName: 'alice' })
      using pair = await openPair()
      const [accepted, connected] = await Promise.all([openAcceptor().accept(pair.server), connectTo(pair, credential)])
      assert.equal(accepted.peerCertificate?.fingerprint256, new X509Certificate(credential.certificatePem).fingerprint256)
      connected?.stream.write('ping')
      const [chunk] = await once(accepted.stream, 'data')
      assert.equal(String(chunk), 'ping')
      const key = accepted.exportKeyingMaterial(32, 'EXPORTER-test')
      assert.deepEqual(key, connected?.exportKeyingMaterial(32, 'EXPORTER-test'))
    })

    for (const [what, make, words] of refusedClients) {
      test(`refuses ${what}, says why, and reads nothing of it`, async () => {
        const credential = await make()
        using pair = await openPair()
        const accepting = openAcceptor().accept(pair.server)
        const connecting = connectTo(pair, credential).then((connected) => connected?.stream.write('secret'))
        await assert.rejects(accepting, (error: unknown) => {
          assert.ok(error instanceof PortunusError)
          assert.equal(error.code, 'TLS_CLIENT_REFUSED')
          assert.equal(error.category, 'unauthenticated')
          assert.match(error.message, words)
          return true
        })
        await connecting
        assert.equal(pair.server.stream.destroyed, true)
      })
    }

    test('refuses a client that leaves in the middle', async () => {
      using pair = await openPair()
      const accepting = openAcceptor({ handshakeMillisecondsMax: 200 }).accept(pair.server)
      pair.client.stream.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
      setImmediate(() => pair.client.stream.destroy())
      await assert.rejects(accepting, { code: 'TLS_CLIENT_REFUSED' })
    })

    test('refuses a client that stays silent, in time', async () => {
      using pair = await openPair()
      await assert.rejects(openAcceptor({ handshakeMillisecondsMax: 30 }).accept(pair.server), { code: 'TLS_CLIENT_REFUSED' })
      assert.equal(pair.server.stream.destroyed, true)
    })

    test('reads its materials afresh for every handshake', async () => {
      let identity = server
      let trusted = authority
      const acceptor = openAcceptor({ identity: () => identity, clientAuthoritiesPem: () => [trusted.certificatePem] })
      const handshake = async (credential: KeyPairPem): Promise<readonly [PromiseSettledResult<TlsConnection>, string]> => {
        using pair = await openPair()
        const [accepted, connected] = await Promise.all([Promise.allSettled([acceptor.accept(pair.server)]), connectTo(pair, credential)])
        return [accepted[0], connected === undefined ? '' : commonNameOf(connected)]
      }
      const old = await makeCredential(authority)
      const [first, firstName] = await handshake(old)
      assert.deepEqual([first.status, firstName], ['fulfilled', 'somebody'])
      identity = await makeCredential(authority, { commonName: 'renewed', dnsNames: [serverName], usages: ['server'] })
      const [second, secondName] = await handshake(old)
      assert.deepEqual([second.status, secondName], ['fulfilled', 'renewed'])
      trusted = stranger
      assert.equal((await handshake(old))[0].status, 'rejected')
      assert.equal((await handshake(await makeCredential(stranger)))[0].status, 'fulfilled')
    })

    test('does not mix up handshakes that run at once', async () => {
      const acceptor = openAcceptor()
      const names = Array.from({ length: 24 }, (_, index) => `client-${index}`)
      const credentials = await Promise.all(
        names.map((commonName, index) => makeCredential(index % 4 === 3 ? stranger : authority, { commonName })),
      )
      using stack = new DisposableStack()
      const opened = await Promise.all(names.map(async () => stack.use(await openPair())))
      const accepting = Promise.allSettled(opened.map((pair) => acceptor.accept(pair.server)))
      await Promise.all(opened.map((pair, index) => connectTo(pair, credentials[index])))
      const accepted = (await accepting).map((result) => (result.status === 'fulfilled' ? commonNameOf(result.value) : 'refused'))
      assert.deepEqual(
        accepted,
        names.map((name, index) => (index % 4 === 3 ? 'refused' : name)),
      )
    })

    test('lets a handshake finish while another one is broken off from inside its events', async () => {
      const acceptor = openAcceptor({ handshakeMillisecondsMax: 1000 })
      const credential = await makeCredential(authority)
      using doomed = await openPair()
      using kept = await openPair()
      const results = Promise.allSettled([acceptor.accept(doomed.server), acceptor.accept(kept.server)])
      doomed.client.stream.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
      await nodeTls.connect(kept.client, {
        serverName,
        authoritiesPem: [authority.certificatePem],
        identity: credential,
        verifyPeer: () => void doomed.client.stream.destroy(),
      })
      const [first, second] = await results
      assert.deepEqual([first?.status, second?.status], ['rejected', 'fulfilled'])
    })
  })
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session is never resumed, so that no certificate outlives its end (${version})`, async () => {
    const acceptor = openAcceptor()
    const credential = await makeCredential(authority)
    const connect = async (session: Buffer | undefined): Promise<{ readonly reused: boolean; readonly session: Buffer | undefined }> => {
      using pair = await pairs['over TCP']()
      const accepting = acceptor.accept(pair.server)
      const socket = tls.connect({
        socket: pair.client.stream,
        servername: serverName,
        ca: authority.certificatePem,
        cert: credential.certificatePem,
        key: credential.privateKeyPem,
        minVersion: version,
        maxVersion: version,
        ...(session === undefined ? {} : { session }),
      })
      let kept: Buffer | undefined
      socket.on('session', (given: Buffer) => (kept = given))
      await once(socket, 'secureConnect')
      const { stream } = await accepting
      stream.end('end')
      socket.resume()
      await once(socket, 'end')
      const reused = socket.isSessionReused()
      kept ??= socket.getSession()
      return { reused, session: kept }
    }
    const first = await connect(undefined)
    assert.equal((await connect(first.session)).reused, false)
  })
}

test('without client authorities nobody is asked for a certificate', async () => {
  const acceptor = nodeTls.acceptor({ identity: () => server, alpn: ['h2', 'http/1.1'] })
  using pair = await pairs['in memory']()
  const [accepted, connected] = await Promise.all([
    acceptor.accept(pair.server),
    nodeTls.connect(pair.client, { serverName, authoritiesPem: [authority.certificatePem], alpn: ['http/1.1'] }),
  ])
  assert.equal(accepted.peerCertificate, undefined)
  assert.deepEqual([accepted.alpn, connected.alpn], ['http/1.1', 'http/1.1'])
})

for (const [alpn, version, expected] of [
  ['portunus-relay/1', 'TLSv1.2', 'refused'],
  ['portunus-relay/1', 'TLSv1.3', 'TLSv1.3'],
  ['h2', 'TLSv1.2', 'TLSv1.2'],
  ['postgresql', 'TLSv1.2', 'TLSv1.2'],
] as const) {
  test(`a server of ${alpn} answers ${version} with: ${expected}`, async () => {
    const acceptor = nodeTls.acceptor({ identity: () => server, alpn: [alpn] })
    using pair = await pairs['over TCP']()
    acceptor.accept(pair.server).catch(() => {})
    const socket = tls.connect({
      socket: pair.client.stream,
      servername: serverName,
      ca: authority.certificatePem,
      ALPNProtocols: [alpn],
      minVersion: version,
      maxVersion: version,
    })
    const seen = await Promise.race([
      once(socket, 'secureConnect').then(() => socket.getProtocol()),
      once(socket, 'error').then(() => 'refused'),
    ]).catch(() => 'refused')
    socket.on('error', () => {})
    assert.equal(seen, expected)
  })
}

test('a client of a protocol of ours does not show its certificate to a server of TLS 1.2', async () => {
  const credential = await makeCredential(authority)
  const old = tls.createServer({
    cert: server.certificatePem,
    key: server.privateKeyPem,
    maxVersion: 'TLSv1.2',
    ALPNProtocols: ['portunus-proxy/1'],
  })
  old.on('tlsClientError', () => {})
  using pair = await pairs['over TCP']()
  old.emit('connection', pair.server.stream)
  const options = { serverName, authoritiesPem: [authority.certificatePem], identity: credential, alpn: ['portunus-proxy/1'] }
  await assert.rejects(nodeTls.connect(pair.client, options), { code: 'TLS_FAILED' })
})
