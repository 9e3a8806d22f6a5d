/** The authority: opens its parts over a store and answers the operations of the table. */
import { X509Certificate } from 'node:crypto'
import * as z from 'zod'
import {
  createAuthorityClient,
  createAuthorityServer,
  transportTo,
  type AuthorityApp,
  type AuthorityClient,
  type Peer,
  type Refusal,
} from '#authority-api'
import { identityFromCertificate, type HostIdentity } from '#certificates'
import { PortunusError } from '#foundation'
import { actorOfIdentity, failureOf } from './audit-trail.ts'
import type { TrustedAuthorities } from './certificate-authorities.ts'
import { openCollection } from './collection.ts'
import type { AuthorityOptions } from './context.ts'
import { createHandlers } from './handlers.ts'
import type { LocalHost } from './hosts.ts'
import { openParts, type AuthorityParts } from './parts.ts'
import { makeWebCertificate, type WebCertificate, type WebCertificateRequest } from './web-certificate.ts'

export interface Authority extends AsyncDisposable {
  readonly clusterName: string
  /** `app.fetch(request, { peer })`. */
  readonly app: AuthorityApp
  /** A client in this process, which calls as this peer and passes the same permission check. */
  clientFor(peer: Peer): AuthorityClient
  /**
   * The peer of a certificate that TLS has verified. A person's certificate must be of the user authority and a host's of the host
   * authority, whichever of them TLS was satisfied with. Throws PEER_REFUSED, CERTIFICATE_IDENTITY_UNREADABLE.
   */
  peerOf(certificate: X509Certificate, remoteAddress: string): Peer
  trustedAuthorities(): TrustedAuthorities
  issueLocalHost(host: { readonly roles: HostIdentity['roles']; readonly hostname: string; readonly hostId?: string }): Promise<LocalHost>
  webCertificate(request: WebCertificateRequest): Promise<WebCertificate>
}

/** Throws CLUSTER_NAME_CHANGED, SECRET_UNREADABLE, SECRET_KEY_MALFORMED. The store stays the caller's to close. */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { clusterName } = options.configuration
  await rememberClusterName(options)
  const parts = await openParts(options)
  const app = createAuthorityServer(createHandlers(parts), {
    clusterName,
    now: () => options.clock.now(),
    subjectOf: (identity) => parts.subjects.of(identity),
    log: options.log,
    onRefused: (refusal) => recordRefusal(refusal, parts),
  })
  return {
    clusterName,
    app,
    clientFor: (peer) => createAuthorityClient(transportTo(app, peer)),
    peerOf: (certificate, remoteAddress) => peerOf(certificate, { parts, remoteAddress }),
    trustedAuthorities: () => parts.authorities.trusted(),
    issueLocalHost: (host) => parts.hosts.issueLocal(host),
    webCertificate: (request) => makeWebCertificate(request, { ...options, authorities: parts.authorities }),
    // The stores belong to the caller, and nothing else is open.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

const clusterRecord = z.object({ name: z.string() })

/** The name is in every certificate: under another one nothing issued before would be accepted. */
async function rememberClusterName({ store, configuration }: AuthorityOptions): Promise<void> {
  const records = openCollection(store, { prefix: 'cluster', parse: (input) => clusterRecord.parse(input), print: (value) => value })
  const name = configuration.clusterName
  const kept = await records.change('name', (current) => (current === undefined ? { value: { name } } : undefined))
  if (kept === undefined || kept.name === name) return
  throw new PortunusError('CLUSTER_NAME_CHANGED', `Cannot start the cluster "${name}": this data directory belongs to "${kept.name}"`, {
    category: 'bad-input',
    hint: `set auth_service.cluster_name to ${kept.name}, or start with another data_dir`,
  })
}

function peerOf(certificate: X509Certificate, options: { readonly parts: AuthorityParts; readonly remoteAddress: string }): Peer {
  const identity = identityFromCertificate(certificate)
  const authority = new X509Certificate(options.parts.authorities.of(identity.kind).certificatePem)
  if (certificate.checkIssued(authority) && certificate.verify(authority.publicKey)) {
    return { identity, certificate, remoteAddress: options.remoteAddress }
  }
  throw new PortunusError(
    'PEER_REFUSED',
    `Cannot accept the certificate "${certificate.serialNumber}": it is not signed by the ${identity.kind} authority of this cluster`,
    { category: 'unauthenticated', hint: 'run: tsh login' },
  )
}

async function recordRefusal({ operation, peer, error }: Refusal, parts: AuthorityParts): Promise<void> {
  const actor = peer.identity === undefined ? { user: 'unknown' } : actorOfIdentity(peer.identity)
  await parts.audit.record({
    event: 'access.denied',
    code: 'TPA01W',
    ...actor,
    client_address: peer.remoteAddress,
    operation,
    ...failureOf(error),
  })
}
