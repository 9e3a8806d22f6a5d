/** Cuts a stream of server messages into those one wants to see whole and bytes that pass by untouched, whatever the chunking. */

export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'message'; readonly type: string; readonly body: Buffer; readonly whole: Buffer }

const headBytes = 5
const bodyBytesMax = 4 * 1024 * 1024

export class MessageSplitter {
  readonly #wanted: ReadonlySet<number>
  /** The beginning of a wanted message, or of a head that is not complete. */
  #held: Buffer = Buffer.alloc(0)
  /** Bytes still to come of a message that passes by. */
  #passing = 0

  constructor(wantedTypes: readonly string[]) {
    this.#wanted = new Set(wantedTypes.map((type) => type.charCodeAt(0)))
  }

  *feed(chunk: Buffer): Generator<Piece> {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = Buffer.alloc(0)
    let passed = 0
    while (passed < bytes.length) {
      if (this.#passing > 0) {
        const step = Math.min(this.#passing, bytes.length - passed)
        this.#passing -= step
        passed += step
        continue
      }
      const size = sizeOf(bytes, passed)
      if (size !== undefined && !this.#isWanted(bytes, { at: passed, size })) {
        this.#passing = size
        continue
      }
      if (passed > 0) yield { kind: 'bytes', bytes: bytes.subarray(0, passed) }
      bytes = bytes.subarray(passed)
      passed = 0
      if (size === undefined || bytes.length < size) {
        this.#held = bytes
        return
      }
      const whole = bytes.subarray(0, size)
      yield { kind: 'message', type: whole.toString('latin1', 0, 1), body: whole.subarray(headBytes), whole }
      bytes = bytes.subarray(size)
    }
    if (passed > 0) yield { kind: 'bytes', bytes }
  }

  #isWanted(bytes: Buffer, { at, size }: { readonly at: number; readonly size: number }): boolean {
    return this.#wanted.has(bytes[at] ?? 0) && size <= bodyBytesMax
  }
}

/** Bytes of the message at the offset, its head included; undefined while the head is not complete. */
function sizeOf(bytes: Buffer, at: number): number | undefined {
  return bytes.length - at < headBytes ? undefined : bytes.readUInt32BE(at + 1) + 1
}
