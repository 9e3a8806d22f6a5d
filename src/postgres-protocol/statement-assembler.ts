/**
 * Reads along with a session and tells what runs in it: each statement once when it is sent, with its text and values, and
 * once when it is answered, with rows, bytes and outcome. It only reads; bytes it cannot make sense of switch it off, for the
 * direction they came from, and nothing else.
 */
import { BackendMessages } from './backend-messages.ts'
import type { StreamingHash } from './bounded-bytes.ts'
import { ClientRequests } from './client-requests.ts'
import { FrameScanner } from './frame-scanner.ts'
import { FrontendMessages } from './frontend-messages.ts'
import { Pipeline } from './pipeline.ts'
import type { LongTexts } from './statement.ts'
import { StatementLedger, type StatementLedgerOptions } from './statement-ledger.ts'

/** Bytes that are no messages we can read. */
export interface Surprise {
  readonly direction: 'frontend' | 'backend'
  /** Completes "the client (or: the server) sent"; says what, never quotes contents. */
  readonly reason: string
}

export interface StatementAssemblerOptions extends StatementLedgerOptions {
  /** Of one SQL text; beyond it, length and hash are kept. */
  readonly sqlBytesMax: number
  /** Of the values of one statement. */
  readonly parametersBytesMax: number
  /** Of all prepared statements and portals; beyond it, those longest unused are forgotten. */
  readonly preparedBytesMax: number
  /** As many bytes of a name as the server tells apart: 63 in PostgreSQL (NAMEDATALEN - 1), which is the default. */
  readonly nameBytesMax?: number
  /** Keeps whole what is longer than `sqlBytesMax`; without it, such texts are cut. */
  readonly longTexts?: LongTexts
  /** SHA-256. */
  readonly createHash: () => StreamingHash
  /** At most once for each direction. */
  readonly onSurprise: (surprise: Surprise) => void
}

export interface StatementAssembler {
  /**
   * Bytes of the client after its startup packet, in any chunks. `onBegun` is called before this returns for every statement
   * whose last byte is in the chunk: what is not passed on yet has not run. Never throws, unless a callback does.
   */
  frontend(chunk: Uint8Array): void
  /** Bytes of the server after AuthenticationOk, in any chunks. Never throws, unless a callback does. */
  backend(chunk: Uint8Array): void
  /** The session is over: finishes what is open. */
  end(): void
  /** At least this many bytes of the server are missing before its next message; 0 between messages, and where it cannot be read. */
  readonly missingServerBytes: number
  /** Bytes of text and values held now; for tests of its bounds. */
  readonly heldBytes: number
}

export function createStatementAssembler(options: StatementAssemblerOptions): StatementAssembler {
  const ledger = new StatementLedger(options)
  const pipeline = new Pipeline({
    ledger,
    onIdle: (group) => requests.forgetPortals(group),
    onOverflow: (waiting) => refuseBackend(`no answer to ${waiting} messages`),
  })
  const requests = new ClientRequests({ ledger, pipeline, heldBytesMax: options.preparedBytesMax })
  const { longTexts: given } = options
  const longTexts = given && {
    bytesMax: given.bytesMax,
    keep: (text: Parameters<LongTexts['keep']>[0]) => given.keep(text),
    refuse(lengthBytes: number) {
      frontend.stop()
      given.refuse(lengthBytes)
    },
  }
  const frontend = new FrameScanner(
    new FrontendMessages({ nameBytesMax: 63, ...options, longTexts, listener: requests, refuse: refuseFrontend }),
  )
  const backend = new FrameScanner(new BackendMessages(pipeline, refuseBackend))

  function refuseFrontend(reason: string): void {
    frontend.stop()
    options.onSurprise({ direction: 'frontend', reason })
  }
  function refuseBackend(reason: string): void {
    backend.stop()
    pipeline.goDeaf()
    options.onSurprise({ direction: 'backend', reason })
  }
  return {
    frontend: (chunk) => frontend.push(chunk),
    backend: (chunk) => backend.push(chunk),
    end() {
      frontend.stop()
      backend.stop()
      pipeline.goDeaf()
    },
    get missingServerBytes() {
      return backend.missingBytes
    },
    get heldBytes() {
      return requests.heldBytes
    },
  }
}
