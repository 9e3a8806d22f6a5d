/** What a TLS ClientHello says before any key is made: server name and ALPN names (RFC 8446 section 4.1.2, RFC 6066, RFC 7301). */

export type ClientHello =
  | { readonly kind: 'need-more' }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'client-hello'; readonly serverName: string | undefined; readonly alpn: readonly string[] }

/** A hello of 1.6 KiB is usual today; nothing honest is longer than this. */
export const clientHelloBytesMax = 16_384

const handshakeRecord = 0x16
const clientHelloMessage = 1
const serverNameExtension = 0
const alpnExtension = 16

/** Reads the hello from the first bytes of a connection, however they were cut into chunks and records. */
export function readClientHello(bytes: Uint8Array): ClientHello {
  const handshake = handshakeBytes(bytes)
  if (!(handshake instanceof Uint8Array)) return handshake
  if (handshake.length < 4) return needMore(bytes)
  if (handshake[0] !== clientHelloMessage) return malformed('the first message is no ClientHello')
  const length = ((handshake[1] ?? 0) << 16) | ((handshake[2] ?? 0) << 8) | (handshake[3] ?? 0)
  if (length > clientHelloBytesMax) return malformed('the ClientHello is too long')
  if (handshake.length < 4 + length) return needMore(bytes)
  try {
    return parseHello(new Reader(handshake.subarray(4, 4 + length)))
  } catch (error) {
    return malformed(error instanceof RangeError ? error.message : 'the ClientHello is cut off')
  }
}

function needMore(bytes: Uint8Array): ClientHello {
  return bytes.length > clientHelloBytesMax ? malformed('the ClientHello is too long') : { kind: 'need-more' }
}

function malformed(reason: string): ClientHello {
  return { kind: 'malformed', reason }
}

/** The handshake bytes of all complete records so far, plus what is there of the last one. */
function handshakeBytes(bytes: Uint8Array): Uint8Array | ClientHello {
  const parts: Uint8Array[] = []
  let offset = 0
  while (offset < bytes.length) {
    if (bytes[offset] !== handshakeRecord) return malformed('a record is no handshake record')
    if (bytes.length < offset + 5) break
    const length = ((bytes[offset + 3] ?? 0) << 8) | (bytes[offset + 4] ?? 0)
    if (length === 0 || length > clientHelloBytesMax) return malformed('a record has an impossible length')
    parts.push(bytes.subarray(offset + 5, offset + 5 + length))
    offset += 5 + length
  }
  return concatenate(parts)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0]
  if (parts.length === 1 && only !== undefined) return only
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

function parseHello(reader: Reader): ClientHello {
  reader.skip(2 + 32) // legacy version, random
  reader.skip(reader.number(1)) // session id
  reader.skip(reader.number(2)) // cipher suites
  reader.skip(reader.number(1)) // compression methods
  let serverName: string | undefined
  let alpn: readonly string[] = []
  if (reader.left > 0) {
    const extensions = reader.part(reader.number(2))
    while (extensions.left > 0) {
      const type = extensions.number(2)
      const body = extensions.part(extensions.number(2))
      if (type === serverNameExtension) serverName = readServerName(body)
      if (type === alpnExtension) alpn = readAlpn(body)
    }
  }
  return { kind: 'client-hello', serverName, alpn }
}

function readServerName(body: Reader): string | undefined {
  const names = body.part(body.number(2))
  while (names.left > 0) {
    const type = names.number(1)
    const name = names.text(names.number(2))
    if (type === 0) return name.toLowerCase()
  }
  return undefined
}

function readAlpn(body: Reader): readonly string[] {
  const names = body.part(body.number(2))
  const found: string[] = []
  while (names.left > 0) found.push(names.text(names.number(1)))
  return found
}

class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  skip(length: number): void {
    if (length > this.left) throw new RangeError('a field is longer than the ClientHello')
    this.#offset += length
  }

  number(lengthBytes: number): number {
    const start = this.#offset
    this.skip(lengthBytes)
    let value = 0
    for (let index = start; index < this.#offset; index++) value = value * 256 + (this.#bytes[index] ?? 0)
    return value
  }

  part(length: number): Reader {
    const start = this.#offset
    this.skip(length)
    return new Reader(this.#bytes.subarray(start, this.#offset))
  }

  text(length: number): string {
    const start = this.#offset
    this.skip(length)
    return String.fromCharCode(...this.#bytes.subarray(start, this.#offset))
  }
}
