/**
 * The relay: server bytes are piped to the client untouched but for the cancel key; client bytes go on as they came, once
 * the records of the statements in them are on disk. It frames through the recorder's tap and re-encodes nothing.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '#foundation'
import type { BackendKeyRewriter } from '#postgres-protocol'
import { leaveInTime } from '#tunnel'
import type { AuditTurn } from './audit-turn.ts'

export interface RelayOptions {
  readonly client: Duplex
  readonly database: Duplex
  /** Server bytes that were read while logging in. */
  readonly firstServerBytes: Uint8Array
  /** `frontend` throws for bytes that cannot be recorded. */
  readonly tap: { frontend(chunk: Uint8Array): boolean; backend(chunk: Uint8Array): void; missing(): number }
  readonly rewriter: BackendKeyRewriter
  readonly turn: AuditTurn
  readonly clock: Clock
  /** Told once, when the first ReadyForQuery has passed and the cancel key is known. */
  readonly onReady: () => void
  /** Told when statements could not be recorded and so were not forwarded; the relay ends. */
  readonly onUnrecorded: (error: unknown) => void
  /** Ends the relay: the server's present message is the last that is passed on. */
  readonly stop?: AbortSignal | undefined
  /** Told when the relay was stopped, with the signal's reason; whatever is now written to the client comes between messages. */
  readonly onStopped?: ((reason: unknown) => void) | undefined
}

/** Which side ended it, and how. */
export interface RelayEnd {
  readonly endedBy: 'client' | 'database' | 'agent'
  readonly error: Error | undefined
}

/** Resolves when both sides are closed; each is closed in time once the other is gone. */
export function relay(options: RelayOptions): Promise<RelayEnd> {
  const { client, database, clock, stop } = options
  return new Promise((resolve) => {
    let first: RelayEnd | undefined
    let open = 2
    const note = (endedBy: RelayEnd['endedBy'], error?: Error): void => {
      first ??= { endedBy, error }
    }
    const closed = (side: 'client' | 'database'): void => {
      note(side)
      open -= 1
      if (open > 0) return
      stop?.removeEventListener('abort', halt)
      resolve(first ?? { endedBy: side, error: undefined })
    }
    client.on('error', (error) => note('client', error))
    database.on('error', (error) => note('database', error))
    client.once('end', () => note('client'))
    database.once('end', () => {
      note('database')
      database.end() // a server that has said all listens no more
    })
    client.once('close', () => {
      // The server of a client that broke off learns of it as if there were nothing in between.
      if (!client.readableEnded || !client.writableFinished) database.destroy()
      closed('client')
    })
    database.once('close', () => {
      if (client.writable) client.end()
      leaveInTime(client, clock)
      closed('database')
    })
    const halt = (): void => {
      note('agent', stop?.reason instanceof Error ? stop.reason : undefined)
      finishMessage(options, () => {
        options.onStopped?.(stop?.reason)
        database.destroy()
      })
    }
    forwardServerBytes(options)
    if (stop?.aborted === true) halt()
    else stop?.addEventListener('abort', halt, { once: true })
    forwardClientBytes(options, (error) => {
      note('agent', error instanceof Error ? error : undefined)
      options.onUnrecorded(error)
      database.destroy()
    })
  })
}

/** Until the first ReadyForQuery each chunk passes the rewriter; from then on it is a plain pipe with a tap beside it. */
function forwardServerBytes({ client, database, firstServerBytes, tap, rewriter, onReady }: RelayOptions): void {
  const listen = (chunk: Uint8Array): void => tap.backend(chunk)
  const pipe = (): void => {
    onReady()
    database.on('data', listen)
    database.pipe(client)
  }
  const rewrite = (chunk: Uint8Array): void => {
    const rewritten = rewriter.push(chunk)
    tap.backend(rewritten)
    client.write(rewritten)
    if (!rewriter.done) return
    database.removeListener('data', rewrite)
    database.removeListener('end', end)
    pipe()
  }
  const end = (): void => void client.end()
  database.on('data', rewrite)
  database.once('end', end)
  if (firstServerBytes.length > 0) rewrite(firstServerBytes)
}

const lastMessageMillisecondsMax = 300
const lastMessageBytesMax = 4 * 1024 * 1024

/**
 * Passes on what is missing of the message the server is in the middle of, since anything said inside of it would garble it.
 * A message that is too long or too late is broken off, and the client with it.
 */
function finishMessage({ client, database, tap, rewriter, clock }: RelayOptions, done: () => void): void {
  let settled = false
  const settle = (): void => {
    if (settled) return
    settled = true
    timer[Symbol.dispose]()
    database.removeListener('data', pass)
    database.removeListener('close', breakOff)
    done()
  }
  const breakOff = (): void => {
    if (tap.missing() > 0) client.destroy()
    settle()
  }
  const pass = (chunk: Uint8Array): void => {
    let left = rewriter.done ? chunk : rewriter.push(chunk)
    for (let missing = tap.missing(); missing > 0 && left.length > 0; missing = tap.missing()) {
      const part = left.subarray(0, missing)
      left = left.subarray(part.length)
      tap.backend(part)
      client.write(part)
    }
    if (tap.missing() === 0) settle()
  }
  const timer = clock.timer(lastMessageMillisecondsMax, breakOff)
  database.unpipe(client)
  database.removeAllListeners('data')
  if (tap.missing() === 0) return settle()
  if (tap.missing() > lastMessageBytesMax) return breakOff()
  database.once('close', breakOff)
  database.on('data', pass)
  database.resume()
}

/** Chunks with statements wait for the one write of this turn; chunks behind them wait too, so that order is kept. */
function forwardClientBytes({ client, database, tap, turn, stop }: RelayOptions, onUnrecorded: (error: unknown) => void): void {
  let held: Uint8Array[] = []
  let ended = false
  let refused = false

  const forward = (chunk: Uint8Array): void => {
    if (database.writable && !database.write(chunk)) client.pause()
  }
  const refuse = (error: unknown): void => {
    held = []
    refused = true
    onUnrecorded(error)
  }
  const release = (error: unknown): void => {
    if (refused || stop?.aborted === true) return
    if (error !== undefined) return refuse(error)
    const chunks = held
    held = []
    if (chunks.length === 1 && chunks[0] !== undefined) {
      forward(chunks[0])
    } else {
      database.cork()
      for (const chunk of chunks) forward(chunk)
      database.uncork()
    }
    if (ended) database.end()
  }

  const read = (chunk: Uint8Array): boolean => {
    try {
      return tap.frontend(chunk)
    } catch (error) {
      refuse(error)
      return false
    }
  }

  database.on('drain', () => client.resume())
  client.on('data', (chunk: Uint8Array) => {
    if (refused || stop?.aborted === true) return // the client has been told; what it had sent before it knew is dropped
    const mustBeRecorded = read(chunk)
    if (refused) return
    if (!mustBeRecorded && held.length === 0) {
      forward(chunk)
      return
    }
    held.push(chunk)
    if (held.length === 1) turn.afterWrite(release)
  })
  client.once('end', () => {
    ended = true
    if (held.length === 0) database.end()
  })
}
