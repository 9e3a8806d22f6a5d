/** The HTTP face of the AWS stand-in: one endpoint for every service, told apart by the credential scope, as with AWS_ENDPOINT_URL. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOnLoopback } from '../listen.ts'
import { answerAwsRequest } from './answer.ts'
import type { AwsStandIn } from './answer.ts'
import { AwsError } from './aws-error.ts'
import type { SignedRequest } from './signature.ts'

const bodyBytesMax = 256 * 1024
const requestMilliseconds = 15_000

export interface AwsServer extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
}

/** Listens on 127.0.0.1; port 0 takes a free one. Throws LAB_PORT_IN_USE or LAB_LISTEN_FAILED. */
export async function openAwsServer(standIn: AwsStandIn, options: { readonly port: number }): Promise<AwsServer> {
  const server = createServer({ requestTimeout: requestMilliseconds, headersTimeout: requestMilliseconds }, (request, response) => {
    serve(standIn, request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server, options.port)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function serve(standIn: AwsStandIn, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(incoming)
  const answer = answerAwsRequest(standIn, toSignedRequest(incoming, body ?? new Uint8Array()), {
    // The rest of an oversized body is not read, so nothing in it may be believed.
    refusal:
      body === undefined ? new AwsError('RequestEntityTooLarge', 413, `The request is larger than ${bodyBytesMax} bytes.`) : undefined,
  })
  // Clients correct their clocks by this header, so it tells the lab's time.
  response.setHeader('date', standIn.clock.now().toUTCString())
  response.setHeader('content-type', 'text/xml')
  response.setHeader('x-amzn-requestid', answer.requestId)
  if (body === undefined) response.setHeader('connection', 'close')
  response.writeHead(answer.status).end(answer.body)
}

/** The body, or undefined when it is larger than the stand-in takes. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > bodyBytesMax) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function toSignedRequest(incoming: IncomingMessage, body: Uint8Array): SignedRequest {
  const headers = new Map<string, readonly string[]>()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) if (values !== undefined) headers.set(name, values)
  return { method: incoming.method ?? '', target: incoming.url ?? '', headers, body }
}
