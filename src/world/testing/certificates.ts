/** Authorities and certificates for the tests of this room. */
import { randomBytes } from 'node:crypto'
import { createCertificateAuthority, generateKeyPair, issueCertificate, type CertificateRequest } from '#certificates'
import type { KeyPairPem } from '#foundation'

export type TestAuthority = CertificateRequest['authority']

export const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * 3_600_000)

export function makeAuthority(): Promise<TestAuthority> {
  return createCertificateAuthority({
    type: 'host',
    cluster: 'test.example.com',
    notBefore: hoursFromNow(-24),
    notAfter: hoursFromNow(24),
    serial: randomBytes(16),
  })
}

export async function makeCredential(authority: TestAuthority, request: Partial<CertificateRequest> = {}): Promise<KeyPairPem> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const certificatePem = await issueCertificate({
    authority,
    publicKeyPem,
    commonName: 'somebody',
    notBefore: hoursFromNow(-2),
    notAfter: hoursFromNow(2),
    serial: randomBytes(16),
    usages: ['client'],
    ...request,
  })
  return { certificatePem, privateKeyPem }
}
