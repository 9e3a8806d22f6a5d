/** The table as an HTTP application: reads the request, asks the permission, lets the handler answer. It knows no operation by name. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { PortunusError, errorDocument, httpStatusOf, messageOf, type Log } from '#foundation'
import type { Operation } from './operation.ts'
import { operationNames, operationOf, type OperationName, type RequestOf, type ResponseOf } from './operations.ts'
import { requestRefused } from './request-refused.ts'
import { decidePermission, principalOf, type Peer, type PermissionContext, type Principal } from './permission.ts'

export type { Peer } from './permission.ts'

/** Who calls, after the permission was given. */
export type Caller = Exclude<Principal, { kind: 'nobody' }> & { readonly peer: Peer }

export type Handlers = {
  readonly [Name in OperationName]: (request: RequestOf<Name>, caller: Caller) => Promise<ResponseOf<Name>>
}

/** A refused call, for the audit log. */
export interface Refusal {
  readonly operation: OperationName
  readonly peer: Peer
  readonly error: PortunusError
}

export interface AuthorityServerOptions extends PermissionContext {
  readonly log: Log
  /** Told before the caller is; when it throws, the caller sees that error instead. */
  readonly onRefused?: (refusal: Refusal) => Promise<void>
  /** 1 MiB unless told. */
  readonly requestBytesMax?: number
}

export type AuthorityApp = Hono<{ Bindings: { peer: Peer }; Variables: { caller: Caller } }>

const requestBytesMax = 1024 * 1024

/** The application; its `fetch(request, { peer })` never throws and answers every failure with `{ error: ErrorDocument }`. */
export function createAuthorityServer(handlers: Handlers, options: AuthorityServerOptions): AuthorityApp {
  const app: AuthorityApp = new Hono()
  for (const name of operationNames) {
    const operation = operationOf(name)
    const maxSize = operation.requestBytesMax ?? options.requestBytesMax ?? requestBytesMax
    app.on(
      operation.method,
      operation.path,
      // Permission first: a stranger learns nothing about how a request should look, and has none of it read.
      async (context, next) => {
        context.set('caller', await permit(name, operation, { ...options, peer: context.env.peer }))
        await next()
      },
      bodyLimit({ maxSize, onError: () => failure(requestTooLarge(name, maxSize)) }),
      async (context) => answer(await perform(name, handlers, { caller: context.var.caller, request: context.req.raw })),
    )
  }
  app.notFound((context) => failure(unknownOperation(context.req.method, context.req.path)))
  app.onError((error) => {
    if (!(error instanceof PortunusError)) options.log.error('operation failed', { error: messageOf(error), stack: error.stack })
    return failure(error)
  })
  return app
}

interface Call {
  readonly caller: Caller
  readonly request: Request
}

async function perform<Name extends OperationName>(name: Name, handlers: Handlers, call: Call): Promise<unknown> {
  const operation = operationOf(name)
  const input = parseRequest(name, operation, await requestValue(name, operation, call.request))
  const handler: Handlers[Name] = handlers[name]
  return operation.response.encode(await handler(input, call.caller))
}

async function permit(name: OperationName, operation: Operation, call: AuthorityServerOptions & { readonly peer: Peer }): Promise<Caller> {
  try {
    const principal = await principalOf(call.peer, call)
    const decision = decidePermission(operation.needs, principal)
    if (!decision.allowed) {
      throw new PortunusError('OPERATION_REFUSED', `Cannot call "${name}" as "${nameOf(principal)}": ${decision.reason}`, decision)
    }
    if (principal.kind === 'nobody') throw new PortunusError('OPERATION_REFUSED', `Cannot call "${name}": nobody calls`)
    return { ...principal, peer: call.peer }
  } catch (error) {
    if (isRefusal(error)) await call.onRefused?.({ operation: name, peer: call.peer, error })
    throw error
  }
}

/** Others, such as a store that is away, say nothing about the caller. */
function isRefusal(error: unknown): error is PortunusError {
  return error instanceof PortunusError && (error.category === 'access-denied' || error.category === 'unauthenticated')
}

function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'nobody':
      return 'nobody'
    case 'host':
      return `${principal.identity.roles.join(',')} host ${principal.identity.hostId}`
    case 'user':
      return principal.identity.user
  }
  principal satisfies never
}

async function requestValue(name: OperationName, operation: Operation, request: Request): Promise<unknown> {
  if (operation.method === 'GET') return {}
  try {
    return await request.json()
  } catch (error) {
    throw new PortunusError('REQUEST_MALFORMED', `Cannot read the request "${name}": it is no JSON`, {
      category: 'bad-input',
      cause: error,
    })
  }
}

function parseRequest<Name extends OperationName>(name: Name, operation: Operation, value: unknown): RequestOf<Name> {
  const parsed = operation.request.safeParse(value)
  if (parsed.success) return parsed.data as RequestOf<Name> // the schema of this very name has just read it
  throw requestRefused(name, parsed.error)
}

function requestTooLarge(name: OperationName, bytesMax: number): PortunusError {
  return new PortunusError('REQUEST_TOO_LARGE', `Cannot read the request "${name}": it is longer than ${bytesMax} bytes`, {
    category: 'bad-input',
    hint: 'send it in smaller parts',
  })
}

function unknownOperation(method: string, path: string): PortunusError {
  return new PortunusError('OPERATION_UNKNOWN', `Cannot call "${method} ${path}": this authority has no such operation`, {
    category: 'not-found',
    hint: 'check that both programs have the same version',
  })
}

const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

function answer(value: unknown): Response {
  return new Response(JSON.stringify(value), { status: 200, headers })
}

function failure(error: unknown): Response {
  const document = errorDocument(error)
  return new Response(JSON.stringify({ error: document }), { status: httpStatusOf(document.category), headers })
}
