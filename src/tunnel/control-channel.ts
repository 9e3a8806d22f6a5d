/** What proxy and agent say to each other on the control channel: the proxy asks, the agent answers (JSON over HTTP/2). */
import type { TlsConnection } from '#foundation'

/** The proxy's end: an HTTP/2 client on a connection the agent dialled. */
export interface ControlClient extends AsyncDisposable {
  request(call: { readonly method: string; readonly path: string; readonly body?: string; readonly signal?: AbortSignal }): Promise<{
    readonly status: number
    readonly body: string
  }>
  readonly isOpen: boolean
  onClose(callback: () => void): void
}

/** Opens the proxy's end over a finished TLS session. */
export type OpenControlClient = (connection: TlsConnection) => ControlClient

/** Serves the agent's end until the connection closes. */
export type ServeControl = (connection: TlsConnection, handler: (request: Request) => Promise<Response>) => void

export const dialBackPath = '/v1/dial-back'
export const cancelPath = '/v1/cancel'

/** A PostgreSQL cancel request on its way to the agent that minted the key; the secret is hexadecimal. */
export interface CancelCall {
  readonly processId: number
  readonly secretKeyHex: string
  readonly clientAddress: string
  /** Who asked, where the request came over an authenticated connection. */
  readonly user?: string | undefined
}

export function parseDialBackCall(body: unknown): { readonly dialId: string } | undefined {
  if (!isRecord(body) || typeof body['dialId'] !== 'string' || !/^[0-9a-f]{32}$/.test(body['dialId'])) return undefined
  return { dialId: body['dialId'] }
}

export function parseCancelCall(body: unknown): CancelCall | undefined {
  if (!isRecord(body)) return undefined
  const { processId, secretKeyHex, clientAddress, user } = body
  if (typeof processId !== 'number' || !Number.isInteger(processId)) return undefined
  if (typeof secretKeyHex !== 'string' || !/^(?:[0-9a-f]{2}){4,256}$/.test(secretKeyHex)) return undefined
  if (typeof clientAddress !== 'string') return undefined
  return { processId, secretKeyHex, clientAddress, ...(typeof user === 'string' ? { user } : {}) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
