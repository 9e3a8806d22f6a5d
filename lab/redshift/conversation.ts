/** One connection to the Redshift stand-in, from its first byte to its last: TLS, login, relay. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { finished, pipeline } from 'node:stream/promises'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Activity } from '../activity.ts'
import { speakRedshift } from './accent.ts'
import { logIn } from './log-in.ts'
import type { LogInOptions } from './log-in.ts'
import { readPacket } from './read.ts'
import { parseStartupPacket, startupBytesMax } from './startup-packet.ts'
import type { StartupPacket } from './startup-packet.ts'
import { negotiateProtocolVersion, parametersForPostgres } from './startup-parameters.ts'
import { writeFatal, writeStartup } from './wire.ts'
import type { FatalError } from './wire.ts'

export interface ConversationOptions extends LogInOptions {
  readonly secureContext: SecureContext
  /** The Unix socket of the PostgreSQL behind. */
  readonly backendPath: string
  readonly protocolVersionMax: number
  readonly activity: Activity
}

const startupMilliseconds = 30_000
const openingPacketsMax = 3

const lingerMilliseconds = 2000

/** Resolves when the conversation is over; never rejects for what a client does. */
export async function converse(socket: Socket, options: ConversationOptions): Promise<void> {
  socket.on('error', () => undefined)
  const impatience = setTimeout(() => socket.destroy(), startupMilliseconds)
  const { stream, packet } = await open(socket, options.secureContext)
  try {
    if (packet.kind === 'cancel') await forwardCancel(packet, options)
    if (packet.kind === 'startup') await serve(stream, packet.parameters, { ...options, onReady: () => clearTimeout(impatience) })
  } finally {
    clearTimeout(impatience)
    // What was said last must arrive; then the connection goes, whether the client hangs up or not.
    stream.end()
    stream.resume()
    setTimeout(() => socket.destroy(), lingerMilliseconds).unref()
  }
}

async function serve(
  stream: Duplex,
  parameters: ReadonlyMap<string, string>,
  options: ConversationOptions & { readonly onReady: () => void },
): Promise<void> {
  const outcome = await logIn(stream, parameters, options)
  if (outcome.kind === 'gone') return
  recordLogin(parameters, outcome.kind === 'refused' ? outcome.error.message : undefined, options)
  if (outcome.kind === 'refused') {
    stream.write(writeFatal(outcome.error))
    return
  }
  options.onReady()
  const backend = connect(options.backendPath)
  backend.write(writeStartup(parametersForPostgres(parameters, outcome.databaseUser)))
  const protocolVersion = negotiateProtocolVersion(parameters, options.protocolVersionMax)
  await relay(stream, backend, { administration: options.administration, database: outcome.database, protocolVersion })
}

interface Opening {
  /** The TLS stream once there is one. */
  readonly stream: Duplex
  /** A startup from inside TLS, a cancel request, or `over` when there is nothing more to say. */
  readonly packet: Extract<StartupPacket, { kind: 'startup' | 'cancel' }> | { readonly kind: 'over' }
}

/** Reads up to the packet that decides, and answers those that do not. */
async function open(socket: Socket, secureContext: SecureContext): Promise<Opening> {
  let stream: Duplex = socket
  const over = (error?: FatalError): Opening => {
    if (error !== undefined) stream.write(writeFatal(error))
    return { stream, packet: { kind: 'over' } }
  }
  for (let asked = 0; asked < openingPacketsMax; asked++) {
    const bytes = await readPacket(stream, startupBytesMax)
    const packet: StartupPacket = bytes === undefined ? { kind: 'malformed' } : parseStartupPacket(bytes)
    if (packet.kind === 'cancel') return { stream, packet }
    if (packet.kind === 'startup') return stream === socket ? over(plaintextRefusal(socket, packet.parameters)) : { stream, packet }
    if (packet.kind === 'unsupported-version') return over(versionRefusal(packet))
    if (packet.kind === 'gss-request') stream.write('N')
    // Bytes that came along before TLS could be smuggled past it; and there is no second upgrade.
    if (packet.kind === 'malformed' || (packet.kind === 'ssl-request' && (stream !== socket || stream.readableLength > 0))) return over()
    if (packet.kind === 'ssl-request') {
      const secured = await upgrade(socket, secureContext)
      if (secured === undefined) return over()
      stream = secured
    }
  }
  return over()
}

function plaintextRefusal(socket: Socket, parameters: ReadonlyMap<string, string>): FatalError {
  const user = parameters.get('user') ?? ''
  const place = `host "${socket.remoteAddress ?? ''}", user "${user}", database "${parameters.get('database') ?? user}"`
  return { sqlState: '28000', message: `no pg_hba.conf entry for ${place}, SSL off` }
}

function versionRefusal({ major, minor }: { readonly major: number; readonly minor: number }): FatalError {
  return { sqlState: '0A000', message: `unsupported frontend protocol ${major}.${minor}: server supports 1.0 to 3.0` }
}

async function upgrade(socket: Socket, secureContext: SecureContext): Promise<TLSSocket | undefined> {
  socket.write('S')
  const secured = new TLSSocket(socket, { isServer: true, secureContext })
  secured.on('error', () => socket.destroy())
  const { promise, resolve } = Promise.withResolvers<TLSSocket | undefined>()
  secured.once('secure', () => resolve(secured))
  secured.once('close', () => resolve(undefined))
  return promise
}

/** Redshift answers a cancel request with nothing but the end of the connection, once it has acted on it. */
async function forwardCancel(packet: Extract<StartupPacket, { kind: 'cancel' }>, options: ConversationOptions): Promise<void> {
  const { activity, clock } = options
  activity.add({ kind: 'database-cancel', time: clock.now().toISOString(), processId: packet.processId })
  const backend = connect(options.backendPath)
  backend.end(packet.bytes)
  backend.resume()
  await finished(backend).catch(() => undefined)
}

async function relay(client: Duplex, backend: Socket, options: Parameters<typeof speakRedshift>[1]): Promise<void> {
  // A side that breaks ends the other; there is nobody to tell.
  await Promise.allSettled([pipeline(client, backend), pipeline(backend, (server) => speakRedshift(server, options), client)])
  backend.destroy()
}

function recordLogin(parameters: ReadonlyMap<string, string>, refusal: string | undefined, { activity, clock }: ConversationOptions): void {
  const loginName = parameters.get('user') ?? ''
  activity.add({
    kind: 'database-login',
    time: clock.now().toISOString(),
    loginName,
    database: parameters.get('database') ?? loginName,
    parameters: Object.fromEntries(parameters),
    refusal,
  })
}
