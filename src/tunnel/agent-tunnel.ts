/** The agent's side: keeps a control channel to a proxy open, and dials back when the proxy asks. */
import {
  PortunusError,
  errorDocument,
  fromHex,
  httpStatusOf,
  messageOf,
  type Clock,
  type Connection,
  type Log,
  type Randomness,
  type TlsConnection,
} from '#foundation'
import { cancelPath, dialBackPath, parseCancelCall, parseDialBackCall, type CancelCall, type ServeControl } from './control-channel.ts'
import { dialBackKey, writeDialBackPreface } from './dial-back-preface.ts'

export interface AgentTunnelOptions {
  /** Opens the control channel: TCP and TLS with the agent's host certificate. */
  readonly connectControl: (options: { readonly signal: AbortSignal }) => Promise<TlsConnection>
  /** Opens a raw connection to the same proxy. */
  readonly dialProxy: (options: { readonly signal: AbortSignal }) => Promise<Connection>
  readonly serveControl: ServeControl
  /** Takes over a dialled-back connection; its first bytes come from the client. */
  readonly onConnection: (connection: Connection) => void
  /** Whether the key was known here; resolves when the cancel has been passed on. */
  readonly onCancel: (call: CancelCall) => Promise<boolean>
  readonly onState?: ((state: 'connected' | 'disconnected') => void) | undefined
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

const retryMillisecondsMin = 500
const retryMillisecondsMax = 30_000
const dialBackMillisecondsMax = 10_000
const steadyMilliseconds = 30_000

/** Keeps the channel open until the signal aborts, with jittered back-off between attempts. Never rejects. */
export async function runAgentTunnel(options: AgentTunnelOptions, signal: AbortSignal): Promise<void> {
  let attempt = 0
  while (!signal.aborted) {
    const startedAt = options.clock.monotonicMilliseconds()
    try {
      await holdChannel(options, signal)
      options.log.info('control channel closed')
    } catch (error) {
      if (!signal.aborted) options.log.warn('control channel failed', { error: messageOf(error) })
    }
    if (signal.aborted) return
    attempt = options.clock.monotonicMilliseconds() - startedAt > steadyMilliseconds ? 0 : attempt + 1
    await options.clock.sleep(retryDelayMilliseconds(attempt, options.randomness), { signal }).catch(ignore)
  }
}

/** Doubles from half a second to 30 s, with jitter so that a thousand agents do not return at once. */
export function retryDelayMilliseconds(attempt: number, randomness: Pick<Randomness, 'fraction'>): number {
  const ceiling = Math.min(retryMillisecondsMax, retryMillisecondsMin * 2 ** Math.min(attempt, 10))
  return ceiling / 2 + (ceiling / 2) * randomness.fraction()
}

async function holdChannel(options: AgentTunnelOptions, signal: AbortSignal): Promise<void> {
  const attemptSignal = AbortSignal.any([signal, options.clock.deadline(dialBackMillisecondsMax * 2)])
  const connection = await options.connectControl({ signal: attemptSignal })
  const key = dialBackKey(connection)
  const closed = new Promise<void>((resolve) => {
    connection.stream.once('close', resolve)
    if (connection.stream.destroyed) resolve()
  })
  const stop = (): void => void connection.stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    options.serveControl(connection, (request) => answer(options, key, request, signal))
    options.onState?.('connected')
    options.log.info('control channel open', { proxy: connection.remoteAddress })
    await closed
  } finally {
    signal.removeEventListener('abort', stop)
    options.onState?.('disconnected')
  }
}

async function answer(options: AgentTunnelOptions, key: Uint8Array, request: Request, signal: AbortSignal): Promise<Response> {
  try {
    const body: unknown = await request.json()
    switch (new URL(request.url).pathname) {
      case dialBackPath:
        return await answerDialBack(options, key, body, signal)
      case cancelPath:
        return await answerCancel(options, body)
      default:
        return Response.json({}, { status: 404 })
    }
  } catch (error) {
    const document = errorDocument(error)
    options.log.warn('request on the control channel failed', { error: messageOf(error) })
    return Response.json({ error: document }, { status: httpStatusOf(document.category) })
  }
}

async function answerDialBack(options: AgentTunnelOptions, key: Uint8Array, body: unknown, signal: AbortSignal): Promise<Response> {
  const call = parseDialBackCall(body)
  const dialId = fromHex(call?.dialId ?? '')
  if (call === undefined || dialId === undefined) throw refusedCall(dialBackPath)
  const deadline = AbortSignal.any([signal, options.clock.deadline(dialBackMillisecondsMax)])
  const connection = await options.dialProxy({ signal: deadline })
  connection.stream.write(writeDialBackPreface(dialId, key))
  options.onConnection(connection)
  return Response.json({})
}

async function answerCancel(options: AgentTunnelOptions, body: unknown): Promise<Response> {
  const call = parseCancelCall(body)
  if (call === undefined) throw refusedCall(cancelPath)
  return Response.json({ found: await options.onCancel(call) })
}

function refusedCall(path: string): PortunusError {
  return new PortunusError('TUNNEL_CALL_REFUSED', `Cannot answer "${path}" on the control channel: the request has another shape`, {
    category: 'bad-input',
  })
}

function ignore(): void {}
