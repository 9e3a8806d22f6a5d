/** Reads the fields of one message body. Running past the end is remembered, not thrown: ask `failed` when done. */
import { decodeText, uint16At, uint32At } from './bytes.ts'

export class MessageReader {
  readonly #bytes: Uint8Array
  #offset: number
  #failed = false

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
  }

  /** Whether a field was asked for that is not there. */
  get failed(): boolean {
    return this.#failed
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  uint8(): number {
    return this.bytes(1)[0] ?? 0
  }

  uint16(): number {
    return uint16At(this.bytes(2), 0)
  }

  uint32(): number {
    return uint32At(this.bytes(4), 0)
  }

  /** Two's complement; -1 marks NULL in Bind. */
  int32(): number {
    return this.uint32() | 0
  }

  /** A view, not a copy. Empty when so many bytes are not there. */
  bytes(length: number): Uint8Array {
    if (this.#failed || length < 0 || length > this.remaining) {
      this.#failed = true
      return this.#bytes.subarray(0, 0)
    }
    const view = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return view
  }

  /** The bytes of a C string without its zero; a view. */
  cStringBytes(): Uint8Array {
    const end = this.#failed ? -1 : this.#bytes.indexOf(0, this.#offset)
    if (end < 0) {
      this.#failed = true
      return this.#bytes.subarray(0, 0)
    }
    const view = this.#bytes.subarray(this.#offset, end)
    this.#offset = end + 1
    return view
  }

  cString(): string {
    return decodeText(this.cStringBytes())
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }
}
