/** Makes a certificate authority: a self-signed certificate that may sign certificates, and nothing below it may. */
import { Secret, toHex } from '#foundation'
import type { CertificateAuthorityType } from './identity.ts'
import { generateKeyPair, readCertifiableKey } from './key-pair.ts'
import { keyIdentifier, signCertificate } from './sign-certificate.ts'
import { loadX509Library } from './x509-library.ts'
import { subjectName } from './subject-name.ts'

export interface CertificateAuthorityRequest {
  readonly type: CertificateAuthorityType
  readonly cluster: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** 8 to 19 random bytes. */
  readonly serial: Uint8Array
}

export interface CertificateAuthorityMaterial {
  readonly certificatePem: string
  /** PKCS #8. */
  readonly privateKeyPem: Secret<string>
}

/**
 * A new authority with a new ECDSA P-256 key.
 * Its name holds the serial number, so that the old and the new authority of a rotation are never mistaken for each other.
 */
export async function createCertificateAuthority(request: CertificateAuthorityRequest): Promise<CertificateAuthorityMaterial> {
  const library = await loadX509Library()
  const pair = await generateKeyPair()
  const privateKeyPem = new Secret(pair.privateKeyPem)
  const publicKey = readCertifiableKey(pair.publicKeyPem)
  const identifier = await keyIdentifier(library, publicKey)
  const name = subjectName(library, {
    commonName: `${request.type} authority`,
    organization: request.cluster,
    serialNumber: toHex(request.serial),
  })
  const template = {
    ...request,
    subject: name,
    issuer: name,
    publicKey,
    extensions: [
      new library.BasicConstraintsExtension(true, 0, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign | library.KeyUsageFlags.cRLSign, true),
      new library.SubjectKeyIdentifierExtension(identifier),
      new library.AuthorityKeyIdentifierExtension(identifier),
    ],
  }
  return { certificatePem: await signCertificate(library, template, privateKeyPem), privateKeyPem }
}
