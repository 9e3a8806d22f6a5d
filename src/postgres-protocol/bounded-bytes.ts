/** Collects one field of a message up to a limit, and beyond it only its length and hash: a field of 100 MB costs no memory. */

export interface StreamingHash {
  update(bytes: Uint8Array): void
  /** Lower-case hexadecimal. */
  digestHex(): string
}

export interface CollectedBytes {
  /** The first bytes, at most as many as the limit. Good until the next message is read. */
  readonly bytes: Uint8Array
  readonly lengthBytes: number
  /** SHA-256 of all of them; only where some were left out. */
  readonly sha256: string | undefined
}

const nothing = new Uint8Array(0)
const firstCapacityBytes = 1024

export class BoundedBytes {
  readonly #bytesMax: number
  readonly #createHash: (() => StreamingHash) | undefined
  #kept: Uint8Array = nothing
  #keptLength = 0
  #lengthBytes = 0
  #hash: StreamingHash | undefined

  constructor(bytesMax: number, createHash?: () => StreamingHash) {
    this.#bytesMax = bytesMax
    this.#createHash = createHash
  }

  /** Adds a piece. The last piece of a field that came in one is looked at in place, not copied. */
  add(piece: Uint8Array, isLast: boolean): void {
    const room = this.#bytesMax - this.#keptLength
    if (isLast && this.#lengthBytes === 0 && piece.length <= room) {
      this.#kept = piece
      this.#keptLength = piece.length
    } else if (piece.length <= room) {
      this.#append(piece)
    } else {
      this.#append(piece.subarray(0, room))
      this.#hashFrom(piece.subarray(room))
    }
    this.#lengthBytes += piece.length
  }

  /** What came, and readiness for the next field. */
  takeAll(): CollectedBytes {
    const collected = {
      bytes: this.#kept.subarray(0, this.#keptLength),
      lengthBytes: this.#lengthBytes,
      sha256: this.#hash?.digestHex(),
    }
    this.#kept = nothing
    this.#keptLength = 0
    this.#lengthBytes = 0
    this.#hash = undefined
    return collected
  }

  #append(piece: Uint8Array): void {
    const needed = this.#keptLength + piece.length
    if (needed > this.#kept.length) {
      // Doubled as bytes come, never sized by what the message claims.
      const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(needed, this.#kept.length * 2, firstCapacityBytes)))
      grown.set(this.#kept.subarray(0, this.#keptLength))
      this.#kept = grown
    }
    this.#kept.set(piece, this.#keptLength)
    this.#keptLength = needed
  }

  #hashFrom(beyond: Uint8Array): void {
    if (this.#createHash === undefined) return
    if (this.#hash === undefined) {
      this.#hash = this.#createHash()
      this.#hash.update(this.#kept.subarray(0, this.#keptLength))
    }
    this.#hash.update(beyond)
  }
}
