/** The operating system's randomness as the Randomness port. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Randomness } from '#foundation'

export const nodeRandomness: Randomness = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
}
