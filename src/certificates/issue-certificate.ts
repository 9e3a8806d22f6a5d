/** Issues certificates: an authority's signature over a public key, names, an identity and the sides of TLS it may stand on. */
import { X509Certificate } from 'node:crypto'
import type { Extension, JsonGeneralName } from '@peculiar/x509'
import { PortunusError, type Secret } from '#foundation'
import { checkAlternativeNames } from './check-names.ts'
import { extendedKeyUsages, type CertificateUsage } from './check-certificate.ts'
import type { Identity } from './identity.ts'
import { identityToUri } from './identity-uri.ts'
import { readCertifiableKey } from './key-pair.ts'
import { keyIdentifier, signCertificate } from './sign-certificate.ts'
import { exactCommonName, nameLabel, subjectName } from './subject-name.ts'
import { loadX509Library, type X509Library } from './x509-library.ts'

export interface CertificateRequest {
  readonly authority: { readonly certificatePem: string; readonly privateKeyPem: Secret<string> }
  /** SubjectPublicKeyInfo: ECDSA P-256, or RSA of at least 2048 bits. */
  readonly publicKeyPem: string
  /** A label beside an identity; without one it is taken as it is, or refused. */
  readonly commonName: string
  readonly identity?: Identity
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
  /** 8 to 19 random bytes. */
  readonly serial: Uint8Array
  readonly usages: readonly CertificateUsage[]
}

/**
 * PEM of a certificate that passes `openssl verify -x509_strict`. Times are cut to whole seconds.
 * Throws CERTIFICATE_KEY_REFUSED, CERTIFICATE_NAME_REFUSED, CERTIFICATE_IDENTITY_REFUSED, CERTIFICATE_USAGE_MISSING,
 * CERTIFICATE_SERIAL_REFUSED, CERTIFICATE_VALIDITY_REFUSED, CERTIFICATE_AUTHORITY_REFUSED.
 */
export async function issueCertificate(request: CertificateRequest): Promise<string> {
  checkAuthority(request.authority.certificatePem)
  checkAlternativeNames(request.dnsNames ?? [], request.ipAddresses ?? [])
  if (request.usages.length === 0) {
    throw new PortunusError(
      'CERTIFICATE_USAGE_MISSING',
      `Cannot make the certificate "${request.commonName}": it would be good for nothing`,
    )
  }
  const publicKey = readCertifiableKey(request.publicKeyPem)
  const commonName = request.identity === undefined ? exactCommonName(request.commonName) : exactCommonName(nameLabel(request.commonName))
  const names = alternativeNames(request)
  const library = await loadX509Library()
  const template = {
    ...request,
    subject: subjectName(library, { commonName }),
    issuer: new library.X509Certificate(request.authority.certificatePem).subjectName,
    publicKey,
    extensions: await leafExtensions(library, request, { publicKey, names }),
  }
  return await signCertificate(library, template, request.authority.privateKeyPem)
}

async function leafExtensions(
  library: X509Library,
  request: CertificateRequest,
  parts: { readonly publicKey: Uint8Array<ArrayBuffer>; readonly names: readonly JsonGeneralName[] },
): Promise<readonly Extension[]> {
  return [
    new library.BasicConstraintsExtension(false, undefined, true),
    new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
    new library.ExtendedKeyUsageExtension([...new Set(request.usages)].map((usage) => extendedKeyUsages[usage])),
    new library.SubjectKeyIdentifierExtension(await keyIdentifier(library, parts.publicKey)),
    new library.AuthorityKeyIdentifierExtension(authorityKeyIdentifier(library, request.authority.certificatePem)),
    ...(parts.names.length === 0 ? [] : [new library.SubjectAlternativeNameExtension([...parts.names])]),
  ]
}

function alternativeNames(request: CertificateRequest): readonly JsonGeneralName[] {
  return [
    ...(request.identity === undefined ? [] : [{ type: 'url' as const, value: identityToUri(request.identity) }]),
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
}

function checkAuthority(certificatePem: string): void {
  const certificate = new X509Certificate(certificatePem)
  if (!certificate.ca) throw authorityRefused(certificate.serialNumber, 'it is no certificate authority')
}

function authorityKeyIdentifier(library: X509Library, certificatePem: string): string {
  const certificate = new library.X509Certificate(certificatePem)
  const extension = certificate.getExtension(library.SubjectKeyIdentifierExtension)
  if (extension === null) throw authorityRefused(certificate.serialNumber, 'it has no key identifier')
  return extension.keyId
}

function authorityRefused(serialNumber: string, reason: string): PortunusError {
  return new PortunusError('CERTIFICATE_AUTHORITY_REFUSED', `Cannot issue a certificate under the authority "${serialNumber}": ${reason}`)
}
