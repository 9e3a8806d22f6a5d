/** Keys: makes P-256 pairs, and checks the public keys that others ask us to certify. */
import { createPublicKey, generateKeyPair as generate, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { PortunusError } from '#foundation'

const rsaBitsMin = 2048
// Verifying with a huge modulus is slow enough to be an attack.
const rsaBitsMax = 8192
const pemLengthMax = 4096

/** A fresh ECDSA P-256 pair: PKCS #8 (RFC 5958) and SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7). */
export async function generateKeyPair(): Promise<{ readonly privateKeyPem: string; readonly publicKeyPem: string }> {
  const { privateKey, publicKey } = await promisify(generate)('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { privateKeyPem: privateKey, publicKeyPem: publicKey }
}

/** SubjectPublicKeyInfo of a key worth certifying: P-256, or RSA of 2048 to 8192 bits; throws CERTIFICATE_KEY_REFUSED otherwise. */
export function readCertifiableKey(publicKeyPem: string): Uint8Array<ArrayBuffer> {
  const key = readPublicKey(publicKeyPem)
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'ec') {
    if (details?.namedCurve !== 'prime256v1') throw refused(`curve ${details?.namedCurve ?? 'unknown'}`, 'its curve is not P-256')
  } else if (key.asymmetricKeyType === 'rsa') {
    const bits = details?.modulusLength ?? 0
    if (bits < rsaBitsMin || bits > rsaBitsMax) throw refused(`RSA ${bits}`, `an RSA key needs ${rsaBitsMin} to ${rsaBitsMax} bits`)
  } else {
    throw refused(key.asymmetricKeyType ?? 'unknown', 'it is neither ECDSA P-256 nor RSA')
  }
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

function readPublicKey(publicKeyPem: string): KeyObject {
  // createPublicKey would also derive a public key from a private one; whoever sends that has made a mistake worth stopping.
  if (publicKeyPem.length > pemLengthMax || !publicKeyPem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw refused('PEM', 'it is not a public key in PEM form')
  }
  try {
    return createPublicKey(publicKeyPem)
  } catch (cause) {
    throw refused('PEM', 'it is not a readable public key', cause)
  }
}

function refused(value: string, reason: string, cause?: unknown): PortunusError {
  return new PortunusError('CERTIFICATE_KEY_REFUSED', `Cannot certify the public key "${value}": ${reason}`, {
    category: 'bad-input',
    hint: 'use an ECDSA P-256 key or an RSA key of at least 2048 bits, as SubjectPublicKeyInfo in PEM form',
    cause,
  })
}
