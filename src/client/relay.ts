/** Two streams joined: bytes go both ways as they come, each side's end is passed on, and the last bytes arrive. */
import type { Duplex } from 'node:stream'
import type { Clock } from '#foundation'

export interface RelayOptions {
  readonly clock: Clock
  /** Called when the server ends before it has sent a single byte: nothing else would tell the client why. */
  readonly onSilentEnd: (cause: Error | undefined) => Uint8Array
}

// After one side has ended, the other gets this long to take what was written to it.
const lingerMilliseconds = 10_000

/** Joins a client with a server; resolves when both are closed. Plain `pipe`s, the fastest public way (docs/performance.md). */
export function relay(client: Duplex, server: Duplex, options: RelayOptions): Promise<void> {
  let hasAnswered = false
  let cause: Error | undefined
  server.once('error', (error) => (cause = error))
  client.pipe(server)
  server.pipe(client, { end: false })
  server.once('data', () => (hasAnswered = true))
  const finishClient = (): void => {
    if (client.writableEnded || client.destroyed) return
    if (hasAnswered) client.end()
    else client.end(options.onSilentEnd(cause))
  }
  server.once('end', finishClient)
  return new Promise((resolve) => {
    let open = 2
    const closed = (): void => {
      open -= 1
      if (open === 0) resolve()
    }
    client.once('close', () => {
      leave(server, client.readableEnded && client.writableFinished, options.clock)
      closed()
    })
    server.once('close', () => {
      finishClient()
      client.resume() // what the client still says has nowhere to go, and must not turn its last bytes into a reset
      leave(client, true, options.clock)
      closed()
    })
  })
}

/** Lets a stream whose partner is gone finish, or ends it at once when the partner broke off. */
function leave(stream: Duplex, wasOrderly: boolean, clock: Clock): void {
  if (stream.destroyed) return
  if (!wasOrderly) {
    stream.destroy()
    return
  }
  const timer = clock.timer(lingerMilliseconds, () => stream.destroy())
  stream.once('close', () => timer[Symbol.dispose]())
}

/** Sends the last words to a client and closes; reads on meanwhile, since unread bytes would turn the close into a reset. */
export function endWith(client: Duplex, lastBytes: Uint8Array, clock: Clock): void {
  if (client.destroyed) return
  client.end(lastBytes)
  client.resume()
  leave(client, true, clock)
}
