/** The parts of the authority, wired by hand: each gets what it uses. */
import type { AuditStore } from '#audit-log'
import type { Clock } from '#foundation'
import { openAccessRequests, type AccessRequests } from './access-requests.ts'
import { openAdministration, type Administration } from './administration.ts'
import { openAssumedCertificates, type AssumedCertificates } from './assumed-certificates.ts'
import { openAuditTrail, type AuditTrail } from './audit-trail.ts'
import { openAuthPreferences, type AuthPreferences } from './auth-preferences.ts'
import { openCertificateAuthorities, type CertificateAuthorities } from './certificate-authorities.ts'
import type { AuthorityConfiguration, AuthorityOptions } from './context.ts'
import { openCredentials, type Credentials } from './credentials.ts'
import { openDatabaseCertificates, type DatabaseCertificates } from './database-certificates.ts'
import { openDynamicDatabases, type DynamicDatabases } from './dynamic-databases.ts'
import { openHosts, type Hosts } from './hosts.ts'
import { openInvites, type Invites } from './invites.ts'
import { openIssuer, type Issuer } from './issue.ts'
import { openLocks, type Locks } from './locks.ts'
import { openLoginAttempts, type LoginAttempts } from './login-attempts.ts'
import { openLogins, type Logins } from './logins.ts'
import { openPresence, type Presence } from './presence.ts'
import { openRateLimiter, type RateLimiter } from './rate-limit.ts'
import { openRevocationFeed, type RevocationFeed } from './revocation-feed.ts'
import { openRoles, type Roles } from './roles.ts'
import { openSealedBox } from './sealed-box.ts'
import { openSessionPresence, type SessionPresence } from './session-presence.ts'
import { openSubjects, type Subjects } from './subjects.ts'
import { openTokens, type Tokens } from './tokens.ts'
import { openUsers, type Users } from './users.ts'

export interface AuthorityParts {
  readonly configuration: AuthorityConfiguration
  readonly clock: Clock
  readonly auditStore: AuditStore
  readonly audit: AuditTrail
  readonly authorities: CertificateAuthorities
  readonly users: Users
  readonly roles: Roles
  readonly administration: Administration
  readonly authPreferences: AuthPreferences
  readonly accessRequests: AccessRequests
  readonly assumedCertificates: AssumedCertificates
  readonly subjects: Subjects
  readonly credentials: Credentials
  readonly attempts: LoginAttempts
  readonly invites: Invites
  readonly logins: Logins
  readonly tokens: Tokens
  readonly issuer: Issuer
  readonly hosts: Hosts
  readonly presence: Presence
  readonly dynamicDatabases: DynamicDatabases
  readonly databaseCertificates: DatabaseCertificates
  readonly locks: Locks
  readonly sessionPresence: SessionPresence
  readonly revocationFeed: RevocationFeed
  /** For calls that need no certificate. */
  readonly strangers: RateLimiter
}

const strangerCallsPerMinute = 20

/** Makes the authorities at the first start, and the presets whole at every start. */
export async function openParts(options: AuthorityOptions): Promise<AuthorityParts> {
  const { store, auditStore, clock, randomness, log, configuration } = options
  const { clusterName } = configuration
  const box = openSealedBox(options.secretKey, randomness)
  const authorities = await openCertificateAuthorities(store, { clusterName, clock, randomness, box })
  const audit = openAuditTrail({ auditStore, clock, randomness, clusterName })
  const issuer = openIssuer({ authorities, audit, clock, randomness })
  const roles = openRoles(store)
  await roles.repairPresets()
  const users = openUsers(store, { clock, roles })
  const locks = openLocks(store, { clock, randomness })
  const accessRequests = openAccessRequests(store, { roles, clock, randomness })
  const subjects = openSubjects({ users, roles, clock, locks, accessRequests })
  const credentials = openCredentials(store, { clock, randomness, box })
  const attempts = openLoginAttempts(store, { clock, users })
  const presence = openPresence(store, clock)
  const authPreferences = openAuthPreferences(store, configuration.authPreference ?? {})
  const tokens = openTokens(store, { clock, randomness, staticTokens: configuration.staticTokens ?? [] })
  const accountHost = async (): Promise<string> => withoutPort(await publicAddress({ presence, configuration }))
  const callsPerMinute = configuration.strangerCallsPerMinute ?? strangerCallsPerMinute
  return {
    configuration,
    clock,
    auditStore,
    audit,
    authorities,
    users,
    roles,
    administration: openAdministration({ users, roles }),
    authPreferences,
    accessRequests,
    assumedCertificates: openAssumedCertificates({ accessRequests, users, roles, locks, issuer, clock, randomness }),
    subjects,
    credentials,
    attempts,
    presence,
    dynamicDatabases: openDynamicDatabases(store),
    tokens,
    issuer,
    invites: openInvites(store, { clock, randomness, box, credentials, users, clusterName, accountHost }),
    logins: openLogins({ authPreferences, users, locks, roles, credentials, attempts, issuer, audit, log, clock, randomness, clusterName }),
    hosts: openHosts(store, { tokens, issuer, audit, clock, randomness, clusterName }),
    databaseCertificates: openDatabaseCertificates({
      presence,
      locks,
      subjects,
      authorities,
      issuer,
      audit,
      clock,
      randomness,
      clusterName,
    }),
    locks,
    sessionPresence: openSessionPresence(store, clock),
    revocationFeed: openRevocationFeed(store, clock),
    strangers: openRateLimiter({ clock, callsPerMinute, burst: callsPerMinute * 2 }),
  }
}

const unknownProxy = '<proxyhost>:3080'

/** Where people reach a proxy: as the one announced last says, else as the configuration says. */
export async function publicAddress(parts: Pick<AuthorityParts, 'presence' | 'configuration'>): Promise<string> {
  const [proxy] = await parts.presence.proxies()
  return proxy?.publicAddress ?? parts.configuration.publicAddresses[0] ?? unknownProxy
}

function withoutPort(address: string): string {
  return address.replace(/:\d+$/, '')
}
