/**
 * Cuts a byte stream, in whatever chunks it comes, into messages of type, length and body. It copies nothing and allocates
 * nothing per message: five bytes of header are all it keeps between chunks.
 */

export interface FrameSink {
  /** A message begins. True when its body is wanted; otherwise it is passed over. */
  begin(type: number, bodyBytes: number): boolean
  /** The next piece of a wanted body: `chunk` from `start` up to `end`, good until the call returns. */
  take(chunk: Uint8Array, start: number, end: number): void
  /** The wanted body is whole. */
  finish(): void
  /** A length that no message has; scanning has stopped. */
  impossible(reason: string): void
}

const headerBytes = 5
// PostgreSQL's own limit is 1 GiB (PQ_LARGE_MESSAGE_LIMIT); beyond two, the sign bit says that the stream is out of step.
const lengthMax = 0x7fff_ffff

export class FrameScanner {
  readonly #sink: FrameSink
  readonly #header = new Uint8Array(headerBytes)
  #headerLength = 0
  #bodyLeft = 0
  #wanted = false
  #stopped = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** At least this many bytes are missing before the next message can begin; 0 between messages, and once stopped. */
  get missingBytes(): number {
    if (this.#stopped) return 0
    if (this.#bodyLeft > 0) return this.#bodyLeft
    return this.#headerLength === 0 ? 0 : headerBytes - this.#headerLength
  }

  /** Nothing is read from here on, not even the rest of the present chunk. */
  stop(): void {
    this.#stopped = true
  }

  push(chunk: Uint8Array): void {
    if (this.#stopped) return
    const end = chunk.length
    let offset = this.#resume(chunk)
    while (end - offset >= headerBytes && !this.#stopped) {
      const type = chunk[offset] ?? 0
      const length =
        ((chunk[offset + 1] ?? 0) << 24) | ((chunk[offset + 2] ?? 0) << 16) | ((chunk[offset + 3] ?? 0) << 8) | (chunk[offset + 4] ?? 0)
      if (length < 4) return this.#refuse(type, length)
      if (this.#sink.begin(type, length - 4)) {
        this.#wanted = true
        this.#bodyLeft = length - 4
        offset = this.#takeBody(chunk, offset + headerBytes)
      } else {
        offset += 1 + length
        if (offset > end) {
          this.#wanted = false
          this.#bodyLeft = offset - end
          return
        }
      }
    }
    if (!this.#stopped) this.#keepHeader(chunk, offset)
  }

  /** Completes what the last chunk left open; gives the offset from which on the chunk is fresh. */
  #resume(chunk: Uint8Array): number {
    if (this.#bodyLeft > 0) return this.#takeBody(chunk, 0)
    if (this.#headerLength === 0) return 0
    const missing = Math.min(headerBytes - this.#headerLength, chunk.length)
    this.#header.set(chunk.subarray(0, missing), this.#headerLength)
    this.#headerLength += missing
    if (this.#headerLength < headerBytes) return chunk.length
    this.#headerLength = 0
    const [type = 0, a = 0, b = 0, c = 0, d = 0] = this.#header
    const length = (a << 24) | (b << 16) | (c << 8) | d
    if (length < 4) {
      this.#refuse(type, length)
      return chunk.length
    }
    this.#wanted = this.#sink.begin(type, length - 4)
    this.#bodyLeft = length - 4
    return this.#takeBody(chunk, missing)
  }

  /** Passes on or passes over what the chunk holds of the body; gives the offset behind it. */
  #takeBody(chunk: Uint8Array, start: number): number {
    const length = Math.min(this.#bodyLeft, chunk.length - start)
    const end = start + length
    this.#bodyLeft -= length
    if (!this.#wanted || this.#stopped) return end
    if (length > 0) this.#sink.take(chunk, start, end)
    if (this.#bodyLeft === 0) this.#sink.finish()
    return end
  }

  #keepHeader(chunk: Uint8Array, offset: number): void {
    if (offset >= chunk.length) return
    this.#header.set(chunk.subarray(offset))
    this.#headerLength = chunk.length - offset
  }

  #refuse(type: number, length: number): void {
    this.#stopped = true
    const letter = String.fromCharCode(type)
    const size = length < 0 ? `more than ${lengthMax}` : `${length}`
    this.#sink.impossible(`a message of type ${JSON.stringify(letter)} with the impossible length of ${size} bytes`)
  }
}
