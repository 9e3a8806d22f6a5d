/** Both ends of a connection for the tests of this room: in memory, or over TCP on loopback. */
import type { Connection } from '#foundation'
import { memoryPair } from '../memory-pair.ts'
import { nodeNetwork } from '../network.ts'

/** Disposing closes both ends. */
export interface ConnectionPair extends Disposable {
  readonly server: Connection
  readonly client: Connection
}

function pairOf(server: Connection, client: Connection): ConnectionPair {
  return {
    server,
    client,
    [Symbol.dispose]() {
      server.stream.destroy()
      client.stream.destroy()
    },
  }
}

export const pairs: Readonly<Record<'in memory' | 'over TCP', () => Promise<ConnectionPair>>> = {
  'in memory': async () => {
    const [server, client] = memoryPair('memory')
    return pairOf(server, client)
  },
  'over TCP': async () => {
    const accepted = Promise.withResolvers<Connection>()
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve)
    const client = await nodeNetwork.dial(listener.address)
    const server = await accepted.promise
    // The listener goes with its connections, so it must stay until they are gone.
    server.stream.once('close', () => void listener[Symbol.asyncDispose]())
    return pairOf(server, client)
  },
}
