/** Listening on the loopback address, and what can go wrong with it. */
import type { Server } from 'node:net'
import { PortunusError, messageOf } from '#foundation'

/** The port taken; port 0 takes a free one. Throws LAB_PORT_IN_USE or LAB_LISTEN_FAILED. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(port, error)))
    server.listen(port, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw listenFailure(port, new Error('no address'))
  return address.port
}

function listenFailure(port: number, cause: NodeJS.ErrnoException): PortunusError {
  if (cause.code === 'EADDRINUSE') {
    return new PortunusError('LAB_PORT_IN_USE', `Cannot listen on "127.0.0.1:${port}": the port is in use`, {
      category: 'unavailable',
      hint: 'choose another port, or 0 for any free one',
      cause,
    })
  }
  return new PortunusError('LAB_LISTEN_FAILED', `Cannot listen on "127.0.0.1:${port}": ${messageOf(cause)}`, {
    category: 'unavailable',
    cause,
  })
}
