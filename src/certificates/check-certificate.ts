/** What TLS leaves to us after the chain is verified: whether a certificate is in its time, and what it may be used for. */
import type { X509Certificate } from 'node:crypto'
import { PortunusError } from '#foundation'

export type CertificateUsage = 'client' | 'server'

/** Extended key usages (RFC 5280, section 4.2.1.12). */
export const extendedKeyUsages: Readonly<Record<CertificateUsage, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
}

/**
 * Throws CERTIFICATE_EXPIRED or CERTIFICATE_NOT_YET_VALID (both unauthenticated).
 * Every door calls it on every connection: a resumed TLS session stays authorised after its certificate has expired.
 */
export function checkCertificateTime(certificate: X509Certificate, now: Date): void {
  if (now >= certificate.validToDate) {
    throw new PortunusError(
      'CERTIFICATE_EXPIRED',
      `Cannot accept the certificate "${certificate.serialNumber}": it expired at ${certificate.validToDate.toISOString()}`,
      { category: 'unauthenticated', hint: 'run tsh login --proxy=<address> to get a new certificate' },
    )
  }
  if (now < certificate.validFromDate) {
    throw new PortunusError(
      'CERTIFICATE_NOT_YET_VALID',
      `Cannot accept the certificate "${certificate.serialNumber}": it is valid from ${certificate.validFromDate.toISOString()}`,
      { category: 'unauthenticated', hint: 'set the clock of this machine and of the cluster' },
    )
  }
}

/** The TLS sides a certificate may be used for; empty when it names none, for ours always name theirs. */
export function certificateUsages(certificate: X509Certificate): readonly CertificateUsage[] {
  const present = (certificate.keyUsage as readonly string[] | undefined) ?? []
  return (['client', 'server'] as const).filter((usage) => present.includes(extendedKeyUsages[usage]))
}

/** Throws CERTIFICATE_USAGE_REFUSED (unauthenticated) unless the certificate may be used for that side of TLS. */
export function checkCertificateUsage(certificate: X509Certificate, usage: CertificateUsage): void {
  if (certificateUsages(certificate).includes(usage)) return
  throw new PortunusError(
    'CERTIFICATE_USAGE_REFUSED',
    `Cannot accept the certificate "${certificate.serialNumber}" as a ${usage} certificate: it is not made for that`,
    { category: 'unauthenticated' },
  )
}
