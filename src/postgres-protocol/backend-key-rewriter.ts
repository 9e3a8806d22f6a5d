/**
 * Gives the client a cancel key of our own: finds BackendKeyData in what a server sends between AuthenticationOk and the
 * first ReadyForQuery, and replaces the secret, byte for byte, leaving all else as it came.
 */
import { FrameScanner, type FrameSink } from './frame-scanner.ts'
import { backendTypes } from './message-types.ts'

export interface RewrittenBackendKey {
  /** The server's own, unsigned: clients compare it with pg_backend_pid(). */
  readonly processId: number
  /** What the server wants to hear in a CancelRequest. */
  readonly realKey: Uint8Array
  /** What the client was given. */
  readonly mintedKey: Uint8Array
}

export interface BackendKeyRewriter {
  /** Takes the next server bytes, in any chunking, and gives the chunk back, rewritten in place. Never throws. */
  push(chunk: Uint8Array): Uint8Array
  /** Whether the first ReadyForQuery (or an ErrorResponse) has passed whole: no further chunk needs rewriting. */
  readonly done: boolean
  /** Undefined until the whole key has passed; some poolers send none at all. */
  readonly key: RewrittenBackendKey | undefined
}

export interface BackendKeyRewriterOptions {
  /** Unguessable bytes. */
  readonly mint: (lengthBytes: number) => Uint8Array
}

// Protocol 3.2 allows up to 256 bytes (PostgreSQL manual, 54.7); what is longer is no cancel key and passes untouched.
const keyBytesMax = 256
const processIdBytes = 4

export function createBackendKeyRewriter(options: BackendKeyRewriterOptions): BackendKeyRewriter {
  const sink = new BackendKeySink(options.mint)
  const scanner = new FrameScanner(sink)
  return {
    push(chunk) {
      scanner.push(chunk)
      if (sink.passed) scanner.stop()
      return chunk
    },
    get done() {
      return scanner.stopped
    },
    get key() {
      return sink.key
    },
  }
}

class BackendKeySink implements FrameSink {
  readonly #mint: (lengthBytes: number) => Uint8Array
  #real = new Uint8Array(0)
  #given = new Uint8Array(0)
  #processId = 0
  #offset = 0
  #isKey = false
  key: RewrittenBackendKey | undefined
  passed = false

  constructor(mint: (lengthBytes: number) => Uint8Array) {
    this.#mint = mint
  }

  begin(type: number, bodyBytes: number): boolean {
    // A chunk may hold messages after the end; they are none of ours.
    if (this.passed) return false
    const keyBytes = bodyBytes - processIdBytes
    this.#isKey = type === backendTypes.backendKey && keyBytes > 0 && keyBytes <= keyBytesMax
    if (this.#isKey) {
      this.#real = new Uint8Array(keyBytes)
      this.#given = new Uint8Array(this.#mint(keyBytes))
      this.#processId = 0
      this.#offset = 0
    }
    return this.#isKey || type === backendTypes.readyForQuery || type === backendTypes.error
  }

  take(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#isKey) return
    for (let position = start; position < end; position++) {
      const byte = chunk[position] ?? 0
      const index = this.#offset - processIdBytes
      if (index < 0) {
        this.#processId = ((this.#processId << 8) | byte) >>> 0
      } else {
        this.#real[index] = byte
        chunk[position] = this.#given[index] ?? byte
      }
      this.#offset += 1
    }
  }

  finish(): void {
    if (this.#isKey) this.key = { processId: this.#processId, realKey: this.#real, mintedKey: this.#given }
    else this.passed = true
  }

  impossible(): void {}
}
