/** Bearer values (invites, join tokens) as they are kept: by their hash. */
import { createHash } from 'node:crypto'
import { toHex, type Randomness } from '#foundation'

const valueBytes = 16

/** 16 random bytes as 32 hexadecimal digits. */
export function newBearerValue(randomness: Randomness): string {
  return toHex(randomness.bytes(valueBytes))
}

/** SHA-256 suffices: a generated value has 128 bits, there is nothing to stretch. */
export function hashOfValue(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
