/** What a door demands of a peer's verified certificate: in its time, of this cluster, and of the right kind. */
import type { X509Certificate } from 'node:crypto'
import { PortunusError } from '#foundation'
import { checkCertificateTime, checkCertificateUsage } from './check-certificate.ts'
import type { HostIdentity, HostRole, Identity, UserIdentity } from './identity.ts'
import { identityFromCertificate } from './identity-from-certificate.ts'
import { agentServerName } from './server-names.ts'
import { parseAlternativeNames } from './alternative-names.ts'

export interface IdentityDemand {
  readonly cluster: string
  readonly now: Date
}

/**
 * The person of a client certificate. Checked on every connection, resumed or not.
 * Throws the errors of `checkCertificateTime`, `checkCertificateUsage` and `identityFromCertificate`, or CERTIFICATE_KIND_REFUSED.
 */
export function requireUserIdentity(
  certificate: X509Certificate | undefined,
  demand: IdentityDemand & { readonly usages: readonly UserIdentity['usage'][] },
): UserIdentity {
  const identity = requireIdentity(certificate, demand)
  if (identity.kind !== 'user') throw refused('it is a host certificate, and this door is for people')
  if (!demand.usages.includes(identity.usage)) {
    throw refused(`it is made for usage "${identity.usage}", and this door wants "${demand.usages.join('" or "')}"`)
  }
  return identity
}

/** The process of a client certificate; throws like `requireUserIdentity`. */
export function requireHostIdentity(
  certificate: X509Certificate | undefined,
  demand: IdentityDemand & { readonly role: HostRole },
): HostIdentity {
  const identity = requireIdentity(certificate, demand)
  if (identity.kind !== 'host') throw refused('it is the certificate of a person, and this door is for hosts')
  if (!identity.roles.includes(demand.role))
    throw refused(`it has the roles "${identity.roles.join(', ')}", and this door wants "${demand.role}"`)
  return identity
}

/**
 * What a client demands of the agent it meets through a splice: the very host it was promised, with the role Db.
 * The chain to the host authority has been verified by TLS. Throws CERTIFICATE_KIND_REFUSED.
 */
export function requireAgentCertificate(certificate: X509Certificate, agent: IdentityDemand & { readonly hostId: string }): void {
  checkCertificateTime(certificate, agent.now)
  checkCertificateUsage(certificate, 'server')
  const identity = identityFromCertificate(certificate)
  const wanted = agentServerName(agent.hostId, agent.cluster)
  const names = parseAlternativeNames(certificate.subjectAltName ?? '') ?? []
  const named = names.some(({ type, value }) => type === 'DNS' && value === wanted)
  if (identity.kind !== 'host' || identity.hostId !== agent.hostId || identity.cluster !== agent.cluster || !named) {
    throw refused(`it is not the certificate of the agent "${agent.hostId}"`)
  }
  if (!identity.roles.includes('Db')) throw refused('the host it names has no role Db')
}

function requireIdentity(certificate: X509Certificate | undefined, demand: IdentityDemand): Identity {
  if (certificate === undefined) throw refused('there is none')
  checkCertificateTime(certificate, demand.now)
  checkCertificateUsage(certificate, 'client')
  const identity = identityFromCertificate(certificate)
  if (identity.cluster !== demand.cluster) throw refused(`it is of cluster "${identity.cluster}", and this is "${demand.cluster}"`)
  return identity
}

function refused(state: string): PortunusError {
  return new PortunusError('CERTIFICATE_KIND_REFUSED', `Cannot accept the certificate of the peer: ${state}`, {
    category: 'unauthenticated',
    hint: 'log in again with: tsh login --proxy=<address>',
  })
}
