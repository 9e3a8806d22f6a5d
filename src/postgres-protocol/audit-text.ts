/** Bytes of a client as text for the audit: nothing is lost, whatever encoding the client has chosen. */
import { decodeExactText } from './bytes.ts'

// The label of the standard for windows-1252, which gives every byte a character of its own.
const singleByteDecoder = new TextDecoder('latin1')

/** UTF-8 where the bytes are that, otherwise one character for each byte. */
export function auditText(bytes: Uint8Array): string {
  return decodeExactText(bytes) ?? singleByteDecoder.decode(bytes)
}

/** As `auditText`, for bytes that were cut off: a character cut in two is left out. */
export function auditTextOfCut(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 0 && bytes.length - end < 3 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1
  const lead = bytes[end - 1] ?? 0
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  const isWhole = end - 1 + width <= bytes.length
  return auditText(isWhole ? bytes : bytes.subarray(0, end - 1))
}

/** A text that is different for different bytes, for names as keys; only the first `bytesMax` count, as for the server. */
export function nameKey(bytes: Uint8Array, bytesMax: number): string {
  return singleByteDecoder.decode(bytes.length > bytesMax ? bytes.subarray(0, bytesMax) : bytes)
}

/** Standard base64 with padding (RFC 4648, section 4). */
export function base64(bytes: Uint8Array): string {
  const pieces: string[] = []
  // A multiple of three, so that the pieces join without padding in between.
  const step = 0x3000
  for (let offset = 0; offset < bytes.length; offset += step) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(offset, offset + step))))
  }
  return pieces.join('')
}
