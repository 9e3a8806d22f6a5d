/** Certificates for people and hosts: the template, the signature and its line in the audit log. It decides nothing. */
import { X509Certificate } from 'node:crypto'
import type { CertificateCreate } from '#audit-events'
import { issueCertificate, type CertificateAuthorityType, type CertificateUsage, type Identity, type UserIdentity } from '#certificates'
import type { Clock, Randomness } from '#foundation'
import { actorOfIdentity, type AuditTrail } from './audit-trail.ts'
import { clockSkewMilliseconds, type CertificateAuthorities } from './certificate-authorities.ts'

export interface IssuedCertificate {
  readonly certificatePem: string
  readonly validUntil: Date
}

export interface IssueRequest {
  readonly authority: CertificateAuthorityType
  readonly publicKeyPem: string
  readonly identity: Identity
  readonly usages: readonly CertificateUsage[]
  readonly dnsNames?: readonly string[]
  readonly notAfter: Date
}

export interface Issuer {
  /** Throws CERTIFICATE_KEY_REFUSED, and AUDIT errors: what cannot be recorded is not handed out. */
  issue(request: IssueRequest): Promise<IssuedCertificate>
}

const serialBytes = 16

export function openIssuer(options: {
  readonly authorities: CertificateAuthorities
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly randomness: Randomness
}): Issuer {
  const { authorities, audit, clock, randomness } = options
  return {
    async issue(request) {
      const certificatePem = await issueCertificate({
        authority: authorities.of(request.authority),
        publicKeyPem: request.publicKeyPem,
        commonName: request.identity.kind === 'user' ? request.identity.user : request.identity.hostId,
        identity: request.identity,
        dnsNames: request.dnsNames ?? [],
        notBefore: new Date(clock.now().getTime() - clockSkewMilliseconds),
        notAfter: request.notAfter,
        serial: randomness.bytes(serialBytes),
        usages: request.usages,
      })
      const validUntil = new X509Certificate(certificatePem).validToDate
      await audit.record(certificateCreated(request.identity, validUntil))
      return { certificatePem, validUntil }
    },
  }
}

function certificateCreated(identity: Identity, validUntil: Date): CertificateCreate {
  const base = {
    event: 'cert.create',
    code: 'TC000I',
    ...actorOfIdentity(identity),
    certificate_id: identity.certificateId,
    expires: validUntil.toISOString(),
    roles: identity.roles,
  } as const
  if (identity.kind === 'host') return { ...base, cert_type: 'host' }
  return {
    ...base,
    client_address: identity.clientAddress,
    cert_type: certificateTypeOf(identity),
    db_service: identity.route?.service,
    db_user: identity.route?.user,
    db_name: identity.route?.name,
    proxied_by: identity.proxiedBy,
    access_requests: identity.activeRequests,
  }
}

function certificateTypeOf(identity: UserIdentity): CertificateCreate['cert_type'] {
  if (identity.usage === 'login') return 'user'
  return identity.proxiedBy === undefined ? 'db' : 'proxied'
}
