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
  const channels = new Map<string, Channel[]>()
  const pendingDials = new Map<string, PendingDial>()
  const connectionCounts = new Map<string, number>()

  function remove(channel: Channel): void {
    const left = (channels.get(channel.hostId) ?? []).filter((other) => other !== channel)
    if (left.length === 0) channels.delete(channel.hostId)
    else channels.set(channel.hostId, left)
    for (const warm of channel.warm.splice(0)) warm.connection.stream.destroy()
    options.log.info('agent disconnected', { host_id: channel.hostId })
  }

  function newest(hostId: string): Channel {
    const channel = (channels.get(hostId) ?? []).findLast((candidate) => candidate.client.isOpen)
    if (channel === undefined) throw unreachable(hostId, 'it has no control channel to this proxy')
    return channel
  }

  async function dialBack(channel: Channel): Promise<Connection> {
    const dialId = toHex(options.randomness.bytes(dialIdLengthBytes))
    const deadline = options.clock.deadline(dialMillisecondsMax)
    const arrived = new Promise<Connection>((resolve, reject) => {
      pendingDials.set(dialId, { channel, resolve })
      deadline.addEventListener('abort', () => reject(unreachable(channel.hostId, 'it did not dial back in time')), { once: true })
      channel.client.onClose(() => reject(unreachable(channel.hostId, 'its control channel closed')))
    })
    arrived.catch(ignore) // the request below may fail first
    try {
      const answer = await channel.client.request({
        method: 'POST',
        path: dialBackPath,
        body: JSON.stringify({ dialId }),
        signal: deadline,
      })
      if (answer.status !== 200) throw unreachable(channel.hostId, `it answered ${answer.status} to the request to dial back`)
      return await arrived
    } catch (error) {
      throw error instanceof PortunusError && error.code === 'TUNNEL_AGENT_UNREACHABLE'
        ? error
        : unreachable(channel.hostId, messageOf(error), error)
    } finally {
      pendingDials.delete(dialId)
    }
  }

  /** The next connection is dialled before it is asked for, so that a round trip is saved when it is. */
  function keepWarm(channel: Channel): void {
    if (channel.warm.length >= warmConnectionsMax || !channel.client.isOpen) return
    dialBack(channel).then(
      (connection) => {
        if (channel.client.isOpen && channel.warm.length < warmConnectionsMax) channel.warm.push(warmConnection(channel, connection))
        else connection.stream.destroy()
      },
      (error: unknown) => options.log.debug('no spare connection', { host_id: channel.hostId, error: messageOf(error) }),
    )
  }

  function count(hostId: string, connection: Connection): Connection {
    connectionCounts.set(hostId, (connectionCounts.get(hostId) ?? 0) + 1)
    connection.stream.once('close', () => {
      const left = (connectionCounts.get(hostId) ?? 1) - 1
      if (left <= 0) connectionCounts.delete(hostId)
      else connectionCounts.set(hostId, left)
    })
    return connection
  }

  return {
    addControlChannel(hostId, connection) {
      const channel: Channel = { hostId, client: options.openControlClient(connection), key: dialBackKey(connection), warm: [] }
      channels.set(hostId, [...(channels.get(hostId) ?? []), channel])
      channel.client.onClose(() => remove(channel))
      options.log.info('agent connected', { host_id: hostId, from: connection.remoteAddress })
    },
    acceptDialBack(connection, preface) {
      const dialId = readDialId(preface)
      const pending = dialId === undefined ? undefined : pendingDials.get(toHex(dialId))
      if (dialId === undefined || pending === undefined || !verifyDialBackPreface(preface, pending.channel.key)) {
        options.log.warn('dial-back refused', { from: connection.remoteAddress })
        connection.stream.destroy()
        return
      }
      pendingDials.delete(toHex(dialId))
      pending.resolve(connection)
    },
    isConnected: (hostId) => (channels.get(hostId) ?? []).some((channel) => channel.client.isOpen),
    openConnections: (hostId) => connectionCounts.get(hostId) ?? 0,
    async dial(hostId) {
      const channel = newest(hostId)
      const connection = count(hostId, channel.warm.pop()?.take() ?? (await dialBack(channel)))
      keepWarm(channel)
      return connection
    },
    async cancel(call) {
      const body = JSON.stringify(call)
      const open = [...channels.values()].flat().filter((channel) => channel.client.isOpen)
      const answers = await Promise.all(open.map((channel) => askToCancel(channel, body, options)))
      return answers.includes(true)
    },
    async [Symbol.asyncDispose]() {
      const all = [...channels.values()].flat()
      await Promise.all(all.map((channel) => channel.client[Symbol.asyncDispose]()))
    },
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
