/** One HTTP/2 connection to an API of ours: requests with JSON bodies, several at once, noticed when it dies. */
import http2 from 'node:http2'
import { PortunusError, messageOf, type TlsConnection } from '#foundation'

/** One request and its whole answer. */
export interface ApiCall {
  readonly method: string
  readonly path: string
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ApiAnswer {
  readonly status: number
  readonly body: string
}

export interface Http2Client extends AsyncDisposable {
  request(call: ApiCall): Promise<ApiAnswer>
  /** Whether new requests can be sent. */
  readonly isOpen: boolean
  onClose(callback: () => void): void
}

const answerBytesMax = 32 * 1024 * 1024
const requestMillisecondsMax = 60_000
const pingMilliseconds = 20_000

/** Speaks HTTP/2 (RFC 9113) as the client over a finished TLS session. */
export function openHttp2Client(connection: TlsConnection): Http2Client {
  connection.stream.allowHalfOpen = false // a peer that says no more will answer nothing either
  const session = http2.connect('http://portunus.internal', { createConnection: () => connection.stream })
  const callbacks: (() => void)[] = []
  let closed = false
  session.on('error', ignore) // an unhandled session error would end the process; requests see their own
  session.once('close', () => {
    closed = true
    for (const callback of callbacks) callback()
  })
  const stopPinging = pingRegularly(session)
  session.once('close', stopPinging)
  return {
    request: (call) => request(session, call),
    get isOpen() {
      return !closed && !session.closed && !session.destroyed
    },
    onClose(callback) {
      if (closed) callback()
      else callbacks.push(callback)
    },
    [Symbol.asyncDispose]: () => closeSession(session),
  }
}

/** A dead peer is not noticed without traffic: two unanswered pings end the session. */
export function pingRegularly(session: http2.Http2Session): () => void {
  let unanswered = 0
  const timer = setInterval(() => {
    if (unanswered >= 2) {
      session.destroy(new Error('the peer does not answer pings'))
      return
    }
    if (session.destroyed || session.closed) return
    unanswered += 1
    session.ping((error) => {
      if (error === null) unanswered = 0
    })
  }, pingMilliseconds)
  timer.unref()
  return () => clearInterval(timer)
}

export function closeSession(session: http2.Http2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) {
      resolve()
      return
    }
    session.once('close', () => resolve())
    session.close()
    setTimeout(() => session.destroy(), 500).unref()
  })
}

function ignore(): void {}

export function request(session: http2.ClientHttp2Session, call: ApiCall): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(requestError(call, cause))
    if (session.closed || session.destroyed) {
      fail(new Error('the connection is closed'))
      return
    }
    const stream = session.request(
      { ':method': call.method, ':path': call.path, ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) },
      { endStream: call.body === undefined, ...(call.signal === undefined ? {} : { signal: call.signal }) },
    )
    let status = 0
    let sizeBytes = 0
    const chunks: Buffer[] = []
    stream.setTimeout(requestMillisecondsMax, () => stream.destroy(new Error('no answer in time')))
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
    })
    stream.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes > answerBytesMax) stream.destroy(new Error('the answer is too long'))
      else chunks.push(chunk)
    })
    stream.once('error', fail)
    stream.once('close', () => {
      if (stream.readableEnded && status !== 0) resolve({ status, body: Buffer.concat(chunks).toString('utf8') })
      else fail(new Error('the connection ended before the answer'))
    })
    if (call.body !== undefined) stream.end(call.body)
  })
}

function requestError(call: ApiCall, cause: unknown): PortunusError {
  if (cause instanceof PortunusError) return cause
  return new PortunusError('API_UNREACHABLE', `Cannot call "${call.method} ${call.path}": ${messageOf(cause)}`, {
    category: 'unavailable',
    cause,
    hint: 'try again, and check that the service runs',
  })
}
