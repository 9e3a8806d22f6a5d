/** The proxy's API for database connections: tickets and cancels over one kept HTTP/2 connection, opened anew when it is lost. */
import * as z from 'zod/mini'
import { PortunusError, toHex, type KeyPairPem } from '#foundation'
import { proxyServerName } from '#certificates'
import { parseAnswer, parseJson } from './answer.ts'
import { openClusterApi } from './cluster-api.ts'
import type { ClientWorld, Http2Connection } from './ports.ts'
import type { Login } from './stored-login.ts'

export const proxyProtocol = 'portunus-proxy/1'

const requestMillisecondsMax = 15_000

export interface TicketRequest {
  readonly service: string
  readonly databaseUser: string
  readonly databaseName: string
}

/** Good for one connection through the proxy's port, under that server name. */
export interface Ticket {
  readonly serverName: string
  /** The agent that will answer; its certificate must say so. */
  readonly agentHostId: string
}

export interface CancelRequest {
  readonly processId: number
  readonly secretKey: Uint8Array
}

export interface ProxySessionOptions {
  readonly login: Login
  /** The certificate to speak with; asked for before each request, so that a renewed one is used. */
  readonly credentials: () => Promise<KeyPairPem>
}

const ticketSchema = z.object({
  serverName: z.string().check(z.minLength(1), z.maxLength(253)),
  agentHostId: z.string().check(z.minLength(1)),
})

const cancelSchema = z.looseObject({})

/** One connection to the proxy, made with one certificate; opening counts as usable. */
interface KeptConnection {
  readonly certificatePem: string
  readonly connection: Promise<Http2Connection>
  lost: () => boolean
}

/** Owns the connection to the proxy; nothing is opened before the first request. */
export class ProxySession implements AsyncDisposable {
  readonly #world: ClientWorld
  readonly #options: ProxySessionOptions
  #kept: KeptConnection | undefined

  constructor(world: ClientWorld, options: ProxySessionOptions) {
    this.#world = world
    this.#options = options
  }

  /** Throws the proxy's refusal (with its reason, hint and SQLSTATE), or that the proxy cannot be reached. */
  async ticket(request: TicketRequest, options: { readonly signal?: AbortSignal } = {}): Promise<Ticket> {
    return this.#call({ path: '/v1/tickets', body: request, signal: options.signal }, ticketSchema)
  }

  /** Asks the proxy to cancel what runs under the key; resolves when the cancel has been handed to the database. */
  async cancel(request: CancelRequest): Promise<void> {
    const body = { processId: request.processId, secretKeyHex: toHex(request.secretKey) }
    await this.#call({ path: '/v1/cancel', body, signal: undefined }, cancelSchema)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    if (kept !== undefined) await close(kept)
  }

  async #call<T>(call: Call, schema: z.ZodMiniType<T>): Promise<T> {
    const kept = await this.#connection()
    try {
      return await this.#request(kept, call, schema)
    } catch (error) {
      // A connection that slept with a laptop looks alive until it is used: once more on a new one.
      if (!isConnectionLoss(error) || call.signal?.aborted === true) throw error
      this.#drop(kept)
      return this.#request(await this.#connection(), call, schema)
    }
  }

  async #request<T>(kept: KeptConnection, { path, body, signal }: Call, schema: z.ZodMiniType<T>): Promise<T> {
    const connection = await kept.connection
    const deadline = this.#world.clock.deadline(requestMillisecondsMax)
    const answer = await connection.request({
      method: 'POST',
      path,
      body: JSON.stringify(body),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    })
    return parseAnswer(path, { status: answer.status, json: parseJson(answer.body) }, schema)
  }

  async #connection(): Promise<KeptConnection> {
    const keyPair = await this.#options.credentials()
    if (this.#kept !== undefined) {
      if (this.#kept.certificatePem === keyPair.certificatePem && !this.#kept.lost()) return this.#kept
      this.#drop(this.#kept)
    }
    const kept: KeptConnection = { certificatePem: keyPair.certificatePem, connection: this.#open(keyPair), lost: () => false }
    this.#kept = kept
    kept.connection.then(
      (connection) => (kept.lost = () => !connection.isOpen),
      () => (kept.lost = () => true),
    )
    return kept
  }

  #drop(kept: KeptConnection): void {
    if (this.#kept === kept) this.#kept = undefined
    void close(kept)
  }

  #open(identity: KeyPairPem): Promise<Http2Connection> {
    return openClusterApi(this.#world, this.#options.login, { serverName: proxyServerName, alpn: proxyProtocol, identity })
  }
}

interface Call {
  readonly path: string
  readonly body: unknown
  readonly signal: AbortSignal | undefined
}

/** Requests in flight get a moment to finish; one that is cut off is repeated by its caller. */
async function close(kept: KeptConnection): Promise<void> {
  try {
    await (await kept.connection)[Symbol.asyncDispose]()
  } catch {
    // It never opened.
  }
}

function isConnectionLoss(error: unknown): boolean {
  return error instanceof PortunusError && error.code === 'API_UNREACHABLE'
}
