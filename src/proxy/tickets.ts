/** Tickets: one-time names under which a connection to an agent waits to be joined with its client. */
import { PortunusError, toHex, type Clock, type Connection, type Randomness } from '#foundation'

const suffix = '.relay.portunus.internal'
const ticketMilliseconds = 15_000
const ticketLengthBytes = 16
/** More than this many unredeemed tickets means that something asks without coming. */
const ticketsMax = 10_000

export interface Tickets extends Disposable {
  /** Keeps the agent's connection until it is redeemed; closes it when nobody comes in time. */
  issue(connection: Connection): { readonly ticket: string; readonly serverName: string }
  /** The waiting connection; undefined for a name that is unknown, used or too old. */
  redeem(serverName: string): Connection | undefined
}

export function openTickets(options: { readonly clock: Clock; readonly randomness: Randomness }): Tickets {
  const waiting = new Map<string, { readonly connection: Connection; readonly timer: Disposable }>()
  const drop = (ticket: string): void => {
    waiting.get(ticket)?.connection.stream.destroy()
    waiting.delete(ticket)
  }
  return {
    issue(connection) {
      if (waiting.size >= ticketsMax) {
        connection.stream.destroy()
        throw new PortunusError('TICKETS_EXHAUSTED', 'Cannot open another connection: too many tickets wait to be redeemed', {
          category: 'limit-exceeded',
          hint: 'try again in a few seconds',
        })
      }
      const ticket = toHex(options.randomness.bytes(ticketLengthBytes))
      waiting.set(ticket, { connection, timer: options.clock.timer(ticketMilliseconds, () => drop(ticket)) })
      return { ticket, serverName: `${ticket}${suffix}` }
    },
    redeem(serverName) {
      if (!serverName.endsWith(suffix)) return undefined
      const ticket = serverName.slice(0, -suffix.length)
      const found = waiting.get(ticket)
      if (found === undefined) return undefined
      waiting.delete(ticket)
      found.timer[Symbol.dispose]()
      return found.connection
    },
    [Symbol.dispose]() {
      for (const ticket of waiting.keys()) drop(ticket)
    },
  }
}
