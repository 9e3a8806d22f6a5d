/**
 * The one file where TLS endpoints are made. Servers are unlistening `tls.createServer`s fed with `emit('connection')`:
 * a bare `new TLSSocket({ isServer: true })` would let a stranger's certificate in.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { X509Certificate, constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import tls from 'node:tls'
import {
  PortunusError,
  messageOf,
  type Connection,
  type Tls,
  type TlsAcceptor,
  type TlsAcceptorOptions,
  type TlsConnectOptions,
  type TlsConnection,
} from '#foundation'
import { tidyWhileReading } from './read-buffers.ts'
import { checkServerName, tlsConnectError } from './tls-server-check.ts'

const handshakeMillisecondsMax = 15_000
const contextsMax = 64

/**
 * Protocols of our own have our own programs at both ends, and nobody who has to be let in with an older TLS: with 1.3
 * no certificate, and so no name of a person, goes over the wire in clear (RFC 8446, section 2).
 */
function versionMin(alpn: readonly string[] | undefined): 'TLSv1.2' | 'TLSv1.3' {
  const isOurs = alpn !== undefined && alpn.length > 0 && alpn.every((protocol) => protocol.startsWith('portunus-'))
  return isOurs ? 'TLSv1.3' : 'TLSv1.2'
}

export const nodeTls: Tls = { acceptor, connect }

interface PendingHandshake {
  readonly connection: Connection
  readonly resolve: (connection: TlsConnection) => void
  readonly reject: (error: unknown) => void
}

function acceptor(options: TlsAcceptorOptions): TlsAcceptor {
  const pending = new AsyncLocalStorage<PendingHandshake>()
  const handshakes = new WeakMap<object, PendingHandshake>()
  let materials = serverMaterials(options)
  const server = tls.createServer({
    ...materials.context,
    requestCert: options.clientAuthoritiesPem !== undefined,
    rejectUnauthorized: options.clientAuthoritiesPem !== undefined,
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
    handshakeTimeout: options.handshakeMillisecondsMax ?? handshakeMillisecondsMax,
  })
  server.on('secureConnection', (socket) => {
    const handshake = pending.getStore()
    if (handshake === undefined) socket.destroy()
    else handshake.resolve(tlsConnectionOf(socket, handshake.connection.remoteAddress))
  })
  server.on('tlsClientError', (error, socket) => {
    socket.destroy()
    const handshake = handshakeUnder(socket, handshakes) ?? (isLoss(error, socket) ? undefined : pending.getStore())
    handshake?.connection.stream.destroy()
    handshake?.reject(clientRefused(handshake.connection, socket.authorizationError ?? error))
  })
  return {
    accept(connection) {
      const current = serverMaterials(options)
      if (current.fingerprint !== materials.fingerprint) {
        materials = current
        server.setSecureContext(current.context)
      }
      return new Promise((resolve, reject) => {
        const handshake = { connection, resolve, reject }
        handshakes.set(connection.stream, handshake)
        // A refused certificate closes the connection before it is told of, so its words are waited for.
        const closed = (): void => reject(clientRefused(connection, new Error('the client closed the connection')))
        connection.stream.once('close', () => setImmediate(closed))
        pending.run(handshake, () => server.emit('connection', connection.stream))
      })
    },
  }
}

function serverMaterials(options: TlsAcceptorOptions): { context: tls.SecureContextOptions; fingerprint: string } {
  const identity = options.identity()
  const authorities = options.clientAuthoritiesPem?.()
  return {
    fingerprint: [identity.certificatePem, ...(authorities ?? [])].join('\n'),
    context: {
      key: identity.privateKeyPem,
      cert: identity.certificatePem,
      minVersion: versionMin(options.alpn),
      // A resumed session would stay authorised after its client certificate has expired, so there are no tickets here.
      ...(authorities === undefined ? {} : { ca: [...authorities], secureOptions: constants.SSL_OP_NO_TICKET }),
    },
  }
}

/** The handshake of a socket over TCP that failed. No public name tells the stream below; not finding it would cost words in the log. */
function handshakeUnder(socket: tls.TLSSocket, handshakes: WeakMap<object, PendingHandshake>): PendingHandshake | undefined {
  const under: unknown = '_parent' in socket ? socket._parent : undefined
  return typeof under === 'object' && under !== null ? handshakes.get(under) : undefined
}

/** A mere loss may be told while an event of another connection is handled, so that the context would name the wrong handshake. */
function isLoss(error: Error, socket: tls.TLSSocket): boolean {
  const isUnverified = socket.authorizationError === undefined || socket.authorizationError === null
  return isUnverified && 'code' in error && error.code === 'ECONNRESET'
}

function clientRefused(connection: Connection, cause: unknown): PortunusError {
  return new PortunusError('TLS_CLIENT_REFUSED', `Cannot accept TLS from "${connection.remoteAddress}": ${refusalText(cause)}`, {
    category: 'unauthenticated',
    cause,
  })
}

const refusalTexts: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  INVALID_PURPOSE: 'its certificate is not for clients',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it shows no certificate',
}

/** OpenSSL tells of certificates in codes, and of the rest in texts with the names of its source files. */
function refusalText(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return refusalTexts[code] ?? messageOf(cause)
}

function tlsConnectionOf(socket: tls.TLSSocket, remoteAddress: string): TlsConnection {
  socket.on('error', ignore) // each user of the stream adds its own listener; a late reset must not end the process
  socket.setNoDelay(true)
  tidyWhileReading(socket)
  return {
    stream: socket,
    peerCertificate: peerCertificateOf(socket),
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    remoteAddress,
    exportKeyingMaterial: (lengthBytes, label) => new Uint8Array(socket.exportKeyingMaterial(lengthBytes, label, Buffer.alloc(0))),
  }
}

function peerCertificateOf(socket: tls.TLSSocket): X509Certificate | undefined {
  const certificate: unknown = socket.getPeerX509Certificate()
  return certificate instanceof X509Certificate ? certificate : undefined
}

function ignore(): void {}

const contexts = new Map<string, tls.SecureContext>()

/** Contexts cost about 1.6 ms of CPU each, so the ones in use are kept. */
function clientContext(options: TlsConnectOptions): tls.SecureContext {
  const authorities = options.authoritiesPem ?? publicAuthorities()
  const minVersion = versionMin(options.alpn)
  const key = [minVersion, options.identity?.certificatePem ?? '', ...(options.authoritiesPem ?? ['public'])].join('\n')
  const known = contexts.get(key)
  if (known !== undefined) return known
  const context = tls.createSecureContext({
    minVersion,
    ca: [...authorities],
    ...(options.identity === undefined ? {} : { cert: options.identity.certificatePem, key: options.identity.privateKeyPem }),
  })
  if (contexts.size >= contextsMax) contexts.delete(contexts.keys().next().value ?? '')
  contexts.set(key, context)
  return context
}

/** Node's bundled roots, NODE_EXTRA_CA_CERTS, and the file of SSL_CERT_FILE as other Unix programs read it. */
function publicAuthorities(): readonly string[] {
  const roots = tls.getCACertificates('default')
  const path = process.env['SSL_CERT_FILE']
  if (path === undefined || path === '') return roots
  try {
    return [...roots, readFileSync(path, 'utf8')]
  } catch (error) {
    throw new PortunusError('TLS_ROOTS_UNREADABLE', `Cannot read the certificate file "${path}" of SSL_CERT_FILE: ${messageOf(error)}`, {
      category: 'bad-input',
      cause: error,
      hint: 'unset SSL_CERT_FILE, or point it to a readable PEM file',
    })
  }
}

async function connect(connection: Connection, options: TlsConnectOptions): Promise<TlsConnection> {
  try {
    return await handshake(connection, options)
  } catch (error) {
    connection.stream.destroy()
    throw tlsConnectError(connection, options, error)
  }
}

function handshake(connection: Connection, options: TlsConnectOptions): Promise<TlsConnection> {
  const deadline = AbortSignal.timeout(handshakeMillisecondsMax)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: connection.stream,
      secureContext: clientContext(options),
      servername: isIP(options.serverName) === 0 ? options.serverName : '', // RFC 6066, section 3: no addresses
      rejectUnauthorized: options.insecure !== true,
      checkServerIdentity: (_serverName, certificate) =>
        checkServerName(options.serverName, new X509Certificate(certificate.raw), options.verifyPeer),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
    })
    const settle = (): void => {
      signal.removeEventListener('abort', stop)
      socket.removeListener('error', fail)
      socket.removeListener('close', closed)
      socket.removeListener('secureConnect', succeed)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', ignore)
      socket.destroy()
      reject(error)
    }
    const closed = (): void => fail(new Error('the server closed the connection during the handshake'))
    const stop = (): void => fail(new Error('the handshake did not finish in time', { cause: signal.reason }))
    const succeed = (): void => {
      settle()
      resolve(tlsConnectionOf(socket, connection.remoteAddress))
    }
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once('secureConnect', succeed)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** The chain a server presents, leaf first, nothing verified: only for finding a pinned authority in it. */
export async function presentedChain(connection: Connection, serverName: string): Promise<readonly X509Certificate[]> {
  const options: TlsConnectOptions = { serverName, insecure: true, alpn: ['http/1.1'] }
  const { stream, peerCertificate } = await connect(connection, options)
  stream.destroy()
  const chain: X509Certificate[] = []
  // `getPeerCertificate(true)` would be empty here: Node gives the chain away once, and it went into peerCertificate.
  for (let certificate = peerCertificate; certificate !== undefined && chain.length < 10; certificate = certificate.issuerCertificate) {
    chain.push(certificate)
  }
  return chain
}
