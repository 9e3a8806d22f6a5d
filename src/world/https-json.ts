/** One JSON request over HTTPS to a web API of a proxy, on a connection of its own. */
import http from 'node:http'
import { PortunusError, messageOf, type Address, type TlsConnectOptions } from '#foundation'
import { nodeNetwork } from './network.ts'
import { nodeTls } from './tls.ts'

export interface HttpsJsonRequest {
  readonly address: Address
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly tls: Omit<TlsConnectOptions, 'alpn'>
  readonly signal?: AbortSignal | undefined
}

export interface HttpsJsonAnswer {
  readonly status: number
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown
}

const answerBytesMax = 4 * 1024 * 1024
const requestMillisecondsMax = 30_000

/** Sends one request and reads the whole answer; the server's certificate is verified as `tls` says. */
export async function httpsJson(request: HttpsJsonRequest): Promise<HttpsJsonAnswer> {
  const deadline = AbortSignal.timeout(requestMillisecondsMax)
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline])
  const connection = await nodeNetwork.dial(request.address, { signal })
  const secure = await nodeTls.connect(connection, { ...request.tls, alpn: ['http/1.1'], signal })
  try {
    return await exchange(request, secure.stream, signal)
  } catch (error) {
    throw new PortunusError(
      'WEB_API_FAILED',
      `Cannot call "${request.path}" of "${request.address.host}:${request.address.port}": ${messageOf(error)}`,
      { category: 'unavailable', cause: error, hint: 'check that this is the address of a proxy' },
    )
  } finally {
    secure.stream.destroy()
  }
}

function exchange(request: HttpsJsonRequest, stream: import('node:stream').Duplex, signal: AbortSignal): Promise<HttpsJsonAnswer> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      createConnection: () => stream,
      method: request.method,
      path: request.path,
      signal,
      headers: {
        host: `${request.address.host}:${request.address.port}`,
        accept: 'application/json',
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      incoming.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > answerBytesMax) incoming.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      incoming.once('error', reject)
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, json: parseJson(Buffer.concat(chunks).toString('utf8')) }))
    })
    outgoing.end(body)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
