/** The Auth Service in this process: its stores, its TLS endpoint, and the identity that tctl uses on this host. */
import { X509Certificate } from 'node:crypto'
import { openSqliteAuditStore } from '#audit-log'
import { openAuthority, type Authority, type StaticToken } from '#authority'
import { identityFromCertificate, type HostRole } from '#certificates'
import { PortunusError, Secret, fromHex, messageOf, toHex, type Address, type Connection, type Listener, type Log } from '#foundation'
import type { AuthPreferenceSpec } from '#resources'
import { openSqliteStore } from '#storage'
import { nodeClock, nodeFiles, nodeNetwork, nodeRandomness, nodeTls, openHttpServer } from '#world'
import type { HostCredentials } from './credentials.ts'
import { dataDirectory } from './data-directory.ts'

export const authorityAlpn = 'portunus-authority/1'

export interface AuthorityServiceOptions {
  readonly dataDirectory: string
  readonly hostId: string
  readonly hostname: string
  readonly clusterName: string
  readonly version: string
  readonly publicAddresses: readonly string[]
  readonly authPreference: Partial<AuthPreferenceSpec>
  readonly staticTokens: readonly StaticToken[]
  readonly listenAddress: Address
  readonly log: Log
}

export interface AuthorityService extends AsyncDisposable {
  readonly authority: Authority
  readonly address: Address
  /** Takes a raw connection whose TLS ends here. */
  accept(connection: Connection): void
  /** Credentials of a service in this very process. */
  localHost(roles: readonly HostRole[]): Promise<HostCredentials>
}

/** Opens the stores (made at the first start), listens, and writes the admin identity. */
export async function startAuthorityService(options: AuthorityServiceOptions): Promise<AuthorityService> {
  const paths = dataDirectory(options.dataDirectory)
  await using opened = new AsyncDisposableStack()
  const secretKey = await readOrMakeSecretKey(paths.secretKey)
  const store = opened.use(await openSqliteStore({ path: paths.authorityStore, clock: nodeClock }))
  const auditStore = opened.use(await openSqliteAuditStore({ path: paths.auditStore, clock: nodeClock }))
  const authority = await openAuthority({
    store,
    auditStore,
    clock: nodeClock,
    randomness: nodeRandomness,
    log: options.log,
    configuration: {
      clusterName: options.clusterName,
      version: options.version,
      publicAddresses: options.publicAddresses,
      authPreference: options.authPreference,
      staticTokens: options.staticTokens,
    },
    secretKey,
  })
  const localHost = (roles: readonly HostRole[]): Promise<HostCredentials> => localHostOf(authority, roles, options)
  const own = await localHost(['Auth'])
  await writeAdminIdentity(await localHost(['Admin']), paths)
  const accept = acceptConnections(authority, own, options.log)
  const listener: Listener = opened.use(await nodeNetwork.listen(options.listenAddress, accept))
  options.log.info('auth service listens', { address: `${listener.address.host}:${listener.address.port}` })
  const lifetime = opened.move()
  return { authority, address: listener.address, accept, localHost, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

async function localHostOf(authority: Authority, roles: readonly HostRole[], options: AuthorityServiceOptions): Promise<HostCredentials> {
  const issued = await authority.issueLocalHost({ hostId: options.hostId, hostname: options.hostname, roles })
  const identity = identityFromCertificate(new X509Certificate(issued.certificatePem))
  if (identity.kind !== 'host') throw new PortunusError('INTERNAL', 'Cannot use the certificate of this host: it is of another kind')
  const keyPair = { certificatePem: issued.certificatePem, privateKeyPem: issued.privateKeyPem.reveal() }
  return {
    identity,
    keyPair: () => keyPair,
    hostAuthoritiesPem: () => authority.trustedAuthorities().host,
    userAuthoritiesPem: () => authority.trustedAuthorities().user,
  }
}

async function writeAdminIdentity(admin: HostCredentials, paths: ReturnType<typeof dataDirectory>): Promise<void> {
  const { certificatePem, privateKeyPem } = admin.keyPair()
  await nodeFiles.writeText(paths.adminKey, privateKeyPem)
  await nodeFiles.writeText(paths.adminCertificate, certificatePem)
  await nodeFiles.writeText(paths.adminAuthority, admin.hostAuthoritiesPem().join('\n'))
}

/** Certificates of hosts and of people open this door; who may do what is decided per operation. */
function acceptConnections(authority: Authority, own: HostCredentials, log: Log): (connection: Connection) => void {
  const acceptor = nodeTls.acceptor({
    identity: own.keyPair,
    clientAuthoritiesPem: () => [...own.hostAuthoritiesPem(), ...own.userAuthoritiesPem()],
    alpn: [authorityAlpn],
  })
  const server = openHttpServer((request, environment: Parameters<typeof authority.app.fetch>[1]) =>
    authority.app.fetch(request, environment),
  )
  return (connection) => {
    acceptor
      .accept(connection)
      .then((secure) => {
        const certificate = secure.peerCertificate
        if (certificate === undefined) throw noCertificate()
        server.serve(secure, { peer: authority.peerOf(certificate, connection.remoteAddress) })
      })
      .catch((error: unknown) => {
        log.info('connection to the auth service refused', { from: connection.remoteAddress, error: messageOf(error) })
        connection.stream.destroy()
      })
  }
}

function noCertificate(): PortunusError {
  return new PortunusError('PEER_CERTIFICATE_MISSING', 'Cannot accept the connection: it shows no certificate', {
    category: 'unauthenticated',
  })
}

const secretKeyLengthBytes = 32

async function readOrMakeSecretKey(path: string): Promise<Secret<Uint8Array>> {
  const text = await nodeFiles.readTextIfPresent(path)
  if (text === undefined) {
    const key = nodeRandomness.bytes(secretKeyLengthBytes)
    await nodeFiles.writeText(path, `${toHex(key)}\n`, { exclusive: true })
    return new Secret(key)
  }
  const key = fromHex(text.trim())
  if (key?.length === secretKeyLengthBytes) return new Secret(key)
  throw new PortunusError(
    'SECRET_KEY_UNREADABLE',
    `Cannot read the secret key in "${path}": it is not ${secretKeyLengthBytes} bytes in hexadecimal`,
    {
      category: 'bad-input',
      hint: 'restore the file from the backup of the data directory',
    },
  )
}
