/** The packets a connection opens with, which have no type byte (PostgreSQL manual, "Message Formats": StartupMessage, SSLRequest, CancelRequest). */

export type StartupPacket =
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gss-request' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly bytes: Uint8Array }
  | { readonly kind: 'startup'; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'unsupported-version'; readonly major: number; readonly minor: number }
  | { readonly kind: 'malformed' }

/** PostgreSQL's own limit. */
export const startupBytesMax = 10_000

const sslCode = 80_877_103
const gssCode = 80_877_104
const cancelCode = 80_877_102

/** Reads one whole packet, length included. */
export function parseStartupPacket(packet: Buffer): StartupPacket {
  if (packet.length < 8) return { kind: 'malformed' }
  const code = packet.readUInt32BE(4)
  if (code === sslCode) return { kind: 'ssl-request' }
  if (code === gssCode) return { kind: 'gss-request' }
  // Redshift knows the twelve bytes of protocol 3.0 only.
  if (code === cancelCode)
    return packet.length === 16 ? { kind: 'cancel', processId: packet.readUInt32BE(8), bytes: packet } : { kind: 'malformed' }
  const major = code >>> 16
  const minor = code & 0xffff
  if (major !== 3 || minor !== 0) return { kind: 'unsupported-version', major, minor }
  return parseParameters(packet.subarray(8))
}

function parseParameters(body: Buffer): StartupPacket {
  // Name and value in turn, each ended by a zero byte, and one more zero byte at the end.
  const texts = body.toString('utf8').split('\0')
  if (texts.pop() !== '' || texts.pop() !== '' || texts.length % 2 !== 0) return { kind: 'malformed' }
  const parameters = new Map<string, string>()
  for (let index = 0; index < texts.length; index += 2) parameters.set(texts[index] ?? '', texts[index + 1] ?? '')
  return { kind: 'startup', parameters }
}
