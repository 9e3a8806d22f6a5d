/** Big-endian integers, C strings and whole frames: how PostgreSQL writes its messages (PostgreSQL manual, 54.6 and 54.7). */
import { PortunusError } from '#foundation'

const encoder = new TextEncoder()
const lossyDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** UTF-8 text; bytes that are none become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes)
}

/** UTF-8 text, or undefined for bytes that are none. */
export function decodeExactText(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Unsigned, big-endian; bytes beyond the end count as zero. */
export function uint32At(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16) | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0)) >>> 0
  )
}

/** Unsigned, big-endian; bytes beyond the end count as zero. */
export function uint16At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
}

export function uint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value])
}

/** Zero-terminated UTF-8. Throws POSTGRES_TEXT_REFUSED for a text with a zero character, which would end it early. */
export function cString(text: string): Uint8Array {
  if (text.includes('\0')) {
    throw new PortunusError('POSTGRES_TEXT_REFUSED', `Cannot send the text "${text.slice(0, 40)}": it contains a zero character`, {
      category: 'bad-input',
      sqlState: '22021',
      hint: 'remove the zero character',
    })
  }
  return encoder.encode(`${text}\0`)
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** A message with its type byte (an ASCII letter) and length. */
export function frame(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatenate(parts)
  return concatenate([new Uint8Array([type.charCodeAt(0)]), uint32(body.length + 4), body])
}

/** A packet of the startup phase: a length and no type byte. */
export function packet(...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatenate(parts)
  return concatenate([uint32(body.length + 4), body])
}
