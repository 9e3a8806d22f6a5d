/** Certificates that open one database: for a person who has logged in, and for a proxy that speaks for such a person. */
import { X509Certificate } from 'node:crypto'
import { databaseTarget, decideDatabaseAccess, decideDatabaseVisibility, sessionTtlMilliseconds, type AccessSubject } from '#access'
import { databaseSessionStart } from '#audit-events'
import { checkCertificateTime, identityFromCertificate, type DatabaseRoute, type HostIdentity, type UserIdentity } from '#certificates'
import { PortunusError, type Clock, type Randomness } from '#foundation'
import type { Database } from '#resources'
import { failureOf, type AuditTrail } from './audit-trail.ts'
import type { CertificateAuthorities } from './certificate-authorities.ts'
import { later } from './context.ts'
import { distinctDatabases } from './database-listing.ts'
import type { IssuedCertificate, Issuer } from './issue.ts'
import type { Locks } from './locks.ts'
import type { Presence } from './presence.ts'
import type { Subjects } from './subjects.ts'

/** A person with the login certificate the call came with. */
export interface LoggedIn {
  readonly identity: UserIdentity
  readonly subject: AccessSubject
  readonly certificate: X509Certificate
}

export interface DatabaseCertificateRequest {
  readonly publicKeyPem: string
  readonly route: DatabaseRoute
  readonly ttlMilliseconds: number | undefined
}

export interface ProxiedCertificateRequest {
  readonly clientCertificatePem: string
  readonly publicKeyPem: string
  readonly clientAddress: string
}

export interface DatabaseCertificates {
  /** Throws DATABASE_UNKNOWN, DATABASE_REFUSED (with the dimension that refuses), DATABASE_PROTOCOL_MISMATCH, LOCK_IN_FORCE. */
  issue(person: LoggedIn, request: DatabaseCertificateRequest): Promise<IssuedCertificate>
  /** Throws CLIENT_CERTIFICATE_REFUSED, CERTIFICATE_EXPIRED, and what is wrong with the user now. */
  issueProxied(proxy: HostIdentity, request: ProxiedCertificateRequest): Promise<IssuedCertificate>
}

const proxiedTtlMilliseconds = 10 * 60_000

export interface DatabaseCertificatesOptions {
  readonly presence: Presence
  readonly subjects: Subjects
  readonly locks: Locks
  readonly authorities: CertificateAuthorities
  readonly issuer: Issuer
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly randomness: Randomness
  readonly clusterName: string
}

export function openDatabaseCertificates(options: DatabaseCertificatesOptions): DatabaseCertificates {
  return {
    async issue(person, request) {
      const database = await find(request.route, options.presence)
      await refuseForbidden(person, { route: request.route, database, audit: options.audit })
      const { identity, certificate } = person
      const roles = person.subject.roles.map((role) => role.metadata.name)
      const { service, user } = request.route
      const wanted = { user: identity.user, roles, accessRequests: identity.activeRequests, database: service, databaseUser: user }
      await options.locks.refuse(wanted, `open the database "${service}"`)
      const ttl = sessionTtlMilliseconds(person.subject.roles, request.ttlMilliseconds)
      return await options.issuer.issue({
        authority: 'user',
        publicKeyPem: request.publicKeyPem,
        identity: {
          ...identity,
          roles,
          traits: person.subject.traits,
          usage: 'db',
          route: request.route,
          certificateId: options.randomness.uuid(),
          previousExpiry: certificate.validToDate.toISOString(),
        },
        usages: ['client'],
        notAfter: earlier(later(options.clock, ttl), certificate.validToDate),
      })
    },
    async issueProxied(proxy, request) {
      const { identity, certificate } = readClientCertificate(request.clientCertificatePem, options)
      await options.subjects.of(identity)
      return await options.issuer.issue({
        authority: 'user',
        publicKeyPem: request.publicKeyPem,
        identity: {
          ...identity,
          clientAddress: request.clientAddress,
          certificateId: options.randomness.uuid(),
          previousExpiry: identity.previousExpiry ?? certificate.validToDate.toISOString(),
          proxiedBy: proxy.hostId,
        },
        usages: ['client'],
        notAfter: earlier(later(options.clock, proxiedTtlMilliseconds), certificate.validToDate),
      })
    },
  }
}

async function find(route: DatabaseRoute, presence: Presence): Promise<Database> {
  const databases = distinctDatabases(await presence.databaseServers())
  const database = databases.find((candidate) => candidate.metadata.name === route.service)
  if (database === undefined) {
    throw new PortunusError('DATABASE_UNKNOWN', `Cannot open the database "${route.service}": no agent announces it`, {
      category: 'not-found',
      hint: 'see the databases with: tsh db ls',
    })
  }
  if (database.spec.protocol !== route.protocol) {
    throw new PortunusError(
      'DATABASE_PROTOCOL_MISMATCH',
      `Cannot open the database "${route.service}" with "${route.protocol}": it speaks "${database.spec.protocol}"`,
      { category: 'bad-input', hint: 'log in to the database again with: tsh db login' },
    )
  }
  return database
}

/** The whole decision when the route names user and name; otherwise whether the person may see the database at all. */
async function refuseForbidden(
  { identity, subject }: LoggedIn,
  { route, database, audit }: { readonly route: DatabaseRoute; readonly database: Database; readonly audit: AuditTrail },
): Promise<void> {
  const target = databaseTarget(database)
  const { user: databaseUser, name: databaseName } = route
  const decision =
    databaseUser === undefined || databaseName === undefined
      ? decideDatabaseVisibility(subject, target)
      : decideDatabaseAccess(subject, { database: target, databaseUser, databaseName })
  if (decision.allowed) return
  const error = new PortunusError(
    'DATABASE_REFUSED',
    `Cannot open the database "${route.service}" as "${subject.user}": ${decision.reason}`,
    {
      category: 'access-denied',
      hint: decision.hint,
      details: { dimension: decision.dimension },
    },
  )
  const fields = {
    user: identity.user,
    user_kind: 'human',
    client_address: identity.clientAddress,
    certificate_id: identity.certificateId,
  } as const
  const { protocol, uri } = database.spec
  await audit.record(
    databaseSessionStart({
      ...failureOf(error),
      ...fields,
      db_service: route.service,
      db_protocol: protocol,
      db_uri: uri,
      db_user: databaseUser,
      db_name: databaseName,
    }),
  )
  throw error
}

/** The proxy says who the client was; only the client's own certificate is believed. */
function readClientCertificate(
  pem: string,
  options: DatabaseCertificatesOptions,
): { readonly identity: UserIdentity; readonly certificate: X509Certificate } {
  const certificate = parseCertificate(pem)
  const authority = new X509Certificate(options.authorities.of('user').certificatePem)
  if (certificate.ca || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
    throw clientRefused('it is not signed by the user authority of this cluster')
  }
  checkCertificateTime(certificate, options.clock.now())
  const identity = identityFromCertificate(certificate)
  if (identity.kind !== 'user' || identity.usage !== 'db') throw clientRefused('it does not open a database')
  if (identity.cluster !== options.clusterName) throw clientRefused(`it is of cluster "${identity.cluster}"`)
  if (identity.proxiedBy !== undefined) throw clientRefused('it was made for a proxy itself')
  return { identity, certificate }
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw clientRefused('it is not readable')
  }
}

function clientRefused(reason: string): PortunusError {
  return new PortunusError('CLIENT_CERTIFICATE_REFUSED', `Cannot speak for the owner of the client certificate: ${reason}`, {
    category: 'unauthenticated',
    hint: 'log in to the database again with: tsh db login',
  })
}

function earlier(left: Date, right: Date): Date {
  return left < right ? left : right
}
