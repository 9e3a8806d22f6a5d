/** Authorities, keys, identities and certificates for the tests of this room. */
import { randomBytes, X509Certificate } from 'node:crypto'
import { createCertificateAuthority } from '../create-certificate-authority.ts'
import type { CertificateAuthorityMaterial } from '../create-certificate-authority.ts'
import type { CertificateAuthorityType, HostIdentity, UserIdentity } from '../identity.ts'
import { issueCertificate, type CertificateRequest } from '../issue-certificate.ts'
import { generateKeyPair } from '../key-pair.ts'

const hour = 3_600_000

export const now = new Date('2026-11-22T12:00:00Z')
export const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds)

export const alice: UserIdentity = {
  kind: 'user',
  user: 'alice',
  roles: ['access', 'requester'],
  traits: { db_users: ['alice', 'role/my-iam-role'], db_names: ['*'] },
  cluster: 'example.com',
  usage: 'login',
  certificateId: '0c5a9f1c-6a0a-4f4e-9b1c-0d7a8f6b2f11',
}

export const agent: HostIdentity = {
  kind: 'host',
  hostId: '3f2b8f0e-8f57-4b0d-9a53-f3f0a1f4c0aa',
  hostname: 'agent-1',
  cluster: 'example.com',
  roles: ['Db'],
  certificateId: 'a2d0b6f2-3f0e-4a33-8b55-7d8fcb9f6d55',
}

export function serial(): Uint8Array {
  return randomBytes(16)
}

export async function sampleAuthority(type: CertificateAuthorityType = 'user'): Promise<CertificateAuthorityMaterial> {
  return await createCertificateAuthority({
    type,
    cluster: 'example.com',
    notBefore: later(-hour),
    notAfter: later(10 * 365 * 24 * hour),
    serial: serial(),
  })
}

export async function sampleCertificate(
  authority: CertificateAuthorityMaterial,
  request: Partial<CertificateRequest> = {},
): Promise<{ readonly pem: string; readonly certificate: X509Certificate; readonly privateKeyPem: string }> {
  const pair = await generateKeyPair()
  const pem = await issueCertificate({
    authority,
    publicKeyPem: pair.publicKeyPem,
    commonName: 'sample',
    notBefore: later(-60_000),
    notAfter: later(12 * hour),
    serial: serial(),
    usages: ['client'],
    ...request,
  })
  return { pem, certificate: new X509Certificate(pem), privateKeyPem: pair.privateKeyPem }
}
