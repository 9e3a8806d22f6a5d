/**
 * The packets before a connection has a user: SSLRequest, GSSENCRequest, CancelRequest and StartupMessage
 * (PostgreSQL manual, 54.2.1, 54.2.8 and 54.7). They have no type byte; the code in bytes 4 to 8 tells them apart.
 */
import { cString, concatenate, decodeExactText, decodeText, packet, uint32, uint32At } from './bytes.ts'
import { MessageReader } from './message-reader.ts'

export type StartupPacket = { readonly kind: 'ssl-request' } | { readonly kind: 'gssenc-request' } | CancelRequest | StartupMessage

export interface CancelRequest {
  readonly kind: 'cancel-request'
  /** All 32 bits, unsigned. */
  readonly processId: number
  /** 4 bytes in protocol 3.0, up to 256 in 3.2. */
  readonly secretKey: Uint8Array
}

export interface StartupMessage {
  readonly kind: 'startup'
  readonly major: number
  readonly minor: number
  /** In the order they were sent; a name sent twice has its last value, as in PostgreSQL. */
  readonly parameters: ReadonlyMap<string, string>
}

export type StartupReading =
  | { readonly kind: 'need-more' }
  | { readonly kind: 'packet'; readonly packet: StartupPacket; readonly rest: Uint8Array }
  /** The reason completes "Cannot read the startup packet:". */
  | { readonly kind: 'malformed'; readonly reason: string }

/** As in PostgreSQL (MAX_STARTUP_PACKET_LENGTH in libpq/pqcomm.h). */
export const startupPacketBytesMax = 10_000

const codes = { cancel: 80_877_102, ssl: 80_877_103, gssenc: 80_877_104 } as const
const requestMajor = 1234
const secretKeyBytes = { min: 4, max: 256 } as const

/** Takes one packet off the front. Never throws; an impossible length is malformed before its bytes have come. */
export function readStartupPacket(buffered: Uint8Array): StartupReading {
  if (buffered.length < 4) return { kind: 'need-more' }
  const length = uint32At(buffered, 0)
  if (length < 8 || length > startupPacketBytesMax) {
    return malformed(`it claims a length of ${length} bytes, expected 8 to ${startupPacketBytesMax}`)
  }
  if (buffered.length < length) return { kind: 'need-more' }
  const read = readWholePacket(buffered.subarray(0, length))
  return typeof read === 'string' ? malformed(read) : { kind: 'packet', packet: read, rest: buffered.subarray(length) }
}

/** The packet, or what is wrong with it. */
function readWholePacket(bytes: Uint8Array): StartupPacket | string {
  const code = uint32At(bytes, 4)
  switch (code) {
    case codes.ssl:
      return bytes.length === 8 ? { kind: 'ssl-request' } : `an SSLRequest of ${bytes.length} bytes, expected 8`
    case codes.gssenc:
      return bytes.length === 8 ? { kind: 'gssenc-request' } : `a GSSENCRequest of ${bytes.length} bytes, expected 8`
    case codes.cancel:
      return readCancelRequest(bytes)
    default:
      return readStartupMessage(bytes, code >>> 16, code & 0xffff)
  }
}

function readCancelRequest(bytes: Uint8Array): CancelRequest | string {
  const keyLength = bytes.length - 12
  if (keyLength < secretKeyBytes.min || keyLength > secretKeyBytes.max) {
    return `a CancelRequest of ${bytes.length} bytes, expected ${12 + secretKeyBytes.min} to ${12 + secretKeyBytes.max}`
  }
  // A copy: the key outlives the buffer it came in.
  return { kind: 'cancel-request', processId: uint32At(bytes, 8), secretKey: bytes.slice(12) }
}

function readStartupMessage(bytes: Uint8Array, major: number, minor: number): StartupMessage | string {
  if (major === requestMajor) return `the request code ${major}.${minor} is not known`
  if (major !== 3) return `the protocol version ${major}.${minor} is not supported, expected 3.x`
  const parameters = new Map<string, string>()
  const reader = new MessageReader(bytes, 8)
  for (;;) {
    const name = reader.cString()
    if (reader.failed) return 'its parameters have no end'
    if (name === '') break
    const value = reader.cStringBytes()
    if (reader.failed) return `the parameter "${name}" has no end`
    // These two decide about access, so that a lossy reading will not do.
    const isIdentity = name === 'user' || name === 'database'
    const text = isIdentity ? decodeExactText(value) : decodeText(value)
    if (text === undefined) return `the parameter "${name}" is not UTF-8`
    parameters.set(name, text)
  }
  if (reader.remaining > 0) return `${reader.remaining} bytes follow its last parameter`
  return { kind: 'startup', major, minor, parameters }
}

function malformed(reason: string): StartupReading {
  return { kind: 'malformed', reason }
}

/** StartupMessage; a name or value with a zero character throws POSTGRES_TEXT_REFUSED. */
export function writeStartupMessage(startup: Pick<StartupMessage, 'major' | 'minor' | 'parameters'>): Uint8Array {
  const parameters = [...startup.parameters].map(([name, value]) => concatenate([cString(name), cString(value)]))
  return packet(uint32((startup.major << 16) | startup.minor), ...parameters, new Uint8Array(1))
}

export function writeSslRequest(): Uint8Array {
  return packet(uint32(codes.ssl))
}

export function writeGssencRequest(): Uint8Array {
  return packet(uint32(codes.gssenc))
}

export function writeCancelRequest(request: { readonly processId: number; readonly secretKey: Uint8Array }): Uint8Array {
  return packet(uint32(codes.cancel), uint32(request.processId), request.secretKey)
}
