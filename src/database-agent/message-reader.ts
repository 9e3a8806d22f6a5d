/** Reads single messages of a database before the relay starts, leaving every later byte untouched. */
import type { Duplex } from 'node:stream'
import { PortunusError } from '#foundation'

/** One message: its type byte, its body, and the whole frame as it came. */
export interface RawMessage {
  readonly type: number
  readonly body: Uint8Array
  readonly frame: Uint8Array
}

/** Messages before AuthenticationOk are small; a longer one means that this is no PostgreSQL server. */
const messageBytesMax = 65_536

export interface MessageReader {
  /** The next single byte; for the answer to SSLRequest. */
  nextByte(signal: AbortSignal): Promise<number>
  nextMessage(signal: AbortSignal): Promise<RawMessage>
  /** What was read beyond the last message; the reader is done. */
  takeRest(): Uint8Array
}

/** Throws DATABASE_CLOSED when the stream ends, DATABASE_PROTOCOL for an impossible message, DATABASE_SILENT for a timeout, or the signal's reason. */
export function openMessageReader(stream: Duplex): MessageReader {
  let buffered: Buffer = Buffer.alloc(0)

  async function fill(lengthBytes: number, signal: AbortSignal): Promise<void> {
    while (buffered.length < lengthBytes) buffered = Buffer.concat([buffered, await nextChunk(stream, signal)])
  }

  return {
    async nextByte(signal) {
      await fill(1, signal)
      const byte = buffered[0] ?? 0
      buffered = buffered.subarray(1)
      return byte
    },
    async nextMessage(signal) {
      await fill(5, signal)
      const length = buffered.readUInt32BE(1)
      if (length < 4 || length > messageBytesMax) throw noPostgres(length)
      await fill(1 + length, signal)
      const frame = buffered.subarray(0, 1 + length)
      buffered = buffered.subarray(1 + length)
      return { type: frame[0] ?? 0, body: frame.subarray(5), frame }
    },
    takeRest() {
      const rest = buffered
      buffered = Buffer.alloc(0)
      return rest
    },
  }
}

function nextChunk(stream: Duplex, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.removeListener('readable', look)
      stream.removeListener('end', ended)
      stream.removeListener('close', ended)
      stream.removeListener('error', failed)
      signal.removeEventListener('abort', stopped)
    }
    const look = (): void => {
      const chunk: unknown = stream.read()
      if (!(chunk instanceof Uint8Array)) return
      settle()
      resolve(chunk)
    }
    const failed = (error: unknown): void => {
      settle()
      reject(error)
    }
    const ended = (): void => failed(closed())
    const stopped = (): void => failed(isTimeout(signal.reason) ? silent(signal.reason) : signal.reason)
    stream.on('readable', look)
    stream.once('end', ended)
    stream.once('close', ended)
    stream.once('error', failed)
    signal.addEventListener('abort', stopped, { once: true })
    if (signal.aborted) stopped()
    else if (stream.destroyed || stream.readableEnded) ended()
    else look()
  })
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function silent(cause: unknown): PortunusError {
  return new PortunusError('DATABASE_SILENT', 'Cannot log in to the database: it took the connection and did not answer in time', {
    category: 'unavailable',
    sqlState: '08006',
    cause,
    hint: 'check that the uri of the database is the address of a PostgreSQL or Redshift server, and that it is not overloaded',
  })
}

function closed(): PortunusError {
  return new PortunusError('DATABASE_CLOSED', 'Cannot log in to the database: it closed the connection', {
    category: 'unavailable',
    sqlState: '08006',
    hint: "look at the database's own log",
  })
}

function noPostgres(length: number): PortunusError {
  return new PortunusError('DATABASE_PROTOCOL', `Cannot log in to the database: it sent a message of ${length} bytes`, {
    category: 'unavailable',
    sqlState: '08P01',
    hint: 'check that the uri of the database is the address of a PostgreSQL or Redshift server',
  })
}
