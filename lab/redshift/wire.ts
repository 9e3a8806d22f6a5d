/** The PostgreSQL messages the Redshift stand-in writes itself (PostgreSQL manual, chapter "Frontend/Backend Protocol", "Message Formats"). */

/** A message with a type byte, its length and its body. */
export function writeMessage(type: string, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export interface FatalError {
  readonly sqlState: string
  readonly message: string
}

/** ErrorResponse with the fields of the 8.0 line: there is no V field yet. */
export function writeFatal({ sqlState, message }: FatalError): Buffer {
  return writeMessage('E', 'SFATAL', `C${sqlState}`, `M${message}`, Buffer.from([0]))
}

export function writeParameterStatus(name: string, value: string): Buffer {
  return writeMessage('S', name, value)
}

export function writeCleartextPasswordRequest(): Buffer {
  return writeMessage('R', int32(3))
}

/** @param salt four bytes */
export function writeMd5PasswordRequest(salt: Uint8Array): Buffer {
  return writeMessage('R', int32(5), salt)
}

export function writeStartup(parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('')
  const body = Buffer.concat([int32(196_608), Buffer.from(`${pairs}\0`)])
  return Buffer.concat([int32(body.length + 4), body])
}
