/** TCP and Unix sockets as the Network port: no-delay and keep-alive on every socket, and errors that name the stage that failed. */
import { chmod, lstat, unlink } from 'node:fs/promises'
import net from 'node:net'
import { PortunusError, type Address, type Connection, type Listener, type Network } from '#foundation'
import { tidyWhileReading } from './read-buffers.ts'

// NLB and many firewalls drop flows that are silent for 350 s; probes well below that keep quiet sessions alive.
const keepAliveMilliseconds = 30_000
const backlogConnections = 1024

export const nodeNetwork: Network = { dial, listen, listenUnix }

function dial(address: Address, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: address.host,
      port: address.port,
      allowHalfOpen: true, // the last bytes of one direction must survive the end of the other
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMilliseconds,
      autoSelectFamily: true,
    })
    const settle = (): void => {
      options.signal?.removeEventListener('abort', stop)
      socket.removeListener('error', fail)
      socket.removeListener('connect', succeed)
    }
    const fail = (error: Error): void => {
      settle()
      socket.destroy()
      reject(dialError(address, error))
    }
    const succeed = (): void => {
      settle()
      socket.on('error', ignore) // as in listen: whoever dialled may still be busy elsewhere when the peer resets
      tidyWhileReading(socket)
      resolve({ stream: socket, remoteAddress: addressText(socket.remoteAddress, socket.remotePort) })
    }
    const stop = (): void => fail(timedOut(options.signal?.reason))
    socket.once('error', fail)
    socket.once('connect', succeed)
    if (options.signal?.aborted === true) stop()
    else options.signal?.addEventListener('abort', stop, { once: true })
  })
}

function listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const open = new Set<net.Socket>()
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMilliseconds }
    const server = net.createServer(options, (socket) => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      socket.on('error', ignore) // each user of the stream adds its own listener; a late reset must not end the process
      tidyWhileReading(socket)
      onConnection({ stream: socket, remoteAddress: addressText(socket.remoteAddress, socket.remotePort) })
    })
    server.once('error', (error) => reject(listenError(address, error)))
    server.listen({ host: address.host, port: address.port, backlog: backlogConnections }, () => {
      const bound = server.address()
      const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
      resolve({ address: { host: address.host, port }, [Symbol.asyncDispose]: () => closeServer(server, open) })
    })
  })
}

async function listenUnix(path: string, onConnection: (connection: Connection) => void): Promise<AsyncDisposable> {
  if (Buffer.byteLength(path) > socketPathBytesMax) throw socketError(path, `the path is longer than ${socketPathBytesMax} bytes`)
  await removeDeadSocket(path)
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', ignore)
    onConnection({ stream: socket, remoteAddress: 'local' })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(socketError(path, error.message, error)))
    // The socket comes into being within this call, and must not be open to others even for a moment.
    const mask = process.umask(0o177)
    try {
      server.listen({ path, backlog: backlogConnections }, resolve)
    } finally {
      process.umask(mask)
    }
  })
  await chmod(path, 0o600)
  return { [Symbol.asyncDispose]: () => closeServer(server, open) }
}

// The least of what systems allow (macOS), the closing zero left out.
const socketPathBytesMax = 103

async function removeDeadSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw socketError(path, 'another file is there')
  if (await isListening(path)) throw socketError(path, 'another program listens there')
  await unlink(path).catch(ignore)
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .once('connect', () => settle(true))
      .once('error', (error) => settle(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'))
  })
}

function socketError(path: string, state: string, cause?: Error): PortunusError {
  return new PortunusError('NETWORK_SOCKET_IN_USE', `Cannot listen on "${path}": ${state}`, {
    category: 'unavailable',
    ...(cause === undefined ? {} : { cause }),
    hint: 'choose another path in a directory of your own, such as ~/.tsh/my-database/.s.PGSQL.5432',
  })
}

function closeServer(server: net.Server, open: ReadonlySet<net.Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of open) socket.destroy()
  })
}

function ignore(): void {}

function addressText(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return 'unknown'
  const plain = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host
  return plain.includes(':') ? `[${plain}]:${port ?? 0}` : `${plain}:${port ?? 0}`
}

function timedOut(reason: unknown): Error {
  return Object.assign(new Error('timed out', { cause: reason }), { code: 'ETIMEDOUT' })
}

function codeOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) {
    const first: unknown = error.errors[0]
    return first instanceof Error ? codeOf(first) : undefined
  }
  return undefined
}

const dialStates: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there or a firewall rejects it',
  ETIMEDOUT: 'no answer in time, a security group or route may drop the packets',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the name server does not answer',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  ECONNRESET: 'the connection was reset',
}

function dialError(address: Address, cause: Error): PortunusError {
  const code = codeOf(cause)
  const state = dialStates[code ?? ''] ?? cause.message
  return new PortunusError('NETWORK_DIAL_FAILED', `Cannot connect to "${address.host}:${address.port}": ${state}`, {
    category: 'unavailable',
    cause,
    sqlState: '08001',
    hint: `check the route with: nc -zv ${address.host} ${address.port}`,
    details: { reason: code ?? 'unknown' },
  })
}

function listenError(address: Address, cause: Error): PortunusError {
  const where = `"${address.host}:${address.port}"`
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new PortunusError('NETWORK_PORT_IN_USE', `Cannot listen on ${where}: the port is in use by another program`, {
        category: 'unavailable',
        cause,
        hint: `find the program with: ss -ltnp 'sport = :${address.port}'`,
      })
    case 'EACCES':
      return new PortunusError('NETWORK_PORT_NOT_ALLOWED', `Cannot listen on ${where}: permission denied`, {
        category: 'access-denied',
        cause,
        hint: 'choose a port above 1023, or run with sudo',
      })
    default:
      return new PortunusError('NETWORK_LISTEN_FAILED', `Cannot listen on ${where}: ${cause.message}`, { category: 'unavailable', cause })
  }
}
