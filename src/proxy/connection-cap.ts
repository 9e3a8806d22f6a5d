/** How many connections one address may hold while nobody knows who it is: beyond that they are closed unheard. */
import type { Duplex } from 'node:stream'
import { clientNetwork, hostOfAddress, type Connection } from '#foundation'

export interface ConnectionCap {
  /** Counts a connection until it closes; false when its address holds too many already. */
  enter(connection: Connection): boolean
  /** The connection has proved whose it is, and does not count any more. */
  leave(connection: Pick<Connection, 'stream'>): void
}

export interface ConnectionCapOptions {
  readonly connectionsMax: number
  /** Of programs on this very machine. */
  readonly loopbackMax: number
}

/** More than a busy browser, an office behind one address or a burst of clients holds; fewer than would hurt. */
export const connectionCapDefault: ConnectionCapOptions = { connectionsMax: 200, loopbackMax: 2000 }

export function openConnectionCap(options: ConnectionCapOptions = connectionCapDefault): ConnectionCap {
  const counts = new Map<string, number>()
  const places = new WeakMap<Duplex, string>()
  const leave = ({ stream }: Pick<Connection, 'stream'>): void => {
    const place = places.get(stream)
    if (place === undefined) return
    places.delete(stream)
    const count = (counts.get(place) ?? 1) - 1
    if (count > 0) counts.set(place, count)
    else counts.delete(place)
  }
  return {
    leave,
    enter(connection) {
      const host = hostOfAddress(connection.remoteAddress)
      // Whoever has one IPv6 address has all of its network.
      const place = host.includes(':') ? clientNetwork(host) : host
      const count = counts.get(place) ?? 0
      if (count >= (isLoopback(host) ? options.loopbackMax : options.connectionsMax)) return false
      counts.set(place, count + 1)
      places.set(connection.stream, place)
      connection.stream.once('close', () => leave(connection))
      return true
    },
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
