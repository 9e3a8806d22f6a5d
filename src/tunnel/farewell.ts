/** Closing a connection in words: the last bytes arrive although the peer may still be talking, and nobody waits for it for ever. */
import type { Duplex } from 'node:stream'
import type { Clock } from '#foundation'

const lingerMilliseconds = 10_000

/** Sends the last bytes and closes. Reads on meanwhile, since unread bytes would turn the close into a reset that eats them. */
export function endWith(stream: Duplex, lastBytes: Uint8Array | string, clock: Clock): void {
  if (stream.writable) stream.end(lastBytes)
  leaveInTime(stream, clock)
}

/** What the peer still says is dropped; a peer that does not close within 10 s is closed. */
export function leaveInTime(stream: Duplex, clock: Clock): void {
  if (stream.destroyed) return
  stream.resume()
  const timer = clock.timer(lingerMilliseconds, () => stream.destroy())
  stream.once('close', () => timer[Symbol.dispose]())
}
