/** What a proxy is made of: its names, its credentials, and the world it is given. */
import type { AuthorityClient, RevocationView } from '#authority-api'
import type { Clock, Connection, KeyPairPem, Log, Randomness, Tls, TlsConnection } from '#foundation'
import type { OpenControlClient } from '#tunnel'
import type { ConnectionCapOptions } from './connection-cap.ts'

/** The operations a proxy calls itself. */
export type ProxyAuthority = Pick<AuthorityClient, 'listDatabaseServers' | 'getRolesForAgent' | 'issueProxiedCertificate'>

/** Serves HTTP over accepted connections; made by the world. */
export type ServeHttp = <E>(handler: (request: Request, environment: E) => Response | Promise<Response>) => {
  serve(connection: TlsConnection, environment: E): void
}

export interface ProxyOptions {
  readonly clusterName: string
  readonly authority: ProxyAuthority
  /** Who is cut off; asked before anything is dialled for somebody. */
  readonly revocations: RevocationView
  /** Takes a raw connection whose TLS ends at the authority. */
  readonly handToAuthority: (connection: Connection) => void
  readonly credentials: ProxyCredentials
  /** Answers web requests: pages and the web API. */
  readonly webHandler: (request: Request, environment: { readonly remoteAddress: string }) => Response | Promise<Response>
  readonly generateKeyPair: () => Promise<{ readonly privateKeyPem: string; readonly publicKeyPem: string }>
  readonly serveHttp: ServeHttp
  readonly openControlClient: OpenControlClient
  /** As many connections of strangers as one address may hold; the default is generous. */
  readonly connectionCap?: ConnectionCapOptions
  readonly tls: Tls
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

/** Read afresh for every handshake, so that renewals and rotations need no restart. */
export interface ProxyCredentials {
  readonly host: () => KeyPairPem
  readonly web: () => KeyPairPem
  readonly hostAuthoritiesPem: () => readonly string[]
  readonly userAuthoritiesPem: () => readonly string[]
}
