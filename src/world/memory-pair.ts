/** Two ends of a connection inside one process: services that share a process run the same code as over TCP. */
import { duplexPair } from 'node:stream'
import type { Connection } from '#foundation'

/** What is written to one end is read from the other; `remoteAddress` is what either end sees as its peer. */
export function memoryPair(remoteAddress: string): readonly [Connection, Connection] {
  const [left, right] = duplexPair()
  for (const [end, other] of [
    [left, right],
    [right, left],
  ] as const) {
    end.on('error', ignore)
    end.once('close', () => other.destroy()) // a TCP peer would see a reset
  }
  return [
    { stream: left, remoteAddress },
    { stream: right, remoteAddress },
  ]
}

function ignore(): void {}
