/** Takes the identity out of a certificate that TLS has already verified. */
import type { X509Certificate } from 'node:crypto'
import { PortunusError } from '#foundation'
import { parseAlternativeNames } from './alternative-names.ts'
import { identityFromUri, identityUriPrefix } from './identity-uri.ts'
import { IdentityShapeError } from './identity-document.ts'
import type { Identity } from './identity.ts'

/**
 * The identity of a certificate whose chain has been verified; an unverified certificate says nothing.
 * Throws CERTIFICATE_IDENTITY_UNREADABLE (unauthenticated) unless there is exactly one identity, in its strict form.
 */
export function identityFromCertificate(certificate: X509Certificate): Identity {
  const names = parseAlternativeNames(certificate.subjectAltName ?? '')
  if (names === undefined) throw unreadable(certificate, 'its alternative names have an unexpected form')
  const [uri, ...others] = names.filter(({ type, value }) => type === 'URI' && value.startsWith(identityUriPrefix))
  if (uri === undefined) throw unreadable(certificate, 'it holds no identity')
  if (others.length > 0) throw unreadable(certificate, 'it holds several identities')
  try {
    return identityFromUri(uri.value)
  } catch (error) {
    if (error instanceof IdentityShapeError) throw unreadable(certificate, error.message)
    throw error
  }
}

function unreadable(certificate: X509Certificate, reason: string): PortunusError {
  return new PortunusError(
    'CERTIFICATE_IDENTITY_UNREADABLE',
    `Cannot read the identity of the certificate "${certificate.serialNumber}": ${reason}`,
    { category: 'unauthenticated', hint: 'log in again with tsh login --proxy=<address>, or join the host again with a new token' },
  )
}
