/** What an agent is made of: its databases, its credentials, and the ports it needs filled. */
import type { AuditEvent } from '#audit-events'
import type { AuthorityClient, RevocationView } from '#authority-api'
import type { RedshiftLoginPlan } from '#aws-model'
import type { HostIdentity } from '#certificates'
import type { Clock, KeyPairPem, Log, Network, Randomness, Secret, Tls } from '#foundation'
import type { Database } from '#resources'

/** The operations an agent calls. */
export type AgentAuthority = Pick<
  AuthorityClient,
  'upsertDatabaseServer' | 'deleteDatabaseServer' | 'getDatabasesForAgent' | 'getRolesForAgent' | 'appendAuditEvents' | 'reportSessions'
>

/** Temporary credentials of Redshift for a plan (AWS: GetClusterCredentials, GetClusterCredentialsWithIAM). */
export interface RedshiftLogins {
  /** `fresh` asks AWS even when a kept password would do. */
  issue(plan: RedshiftLoginPlan, options: { readonly signal: AbortSignal; readonly fresh: boolean }): Promise<DatabaseLogin>
}

/** How the database is logged in to: its user there and the password, good for logging in until `expires`. */
export interface DatabaseLogin {
  readonly user: string
  readonly password: Secret<string>
  readonly expires: Date
}

/** The write-ahead journal, as the agent uses it (filled by audit-log). */
export interface SessionJournal {
  append(event: AuditEvent): void
  /** `provisional`: the event as it stands while its outcome is unknown, as JSON. */
  beginStatement(statement: { readonly uid: string; readonly provisional: string }): void
  /** `changed`: what the event says otherwise than the provisional one, where that is known. */
  finishStatement(event: AuditEvent, changed?: Readonly<Record<string, unknown>>): void
  /** Throws AUDIT_WRITE_FAILED. */
  flushSync(): void
}

/** Labels that choose a database, and the role it is reached by instead of its own. */
export interface DatabaseMatcher {
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly assumeRoleArn: string | undefined
  readonly externalId: string | undefined
}

export interface AgentOptions {
  readonly identity: HostIdentity
  readonly version: string
  readonly databases: readonly Database[]
  /** Which databases of the cluster are served beside them; none unless given. */
  readonly databaseMatchers?: readonly DatabaseMatcher[]
  /** Read afresh for every handshake. */
  readonly credentials: {
    readonly host: () => KeyPairPem
    readonly userAuthoritiesPem: () => readonly string[]
  }
  readonly authority: AgentAuthority
  /** Who is cut off; asked before every session and followed during it. */
  readonly revocations: RevocationView
  /** How long live sessions may go on when the agent stops; 10 s unless told. */
  readonly drainMilliseconds?: number | undefined
  readonly redshiftLogins: RedshiftLogins
  readonly journal: SessionJournal
  /** Runs a callback when the events of this turn of the event loop have been handled. */
  readonly atEndOfTurn: (callback: () => void) => void
  readonly createHash: () => { update(bytes: Uint8Array): void; digestHex(): string }
  readonly md5Hex: (bytes: Uint8Array) => string
  readonly network: Network
  readonly tls: Tls
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}
