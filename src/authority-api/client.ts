/** The table as a client: one function per operation, over any transport that carries a request and its answer. */
import { PortunusError, errorFromDocument, readErrorAnswer, type ErrorDocument } from '#foundation'
import { operationNames, operationOf, type OperationName, type RequestOf, type ResponseOf } from './operations.ts'
import type { Operation } from './operation.ts'
import { requestRefused } from './request-refused.ts'
import type { AuthorityApp, Peer } from './server.ts'

/** Carries one call; rejects with a PortunusError of category unavailable when there is no answer. */
export interface ApiTransport {
  request(call: {
    readonly method: string
    readonly path: string
    readonly body?: string | undefined
  }): Promise<{ readonly status: number; readonly body: string }>
}

export type AuthorityClient = {
  readonly [Name in OperationName]: (request: RequestOf<Name>) => Promise<ResponseOf<Name>>
}

/** Failures of the other side arrive as the PortunusErrors they were there. */
export function createAuthorityClient(transport: ApiTransport): AuthorityClient {
  const functions = operationNames.map((name) => [name, (request: unknown) => call(transport, name, request)])
  return parseClient(Object.fromEntries(functions))
}

/** A transport that calls the application in the same process, as this peer. */
export function transportTo(app: AuthorityApp, peer: Peer): ApiTransport {
  return {
    async request({ method, path, body }) {
      const request = new Request(`https://authority.portunus.internal${path}`, { method, ...(body === undefined ? {} : { body }) })
      const response = await app.fetch(request, { peer })
      return { status: response.status, body: await response.text() }
    },
  }
}

/** The one place where the table's names become the client's type: each function was made from the operation of its name. */
function parseClient(functions: Readonly<Record<string, unknown>>): AuthorityClient {
  for (const name of operationNames) {
    if (typeof functions[name] !== 'function') throw new PortunusError('INTERNAL', `Cannot make a client: "${name}" is missing`)
  }
  return functions as AuthorityClient
}

async function call(transport: ApiTransport, name: OperationName, request: unknown): Promise<unknown> {
  const operation = operationOf(name)
  const response = await transport.request({
    method: operation.method,
    path: operation.path,
    ...(operation.method === 'GET' ? {} : { body: writeRequest(name, operation, request) }),
  })
  const json = parseJson(name, response)
  if (response.status !== 200) throw errorFromDocument(parseError(name, response.status, json))
  const parsed = operation.response.safeParse(json)
  if (parsed.success) return parsed.data
  throw unreadable(name, response.status)
}

function writeRequest(name: string, operation: Operation, request: unknown): string {
  const written = operation.request.safeEncode(request)
  if (written.success) return JSON.stringify(written.data)
  throw requestRefused(name, written.error)
}

function parseJson(name: string, response: { readonly status: number; readonly body: string }): unknown {
  try {
    return JSON.parse(response.body)
  } catch {
    throw unreadable(name, response.status)
  }
}

function parseError(name: string, status: number, json: unknown): ErrorDocument {
  const document = readErrorAnswer(json)
  if (document === undefined) throw unreadable(name, status)
  return document
}

function unreadable(name: string, status: number): PortunusError {
  return new PortunusError('API_RESPONSE_UNREADABLE', `Cannot read the answer to "${name}" (status ${status}): it has another shape`, {
    category: 'unavailable',
    hint: 'check that both programs have the same version, and that the address is one of this cluster',
  })
}
