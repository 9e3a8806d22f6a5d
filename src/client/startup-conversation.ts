/**
 * The startup phase on the loopback side (PostgreSQL manual, "Message Flow", Start-up): encryption is declined, because the
 * bytes never leave the machine in the clear, until the client says whom it wants or which query it cancels.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '#foundation'
import { readStartupPacket } from '#postgres-protocol'

export type StartupOutcome =
  /** `bytes` is the packet as the client sent it. */
  | { readonly kind: 'startup'; readonly bytes: Uint8Array; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: Uint8Array }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** The client went away, as port scanners and health checks do. */
  | { readonly kind: 'gone' }

const declined = new Uint8Array([0x4e]) // 'N'

// Programs on this machine have their first words ready; a silent one holds a place that others need.
export const startupMillisecondsMax = 10_000

/** Talks until the outcome is known. Bytes beyond the packet stay in the stream. */
export function readStartup(stream: Duplex, clock: Clock): Promise<StartupOutcome> {
  return new Promise((resolve) => {
    const conversation = new StartupConversation()
    const settle = (outcome: StartupOutcome): void => {
      stream.removeListener('readable', read)
      stream.removeListener('end', leave)
      stream.removeListener('close', leave)
      deadline[Symbol.dispose]()
      resolve(outcome)
    }
    const leave = (): void => settle({ kind: 'gone' })
    const read = (): void => {
      const chunk: unknown = stream.read()
      if (!(chunk instanceof Uint8Array)) return
      const outcome = conversation.take(chunk, (bytes) => stream.write(bytes))
      if (outcome === undefined) return
      if (conversation.rest.length > 0) stream.unshift(conversation.rest)
      settle(outcome)
    }
    const deadline = clock.timer(startupMillisecondsMax, () =>
      settle({ kind: 'malformed', reason: `no startup packet within ${startupMillisecondsMax / 1000} seconds` }),
    )
    stream.on('readable', read)
    stream.once('end', leave)
    stream.once('close', leave)
  })
}

/** The conversation without the socket: bytes in, replies and at last an outcome out. */
export class StartupConversation {
  #buffered: Uint8Array = new Uint8Array(0)
  readonly #declinedKinds = new Set<string>()

  /** What came after the last packet. */
  get rest(): Uint8Array {
    return this.#buffered
  }

  take(chunk: Uint8Array, reply: (bytes: Uint8Array) => void): StartupOutcome | undefined {
    let buffered = join(this.#buffered, chunk)
    for (;;) {
      const step = readStartupPacket(buffered)
      if (step.kind === 'need-more') {
        this.#buffered = buffered
        return undefined
      }
      if (step.kind === 'malformed') return { kind: 'malformed', reason: step.reason }
      const { packet, rest } = step
      this.#buffered = rest
      switch (packet.kind) {
        case 'ssl-request':
        case 'gssenc-request': {
          if (this.#declinedKinds.has(packet.kind)) return { kind: 'malformed', reason: `a second ${packet.kind}` }
          this.#declinedKinds.add(packet.kind)
          reply(declined)
          buffered = rest
          break
        }
        case 'cancel-request':
          return { kind: 'cancel', processId: packet.processId, secretKey: packet.secretKey }
        case 'startup':
          return {
            kind: 'startup',
            bytes: buffered.subarray(0, buffered.length - rest.length),
            parameters: packet.parameters,
          }
      }
    }
  }
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}
