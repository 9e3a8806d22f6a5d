/** Who a certificate speaks for: a person (for logging in, or for one database) or a process of the cluster. */

/** The four authorities of a cluster, each rotated on its own. */
export type CertificateAuthorityType = 'host' | 'user' | 'db' | 'db_client'

/** The database a certificate of usage `db` is good for; user and name are defaults that the startup packet overrides. */
export interface DatabaseRoute {
  readonly service: string
  readonly protocol: string
  readonly user?: string
  readonly name?: string
}

/** A person. Usage `db` always carries a route, usage `login` never does. */
export interface UserIdentity {
  readonly kind: 'user'
  readonly user: string
  readonly roles: readonly string[]
  readonly traits: Readonly<Record<string, readonly string[]>>
  readonly cluster: string
  readonly usage: 'login' | 'db'
  readonly route?: DatabaseRoute
  /** The address the person came from, as the proxy saw it. */
  readonly clientAddress?: string
  /** A UUID; names the certificate in audit events. */
  readonly certificateId: string
  /** RFC 3339; the end of the login this certificate was derived from. */
  readonly previousExpiry?: string
  /** Host id of the proxy that terminated the client and speaks for the person. */
  readonly proxiedBy?: string
  /** Ids of the access requests whose roles are among the roles; never empty. */
  readonly activeRequests?: readonly string[]
}

export type HostRole = 'Auth' | 'Proxy' | 'Db' | 'Admin'

/** A process of the cluster. The host id is one DNS label. */
export interface HostIdentity {
  readonly kind: 'host'
  readonly hostId: string
  readonly hostname: string
  readonly cluster: string
  readonly roles: readonly HostRole[]
  /** A UUID; names the certificate in audit events. */
  readonly certificateId: string
}

export type Identity = UserIdentity | HostIdentity
