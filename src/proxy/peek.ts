/** Reading the first bytes of a stream before deciding who gets it. */
import type { Duplex } from 'node:stream'
import { PortunusError, type Clock } from '#foundation'

export interface PeekOptions {
  readonly bytesMax: number
  readonly millisecondsMax: number
  readonly clock: Clock
}

export interface Peeked<T> {
  readonly result: T
  /** Everything read so far; the caller gives back with `unshift` what it did not use. */
  readonly bytes: Buffer
}

/**
 * Reads until `decide` answers. Throws PEEK_ENDED, PEEK_TIMED_OUT or PEEK_TOO_LONG;
 * the stream is left paused and without listeners of ours.
 */
export function peek<T>(stream: Duplex, decide: (bytes: Buffer) => T | undefined, options: PeekOptions): Promise<Peeked<T>> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const timer = options.clock.timer(options.millisecondsMax, () => fail('PEEK_TIMED_OUT', 'the client said nothing in time'))
    const settle = (): void => {
      timer[Symbol.dispose]()
      stream.removeListener('readable', look)
      stream.removeListener('end', ended)
      stream.removeListener('close', ended)
      stream.removeListener('error', ended)
    }
    const fail = (code: string, state: string): void => {
      settle()
      reject(new PortunusError(code, `Cannot read the first bytes of a connection: ${state}`, { category: 'bad-input' }))
    }
    const ended = (): void => fail('PEEK_ENDED', 'the client closed it')
    const look = (): void => {
      for (let chunk: unknown = stream.read(); chunk instanceof Uint8Array; chunk = stream.read()) {
        bytes = bytes.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([bytes, chunk])
      }
      const result = bytes.length === 0 ? undefined : decide(bytes)
      if (result !== undefined) {
        settle()
        resolve({ result, bytes })
      } else if (bytes.length > options.bytesMax) {
        fail('PEEK_TOO_LONG', `more than ${options.bytesMax} bytes decide nothing`)
      }
    }
    stream.on('readable', look)
    stream.once('end', ended)
    stream.once('close', ended)
    stream.once('error', ended)
    look()
  })
}
