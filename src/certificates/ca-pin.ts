/** CA pins: how a host that joins recognises the cluster before it has seen any of its certificates. */
import { createHash, X509Certificate } from 'node:crypto'
import { equalInConstantTime, fromHex, PortunusError } from '#foundation'

const pinPattern = /^sha256:([0-9a-f]{64})$/i

/** `sha256:` and the hexadecimal SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4, names the idea). */
export function caPin(certificatePem: string): string {
  return `sha256:${digestOf(certificatePem).toString('hex')}`
}

/** Whether the certificate has the pin, in constant time; throws CA_PIN_MALFORMED for a text that is no pin. */
export function matchesPin(certificatePem: string, pin: string): boolean {
  const expected = fromHex(parseCaPin(pin).slice('sha256:'.length))
  return expected !== undefined && equalInConstantTime(digestOf(certificatePem), expected)
}

/** A pin as a person typed it, in its one spelling; throws CA_PIN_MALFORMED. */
export function parseCaPin(text: string): string {
  const [, digest] = pinPattern.exec(text.trim()) ?? []
  if (digest === undefined) {
    throw new PortunusError('CA_PIN_MALFORMED', `Cannot read the CA pin "${text}": expected sha256: and 64 hexadecimal digits`, {
      category: 'bad-input',
      hint: 'copy the CA pin that tctl status prints',
    })
  }
  return `sha256:${digest.toLowerCase()}`
}

function digestOf(certificatePem: string): Buffer {
  const { publicKey } = new X509Certificate(certificatePem)
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}
