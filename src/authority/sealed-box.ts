/** Secrets at rest: AES-256-GCM (NIST SP 800-38D) under the authority's secret key, bound to the purpose they were sealed for. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { PortunusError, type Randomness, type Secret } from '#foundation'

export interface SealedBox {
  /** Text that only `open` with the same key and purpose gives back. */
  seal(plain: Uint8Array, purpose: string): string
  /** Throws SECRET_UNREADABLE for another key, another purpose or changed bytes. */
  open(sealed: string, purpose: string): Uint8Array
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const versionPrefix = 'v1.'

export function openSealedBox(secretKey: Secret<Uint8Array>, randomness: Randomness): SealedBox {
  if (secretKey.reveal().length !== keyBytes) {
    throw new PortunusError(
      'SECRET_KEY_MALFORMED',
      `Cannot use the secret key: it has ${secretKey.reveal().length} bytes, not ${keyBytes}`,
      {
        category: 'bad-input',
      },
    )
  }
  return {
    seal(plain, purpose) {
      const nonce = randomness.bytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', secretKey.reveal(), nonce).setAAD(Buffer.from(purpose))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return versionPrefix + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(sealed, purpose) {
      try {
        return openSealed(secretKey.reveal(), sealed, purpose)
      } catch (error) {
        throw new PortunusError(
          'SECRET_UNREADABLE',
          `Cannot read the stored secret "${purpose}": it was sealed with another key or changed`,
          {
            category: 'internal',
            cause: error,
            hint: 'restore the secret key file that belongs to this data directory',
          },
        )
      }
    },
  }
}

function openSealed(key: Uint8Array, sealed: string, purpose: string): Uint8Array {
  if (!sealed.startsWith(versionPrefix)) throw new Error('unknown version')
  const bytes = Buffer.from(sealed.slice(versionPrefix.length), 'base64url')
  if (bytes.length < nonceBytes + tagBytes) throw new Error('too short')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]))
}
