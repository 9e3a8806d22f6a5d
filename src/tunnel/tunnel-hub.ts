/** The proxy's side: which agents are connected, how to get a connection to one, and how to pass a cancel request on. */
import { PortunusError, messageOf, toHex, type Clock, type Connection, type Log, type Randomness, type TlsConnection } from '#foundation'
import { cancelPath, dialBackPath, type CancelCall, type ControlClient, type OpenControlClient } from './control-channel.ts'
import { dialBackKey, dialIdLengthBytes, readDialId, verifyDialBackPreface } from './dial-back-preface.ts'

export interface TunnelHubOptions {
  readonly openControlClient: OpenControlClient
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

export interface TunnelHub extends AsyncDisposable {
  /** Takes over the control channel of an agent whose host certificate has been verified. */
  addControlChannel(hostId: string, connection: TlsConnection): void
  /** Takes over a raw connection that opened with this preface; a false or late one is closed. */
  acceptDialBack(connection: Connection, preface: Uint8Array): void
  isConnected(hostId: string): boolean
  /** Connections handed out to an agent and still open. */
  openConnections(hostId: string): number
  /** A raw connection to the agent. Throws TUNNEL_AGENT_UNREACHABLE. */
  dial(hostId: string): Promise<Connection>
  /** Asks every agent whether it minted the key; true when one did and passed the cancel on. */
  cancel(call: CancelCall): Promise<boolean>
}

interface Channel {
  readonly hostId: string
  readonly client: ControlClient
  readonly key: Uint8Array
  readonly warm: WarmConnection[]
}

interface WarmConnection {
  readonly connection: Connection
  /** Hands the connection out; from then on it is the caller's. */
  take(): Connection
}

interface PendingDial {
  readonly channel: Channel
  readonly resolve: (connection: Connection) => void
}

const dialMillisecondsMax = 10_000
const warmConnectionsMax = 1

export function openTunnelHub(options: TunnelHubOptions): TunnelHub {
  return new Hub(options)
}

class Hub implements TunnelHub {
  readonly #options: TunnelHubOptions
  readonly #channels = new Map<string, Channel[]>()
  readonly #pendingDials = new Map<string, PendingDial>()
  readonly #connectionCounts = new Map<string, number>()

  constructor(options: TunnelHubOptions) {
    this.#options = options
  }

  addControlChannel(hostId: string, connection: TlsConnection): void {
    const channel: Channel = { hostId, client: this.#options.openControlClient(connection), key: dialBackKey(connection), warm: [] }
    this.#channels.set(hostId, [...(this.#channels.get(hostId) ?? []), channel])
    channel.client.onClose(() => this.#remove(channel))
    this.#options.log.info('agent connected', { host_id: hostId, from: connection.remoteAddress })
  }

  acceptDialBack(connection: Connection, preface: Uint8Array): void {
    const dialId = readDialId(preface)
    const pending = dialId === undefined ? undefined : this.#pendingDials.get(toHex(dialId))
    if (dialId === undefined || pending === undefined || !verifyDialBackPreface(preface, pending.channel.key)) {
      this.#options.log.warn('dial-back refused', { from: connection.remoteAddress })
      connection.stream.destroy()
      return
    }
    this.#pendingDials.delete(toHex(dialId))
    pending.resolve(connection)
  }

  isConnected(hostId: string): boolean {
    return (this.#channels.get(hostId) ?? []).some((channel) => channel.client.isOpen)
  }

  openConnections(hostId: string): number {
    return this.#connectionCounts.get(hostId) ?? 0
  }

  async dial(hostId: string): Promise<Connection> {
    const channel = this.#newest(hostId)
    const connection = channel.warm.pop()?.take() ?? (await this.#dialBack(channel))
    this.#count(hostId, connection)
    this.#keepWarm(channel)
    return connection
  }

  async cancel(call: CancelCall): Promise<boolean> {
    const body = JSON.stringify(call)
    const open = [...this.#channels.values()].flat().filter((channel) => channel.client.isOpen)
    const answers = await Promise.all(open.map((channel) => askToCancel(channel, body, this.#options)))
    return answers.includes(true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#channels.values()].flat()
    await Promise.all(all.map((channel) => channel.client[Symbol.asyncDispose]()))
  }

  #remove(channel: Channel): void {
    const left = (this.#channels.get(channel.hostId) ?? []).filter((other) => other !== channel)
    if (left.length === 0) this.#channels.delete(channel.hostId)
    else this.#channels.set(channel.hostId, left)
    for (const warm of channel.warm.splice(0)) warm.connection.stream.destroy()
    this.#options.log.info('agent disconnected', { host_id: channel.hostId })
  }

  #newest(hostId: string): Channel {
    const channel = (this.#channels.get(hostId) ?? []).findLast((candidate) => candidate.client.isOpen)
    if (channel === undefined) throw unreachable(hostId, 'it has no control channel to this proxy')
    return channel
  }

  async #dialBack(channel: Channel): Promise<Connection> {
    const dialId = toHex(this.#options.randomness.bytes(dialIdLengthBytes))
    const deadline = this.#options.clock.deadline(dialMillisecondsMax)
    const arrived = this.#arrival(dialId, channel, deadline)
    try {
      const body = JSON.stringify({ dialId })
      const answer = await channel.client.request({ method: 'POST', path: dialBackPath, body, signal: deadline })
      if (answer.status !== 200) throw unreachable(channel.hostId, `it answered ${answer.status} to the request to dial back`)
      return await arrived
    } catch (error) {
      const isTold = error instanceof PortunusError && error.code === 'TUNNEL_AGENT_UNREACHABLE'
      throw isTold ? error : unreachable(channel.hostId, messageOf(error), error)
    } finally {
      this.#pendingDials.delete(dialId)
    }
  }

  #arrival(dialId: string, channel: Channel, deadline: AbortSignal): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    promise.catch(ignore) // the request to dial back may fail first
    this.#pendingDials.set(dialId, { channel, resolve })
    deadline.addEventListener('abort', () => reject(unreachable(channel.hostId, 'it did not dial back in time')), { once: true })
    channel.client.onClose(() => reject(unreachable(channel.hostId, 'its control channel closed')))
    return promise
  }

  /** The next connection is dialled before it is asked for, so that a round trip is saved when it is. */
  #keepWarm(channel: Channel): void {
    if (channel.warm.length >= warmConnectionsMax || !channel.client.isOpen) return
    this.#dialBack(channel).then(
      (connection) => {
        if (channel.client.isOpen && channel.warm.length < warmConnectionsMax) channel.warm.push(warmConnection(channel, connection))
        else connection.stream.destroy()
      },
      (error: unknown) => this.#options.log.debug('no spare connection', { host_id: channel.hostId, error: messageOf(error) }),
    )
  }

  #count(hostId: string, connection: Connection): void {
    this.#connectionCounts.set(hostId, this.openConnections(hostId) + 1)
    connection.stream.once('close', () => {
      const left = this.openConnections(hostId) - 1
      if (left <= 0) this.#connectionCounts.delete(hostId)
      else this.#connectionCounts.set(hostId, left)
    })
  }
}

/** An agent says nothing before the client does, so anything readable means that a spare connection has ended. */
function warmConnection(channel: Channel, connection: Connection): WarmConnection {
  const drop = (): void => {
    const index = channel.warm.indexOf(warm)
    if (index >= 0) channel.warm.splice(index, 1)
    connection.stream.destroy()
  }
  const warm: WarmConnection = {
    connection,
    take() {
      for (const event of dropEvents) connection.stream.removeListener(event, drop)
      return connection
    },
  }
  for (const event of dropEvents) connection.stream.on(event, drop)
  return warm
}

const dropEvents = ['error', 'close', 'readable'] as const

async function askToCancel(channel: Channel, body: string, options: TunnelHubOptions): Promise<boolean> {
  try {
    const signal = options.clock.deadline(dialMillisecondsMax)
    const answer = await channel.client.request({ method: 'POST', path: cancelPath, body, signal })
    const parsed: unknown = JSON.parse(answer.body)
    return answer.status === 200 && typeof parsed === 'object' && parsed !== null && 'found' in parsed && parsed.found === true
  } catch (error) {
    options.log.warn('cancel request not passed on', { host_id: channel.hostId, error: messageOf(error) })
    return false
  }
}

function unreachable(hostId: string, state: string, cause?: unknown): PortunusError {
  return new PortunusError('TUNNEL_AGENT_UNREACHABLE', `Cannot reach the agent "${hostId}": ${state}`, {
    category: 'unavailable',
    sqlState: '57P03',
    cause,
    hint: 'try again; on the host of the Database Service look at: journalctl -u teleport',
  })
}

function ignore(): void {}
