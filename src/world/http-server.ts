/** HTTP/1.1 and HTTP/2 over connections that somebody else accepted: a fetch handler answers, and knows who asks. */
import http from 'node:http'
import http2 from 'node:http2'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { TlsConnection } from '#foundation'
import { pingRegularly } from './http2-client.ts'

/** Answers a request (WHATWG Fetch); `environment` tells who asks. */
export type FetchHandler<E> = (request: Request, environment: E) => Response | Promise<Response>

export interface HttpServer<E> extends AsyncDisposable {
  /** Serves one accepted connection until it ends. */
  serve(connection: TlsConnection, environment: E): void
}

const inactivityMillisecondsMax = 120_000
const headerMillisecondsMax = 15_000

/** What a client of HTTP/2 may cost that nobody knows. */
export interface Http2Limits {
  /** Without a request, before the connection is closed; pings do not count. */
  readonly idleMilliseconds: number
  /** From the header of a request to the end of its body. */
  readonly requestMilliseconds: number
  /** Without anything of a request or its answer being moved. */
  readonly stalledMilliseconds: number
}

const webLimits: Http2Limits = { idleMilliseconds: 60_000, requestMilliseconds: headerMillisecondsMax * 4, stalledMilliseconds: 60_000 }

/** HTTP/2 where ALPN chose `h2` or a protocol of ours, HTTP/1.1 otherwise. */
export function openHttpServer<E>(handler: FetchHandler<E>, limits: Http2Limits = webLimits): HttpServer<E> {
  const open = new Set<Duplex>()
  const environments = new WeakMap<object, E>()
  const plainServer = http.createServer(
    { requestTimeout: headerMillisecondsMax * 4, headersTimeout: headerMillisecondsMax, keepAliveTimeout: 30_000 },
    answering(listenerFor((incoming) => environments.get(incoming.socket), handler)),
  )
  plainServer.timeout = inactivityMillisecondsMax
  plainServer.on('clientError', (_error, socket) => socket.destroy())
  return {
    serve(connection, environment) {
      open.add(connection.stream)
      connection.stream.once('close', () => open.delete(connection.stream))
      const usesHttp1 = connection.alpn === undefined || connection.alpn === 'http/1.1'
      if (usesHttp1) {
        environments.set(connection.stream, environment)
        plainServer.emit('connection', connection.stream)
      } else {
        // Clients of our own protocols have shown a certificate, and keep their connections.
        serveHttp2(connection.stream, handler, environment, connection.alpn === 'h2' ? limits : undefined)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const stream of open) stream.destroy()
    },
  }
}

/** Serves HTTP/2 over a stream; a server object per connection is how the handler learns whose it is. */
export function serveHttp2<E>(stream: Duplex, handler: FetchHandler<E>, environment: E, limits?: Http2Limits): void {
  stream.allowHalfOpen = false // a peer that says no more will ask nothing either
  const server = http2.createServer({ settings: { maxConcurrentStreams: 256 } }, answering(listenerFor(() => environment, handler)))
  server.on('sessionError', () => stream.destroy())
  server.on('session', (session) => {
    session.on('error', () => stream.destroy())
    session.once('close', pingRegularly(session))
    if (limits !== undefined) limitSession(session, limits)
  })
  server.setTimeout(0)
  server.emit('connection', stream)
}

const endStreamFlag = 0x1 // RFC 9113, section 6.2

/** Closes a session without requests, and requests that do not come whole or whose answers are not read. */
function limitSession(session: http2.ServerHttp2Session, limits: Http2Limits): void {
  let open = 0
  const leave = (): void => session.destroy()
  let idle = setTimeout(leave, limits.idleMilliseconds).unref()
  session.once('close', () => clearTimeout(idle))
  session.on('stream', (stream, _headers, flags) => {
    open += 1
    clearTimeout(idle)
    const give = (): void => stream.close(http2.constants.NGHTTP2_CANCEL)
    const deadline = (flags & endStreamFlag) === 0 ? setTimeout(give, limits.requestMilliseconds).unref() : undefined
    stream.once('end', () => clearTimeout(deadline))
    stream.setTimeout(limits.stalledMilliseconds, give)
    stream.once('close', () => {
      clearTimeout(deadline)
      open -= 1
      if (open === 0 && !session.destroyed) idle = setTimeout(leave, limits.idleMilliseconds).unref()
    })
  })
}

type Listener = ReturnType<typeof getRequestListener>
type Incoming = Parameters<Listener>[0]
type Outgoing = Parameters<Listener>[1]

/** The listener answers failures of the handler itself; nothing waits for it. */
function answering(listener: Listener): (incoming: Incoming, outgoing: Outgoing) => void {
  return (incoming, outgoing) => void listener(incoming, outgoing)
}

function listenerFor<E>(environmentOf: (incoming: Incoming) => E | undefined, handler: FetchHandler<E>): Listener {
  return getRequestListener(
    (request, bindings) => {
      const environment = environmentOf(bindings.incoming)
      return environment === undefined ? new Response(null, { status: 500 }) : handler(request, environment)
    },
    { hostname: 'portunus.internal' },
  )
}
