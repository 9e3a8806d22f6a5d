/**
 * The local proxy: PostgreSQL clients on this machine speak to it without TLS, and each connection leaves it inside TLS
 * that ends at the agent. The proxy in between sees a ticket and splices bytes.
 */
import type { Duplex } from 'node:stream'
import { PortunusError, errorDocument, messageOf, sqlStateOf, type Address, type Connection, type Listener, type Secret } from '#foundation'
import { requireAgentCertificate } from '#certificates'
import { writeErrorResponse } from '#postgres-protocol'
import type { DatabaseKeys } from './database-keys.ts'
import { requirePassword } from './local-password.ts'
import type { ClientWorld } from './ports.ts'
import type { ProxySession } from './proxy-session.ts'
import { endWith, relay } from './relay.ts'
import { readStartup, type StartupOutcome } from './startup-conversation.ts'
import type { Login } from './stored-login.ts'
import { clusterChanged } from './untrusted-cluster.ts'

export const relayProtocol = 'portunus-relay/1'

export interface LocalProxyOptions {
  readonly login: Login
  readonly service: string
  readonly keys: DatabaseKeys
  readonly session: ProxySession
  /** Where to listen; a free port of 127.0.0.1 unless told otherwise. */
  readonly listen?: Address
  /** Listens on a Unix socket at this path instead. */
  readonly listenUnix?: string | undefined
  readonly connectionsMax?: number
  /** Asked of every client before anything is done for it; cancel requests carry a key of their own. */
  readonly password?: Secret<string> | undefined
}

type Startup = Extract<StartupOutcome, { kind: 'startup' }>

// More than any pool on a desk opens; a program that leaks connections is told so instead of filling the agent.
const connectionsMaxDefault = 512
// Connections that have not yet said anything are cheap to make: beyond this each new one costs the oldest its place.
const undecidedMax = 1024
const connectMillisecondsMax = 30_000
const nothing = new Uint8Array(0)

export class LocalProxy implements AsyncDisposable {
  readonly #world: ClientWorld
  readonly #options: LocalProxyOptions
  readonly #stopped = new AbortController()
  #listener: Listener | undefined
  #socket: AsyncDisposable | undefined
  /** Connections that have not yet said what they want, oldest first. */
  readonly #undecided = new Set<Duplex>()
  #connected = 0

  private constructor(world: ClientWorld, options: LocalProxyOptions) {
    this.#world = world
    this.#options = options
  }

  /** Starts listening. Throws NETWORK_PORT_IN_USE, NETWORK_SOCKET_IN_USE and their kin. */
  static async open(world: ClientWorld, options: LocalProxyOptions): Promise<LocalProxy> {
    const proxy = new LocalProxy(world, options)
    const serve = (connection: Connection): void => void proxy.#serve(connection)
    if (options.listenUnix !== undefined) proxy.#socket = await world.network.listenUnix(options.listenUnix, serve)
    else proxy.#listener = await world.network.listen(options.listen ?? { host: '127.0.0.1', port: 0 }, serve)
    return proxy
  }

  /** 0 where it listens on a Unix socket. */
  get port(): number {
    return this.#listener?.address.port ?? 0
  }

  /** Ends every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the local proxy is closing'))
    await this.#listener?.[Symbol.asyncDispose]()
    await this.#socket?.[Symbol.asyncDispose]()
  }

  async #serve({ stream }: Connection): Promise<void> {
    stream.on('error', ignore)
    stream.allowHalfOpen = true
    if (this.#undecided.size >= undecidedMax) {
      const [oldest] = this.#undecided
      oldest?.destroy()
      if (oldest !== undefined) this.#undecided.delete(oldest)
    }
    this.#undecided.add(stream)
    try {
      const outcome = await this.#hear(stream).finally(() => this.#undecided.delete(stream))
      await this.#proceed(stream, outcome)
    } catch (error) {
      this.#world.log.debug('local connection refused', { database: this.#options.service, error: messageOf(error) })
      endWith(stream, refusalBytes(error), this.#world.clock)
    }
  }

  async #hear(stream: Duplex): Promise<StartupOutcome> {
    const { clock } = this.#world
    const outcome = await readStartup(stream, clock)
    const { password } = this.#options
    if (password !== undefined && outcome.kind === 'startup') await requirePassword(stream, password, clock)
    return outcome
  }

  async #proceed(stream: Duplex, outcome: StartupOutcome): Promise<void> {
    switch (outcome.kind) {
      case 'gone':
        stream.destroy()
        return
      case 'malformed':
        throw malformedStartup(outcome.reason)
      case 'cancel':
        return this.#cancel(stream, outcome)
      case 'startup':
        return this.#connect(stream, outcome)
    }
    outcome satisfies never
  }

  /** A CancelRequest gets no reply in any case; the close tells the client that it has been passed on. */
  async #cancel(stream: Duplex, request: { readonly processId: number; readonly secretKey: Uint8Array }): Promise<void> {
    try {
      await this.#options.session.cancel(request)
    } catch (error) {
      this.#world.log.debug('cancel not passed on', { database: this.#options.service, error: messageOf(error) })
    }
    endWith(stream, nothing, this.#world.clock)
  }

  async #connect(stream: Duplex, startup: Startup): Promise<void> {
    const { service, connectionsMax = connectionsMaxDefault } = this.#options
    if (this.#connected >= connectionsMax) throw tooManyConnections(service, connectionsMax)
    this.#connected += 1
    try {
      const agent = await this.#reachAgent(stream, startup)
      agent.write(startup.bytes)
      await relay(stream, agent, { clock: this.#world.clock, onSilentEnd: (cause) => refusalBytes(silentAgent(service, cause)) })
    } finally {
      this.#connected -= 1
    }
  }

  /** A TLS stream that ends at the agent. The TCP connection is made while the proxy thinks about the ticket. */
  async #reachAgent(client: Duplex, startup: Startup): Promise<Duplex> {
    const { login, service, keys, session } = this.#options
    const abandoned = new AbortController()
    client.once('close', () => abandoned.abort(new Error('the client left')))
    const signal = AbortSignal.any([abandoned.signal, this.#stopped.signal, this.#world.clock.deadline(connectMillisecondsMax)])
    const { keyPair } = await keys.current()
    const dialling = this.#world.network.dial(login.profile.address, { signal })
    dialling.catch(ignore)
    try {
      const ticket = await session.ticket({ service, ...loginOf(startup) }, { signal })
      const connection = await dialling
      connection.stream.allowHalfOpen = true
      const secure = await clusterChanged(login, () =>
        this.#world.tls.connect(connection, {
          serverName: ticket.serverName,
          authoritiesPem: login.hostAuthoritiesPem,
          identity: keyPair,
          alpn: [relayProtocol],
          // The proxy in between is not believed: whoever answers must be the very agent that the ticket names.
          verifyPeer: (certificate) =>
            requireAgentCertificate(certificate, {
              cluster: login.profile.cluster,
              hostId: ticket.agentHostId,
              now: this.#world.clock.now(),
            }),
          signal,
        }),
      )
      secure.stream.on('error', ignore)
      return secure.stream
    } catch (error) {
      dialling.then(({ stream }) => stream.destroy(), ignore)
      throw error
    }
  }
}

/** What the ticket is asked for. As in PostgreSQL, no database means the one named like the user. */
function loginOf(startup: Startup): { readonly databaseUser: string; readonly databaseName: string } {
  const databaseUser = startup.parameters.get('user') ?? ''
  const database = startup.parameters.get('database') ?? ''
  return { databaseUser, databaseName: database === '' ? databaseUser : database }
}

/** An ErrorResponse (PostgreSQL manual, "Error and Notice Message Fields") that says why, with a hint. */
export function refusalBytes(error: unknown): Uint8Array {
  const { message, hint } = errorDocument(error)
  return writeErrorResponse({ severity: 'FATAL', sqlState: sqlStateOf(error), message, ...(hint === undefined ? {} : { hint }) })
}

function malformedStartup(reason: string): PortunusError {
  return new PortunusError('STARTUP_MALFORMED', `Cannot read the startup packet: ${reason}`, {
    category: 'bad-input',
    sqlState: '08P01',
    hint: 'connect with a PostgreSQL client',
  })
}

function tooManyConnections(service: string, connectionsMax: number): PortunusError {
  return new PortunusError('LOCAL_CONNECTIONS_EXCEEDED', `Cannot connect to "${service}": ${connectionsMax} connections are open already`, {
    category: 'limit-exceeded',
    sqlState: '53300',
    hint: 'close some connections, or start another tsh proxy db',
  })
}

/** With TLS 1.3 an agent that refuses the client's certificate does so after the handshake looks finished. */
function silentAgent(service: string, cause: Error | undefined): PortunusError {
  const state =
    cause === undefined ? 'the Database Service closed the connection before answering' : `the connection broke off: ${cause.message}`
  return new PortunusError('AGENT_SILENT', `Cannot connect to "${service}": ${state}`, {
    category: 'unavailable',
    sqlState: '08006',
    cause,
    hint: 'try again; if it stays so, look into the log of the Database Service',
  })
}

function ignore(): void {}
