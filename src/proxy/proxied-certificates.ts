/** Certificates by which the proxy speaks for a client whose TLS ended at the proxy; one per client certificate, kept. */
import type { X509Certificate } from 'node:crypto'
import type { Clock, KeyPairPem } from '#foundation'
import type { ProxyOptions } from './proxy-options.ts'

const renewBeforeMilliseconds = 60_000
const certificatesMax = 10_000

export interface ProxiedCertificates {
  for(certificate: X509Certificate, clientAddress: string): Promise<KeyPairPem>
}

type Needs = Pick<ProxyOptions, 'authority' | 'generateKeyPair'> & { readonly clock: Clock }

export function openProxiedCertificates(options: Needs): ProxiedCertificates {
  const known = new Map<string, { readonly material: Promise<KeyPairPem>; validUntil: number }>()
  const issue = async (certificate: X509Certificate, clientAddress: string, key: string): Promise<KeyPairPem> => {
    const { privateKeyPem, publicKeyPem } = await options.generateKeyPair()
    const clientCertificatePem = certificate.toString()
    const issued = await options.authority.issueProxiedCertificate({ clientCertificatePem, publicKeyPem, clientAddress })
    const entry = known.get(key)
    if (entry !== undefined) entry.validUntil = Date.parse(issued.validUntil)
    return { certificatePem: issued.certificatePem, privateKeyPem }
  }
  return {
    for(certificate, clientAddress) {
      // The address is inside the certificate and ends up in the audit log, so it is part of the key.
      const key = `${certificate.fingerprint256} ${clientAddress.slice(0, clientAddress.lastIndexOf(':'))}`
      const found = known.get(key)
      if (found !== undefined && found.validUntil - renewBeforeMilliseconds > options.clock.now().getTime()) return found.material
      if (known.size >= certificatesMax) known.clear()
      const material = issue(certificate, clientAddress, key)
      known.set(key, { material, validUntil: Number.POSITIVE_INFINITY })
      material.catch(() => known.delete(key))
      return material
    },
  }
}
