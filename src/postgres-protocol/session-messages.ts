/** The small messages around a session: parameters, cancel keys, readiness, version negotiation, farewell (PostgreSQL manual, 54.7). */
import { concatenate, cString, frame, uint32, uint32At } from './bytes.ts'
import { MessageReader } from './message-reader.ts'

export interface BackendKeyData {
  /** All 32 bits, unsigned. */
  readonly processId: number
  /** 4 bytes in protocol 3.0, up to 256 in 3.2. */
  readonly secretKey: Uint8Array
}

/** The transaction status in ReadyForQuery. */
export type ReadyStatus = 'idle' | 'in-transaction' | 'failed-transaction'

const readyLetters: Readonly<Record<ReadyStatus, string>> = { idle: 'I', 'in-transaction': 'T', 'failed-transaction': 'E' }

export interface ProtocolNegotiation {
  readonly major: number
  /** The newest minor version the server speaks. */
  readonly minor: number
  /** The `_pq_.` options it does not know. */
  readonly unsupportedOptions: readonly string[]
}

export function writeParameterStatus(name: string, value: string): Uint8Array {
  return frame('S', cString(name), cString(value))
}

export function writeBackendKeyData(key: BackendKeyData): Uint8Array {
  return frame('K', uint32(key.processId), key.secretKey)
}

/** Reads the body of a `K` message; undefined when it is too short to hold a key. */
export function readBackendKeyData(body: Uint8Array): BackendKeyData | undefined {
  return body.length < 5 ? undefined : { processId: uint32At(body, 0), secretKey: body.slice(4) }
}

export function writeReadyForQuery(status: ReadyStatus): Uint8Array {
  return frame('Z', new Uint8Array([readyLetters[status].charCodeAt(0)]))
}

export function writeTerminate(): Uint8Array {
  return frame('X')
}

export function writeNegotiateProtocolVersion(negotiation: ProtocolNegotiation): Uint8Array {
  const { major, minor, unsupportedOptions } = negotiation
  const names = concatenate(unsupportedOptions.map(cString))
  return frame('v', uint32((major << 16) | minor), uint32(unsupportedOptions.length), names)
}

/** Reads the body of a `v` message; undefined when it is malformed. */
export function readNegotiateProtocolVersion(body: Uint8Array): ProtocolNegotiation | undefined {
  const reader = new MessageReader(body)
  const version = reader.uint32()
  const count = reader.uint32()
  const unsupportedOptions: string[] = []
  while (unsupportedOptions.length < count && !reader.failed) unsupportedOptions.push(reader.cString())
  if (reader.failed || reader.remaining > 0) return undefined
  // The manual says minor version; servers send the whole version (3.2 is 00 03 00 02).
  return { major: version >>> 16 === 0 ? 3 : version >>> 16, minor: version & 0xffff, unsupportedOptions }
}
