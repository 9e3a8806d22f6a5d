/** Events of the cluster itself: people, invitations, tokens, hosts and certificates. */

/** Who did it. A host is named by its host id and cluster. */
export interface ActorFields {
  readonly user: string
  readonly user_kind?: 'human' | 'host' | undefined
  /** Where the actor's connection came from. */
  readonly client_address?: string | undefined
}

/** How it went: `error` is our message, only where it did not succeed. */
export interface StatusFields {
  readonly success: boolean
  readonly error?: string | undefined
  /** The code of the error, such as `ACCESS_DENIED`. */
  readonly error_code?: string | undefined
}

export interface UserLogin extends ActorFields, StatusFields {
  readonly event: 'user.login'
  readonly code: 'T1000I' | 'T1000W'
  readonly method: 'local'
  readonly expires?: string | undefined
  /** The failure was one too many: the network that is shut out from this name now, or `strangers` for all that are not known. */
  readonly locked_out?: string | undefined
  /** RFC 3339. */
  readonly locked_until?: string | undefined
}

/** `name` is the user who was created, changed or deleted; `user` is who did it. */
export interface UserChange extends ActorFields {
  readonly event: 'user.create' | 'user.update' | 'user.delete' | 'user.reset'
  readonly code: 'T1002I' | 'T1003I' | 'T1004I' | 'TPU01I'
  readonly name: string
  readonly roles?: readonly string[] | undefined
}

export interface InviteCreate extends ActorFields {
  readonly event: 'invite.create'
  readonly code: 'TPI01I'
  readonly name: string
  readonly usage?: string | undefined
  readonly expires?: string | undefined
}

export interface InviteRedeemed extends ActorFields, StatusFields {
  readonly event: 'invite.redeemed'
  readonly code: 'TPI02I' | 'TPI02W'
  readonly usage?: string | undefined
}

/** `name` is masked: a token's value is a secret. */
export interface TokenChange extends ActorFields {
  readonly event: 'token.create' | 'token.delete'
  readonly code: 'TPT01I' | 'TPT02I'
  readonly name: string
  readonly roles?: readonly string[] | undefined
  readonly expires?: string | undefined
}

export interface HostJoin extends StatusFields {
  readonly event: 'join'
  readonly code: 'TJ001I' | 'TJ001W'
  readonly host_id: string
  readonly hostname?: string | undefined
  readonly roles: readonly string[]
  readonly method: 'token'
  readonly client_address?: string | undefined
}

export interface CertificateCreate extends ActorFields {
  readonly event: 'cert.create'
  readonly code: 'TC000I'
  readonly cert_type: 'user' | 'db' | 'proxied' | 'host'
  readonly certificate_id: string
  readonly expires: string
  readonly roles?: readonly string[] | undefined
  readonly db_service?: string | undefined
  readonly db_user?: string | undefined
  readonly db_name?: string | undefined
  /** Host id of the proxy that speaks for the person. */
  readonly proxied_by?: string | undefined
  /** Ids of the access requests whose roles the certificate has. */
  readonly access_requests?: readonly string[] | undefined
}

/** An operation of the authority that the actor's roles do not allow. */
export interface AccessDenied extends ActorFields, StatusFields {
  readonly event: 'access.denied'
  readonly code: 'TPA01W'
  readonly operation: string
  readonly resource?: string | undefined
  readonly verb?: string | undefined
}

/** `name` is the lock; `target` says whom or what it keeps out, such as `user "alice"`. */
export interface LockChange extends ActorFields {
  readonly event: 'lock.created' | 'lock.deleted'
  readonly code: 'TLK00I' | 'TLK01I'
  readonly name: string
  readonly target: string
  readonly reason?: string | undefined
  readonly expires?: string | undefined
}

/** An administrator ended somebody's database session; the agent adds a `client.disconnect` when it has. */
export interface SessionKill extends ActorFields {
  readonly event: 'session.kill'
  readonly code: 'TPS01I'
  readonly sid: string
  readonly reason: string
}

/** `name` is the database resource. */
export interface DatabaseChange extends ActorFields {
  readonly event: 'db.create' | 'db.update' | 'db.delete'
  readonly code: 'TDB03I' | 'TDB04I' | 'TDB05I'
  readonly name: string
  readonly db_protocol?: string | undefined
  readonly db_uri?: string | undefined
  readonly db_labels?: Readonly<Record<string, string>> | undefined
}

export type ClusterEventBody =
  | UserLogin
  | UserChange
  | InviteCreate
  | InviteRedeemed
  | TokenChange
  | HostJoin
  | CertificateCreate
  | AccessDenied
  | LockChange
  | SessionKill
  | DatabaseChange
