/** Turns a template into a signed certificate: the parts every certificate of ours has in common (RFC 5280, section 4). */
import { webcrypto } from 'node:crypto'
import type { Extension, Name } from '@peculiar/x509'
import { PortunusError, toHex, type Secret } from '#foundation'
import type { X509Library } from './x509-library.ts'

export interface CertificateTemplate {
  readonly subject: Name
  readonly issuer: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly notBefore: Date
  readonly notAfter: Date
  readonly serial: Uint8Array
  readonly extensions: readonly Extension[]
}

// At least 64 random bits (CA/Browser Forum baseline requirements, 7.1); at most 20 octets with a sign octet (RFC 5280, 4.1.2.2).
const serialBytesMin = 8
const serialBytesMax = 19

/** PEM of the signed certificate. Throws CERTIFICATE_SERIAL_REFUSED, CERTIFICATE_VALIDITY_REFUSED. */
export async function signCertificate(library: X509Library, template: CertificateTemplate, signingKeyPem: Secret<string>): Promise<string> {
  checkSerial(template.serial)
  checkValidity(template.notBefore, template.notAfter)
  const certificate = await library.X509CertificateGenerator.create({
    serialNumber: toHex(template.serial),
    subject: template.subject,
    issuer: template.issuer,
    notBefore: template.notBefore,
    notAfter: template.notAfter,
    publicKey: template.publicKey,
    signingKey: await importSigningKey(signingKeyPem),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [...template.extensions],
  })
  return `${certificate.toString('pem')}\n`
}

/** The identifier of a key: SHA-1 over the bits of its SubjectPublicKeyInfo (RFC 5280, section 4.2.1.2, method 1). */
export async function keyIdentifier(library: X509Library, publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await library.PublicKey.create(publicKey)
  return toHex(new Uint8Array(await key.getKeyIdentifier()))
}

function checkSerial(serial: Uint8Array): void {
  if (serial.length >= serialBytesMin && serial.length <= serialBytesMax && serial.some((byte) => byte !== 0)) return
  throw new PortunusError(
    'CERTIFICATE_SERIAL_REFUSED',
    `Cannot make a certificate with the serial number "${toHex(serial)}": expected ${serialBytesMin} to ${serialBytesMax} random bytes`,
  )
}

function checkValidity(notBefore: Date, notAfter: Date): void {
  if (notBefore < notAfter) return
  const interval = [notBefore, notAfter].map((time) => (Number.isNaN(time.getTime()) ? 'no time' : time.toISOString())).join(' to ')
  throw new PortunusError('CERTIFICATE_VALIDITY_REFUSED', `Cannot make a certificate valid from "${interval}": it would never be valid`, {
    category: 'bad-input',
  })
}

async function importSigningKey(privateKeyPem: Secret<string>): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(privateKeyPem.reveal().replaceAll(/-----[A-Z ]+-----/g, ''), 'base64')
  return await webcrypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
}
