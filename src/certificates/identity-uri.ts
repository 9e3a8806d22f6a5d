/** The URI that carries an identity in a certificate: `portunus:identity:` and base64url of its JSON. */
import type { Identity } from './identity.ts'
import { identitySizeBytesMax, IdentityShapeError, readIdentity, writeIdentity } from './identity-document.ts'

export const identityUriPrefix = 'portunus:identity:'

// Base64url grows four characters for three bytes.
const encodedLengthMax = Math.ceil((identitySizeBytesMax * 4) / 3)

/** Base64url leaves nothing to escape, whatever a name holds. Throws CERTIFICATE_IDENTITY_REFUSED. */
export function identityToUri(identity: Identity): string {
  return identityUriPrefix + Buffer.from(writeIdentity(identity)).toString('base64url')
}

/** Reads a URI with the prefix; throws IdentityShapeError. */
export function identityFromUri(uri: string): Identity {
  const encoded = uri.slice(identityUriPrefix.length)
  if (encoded.length > encodedLengthMax) throw new IdentityShapeError(`it is longer than ${identitySizeBytesMax} bytes`)
  const bytes = Buffer.from(encoded, 'base64url')
  // The decoder skips what it does not know; one identity has one spelling.
  if (bytes.toString('base64url') !== encoded) throw new IdentityShapeError('it is not base64url')
  return readIdentity(decode(bytes))
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new IdentityShapeError('it is not UTF-8')
  }
}
