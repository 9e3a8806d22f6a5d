/** The proxy itself: takes connections of its one port and brings each to the right door. */
import type { AuditEventBody } from '#audit-events'
import { requireHostIdentity } from '#certificates'
import { PortunusError, messageOf, type Connection, type TlsConnection } from '#foundation'
import { dialBackPrefaceLengthBytes, endWith, openTunnelHub, splice, type TunnelHub } from '#tunnel'
import { openCancelDesk, type CancelDesk } from './cancel-desk.ts'
import { openConnectionCap, type ConnectionCap } from './connection-cap.ts'
import { connectToAgent, type AgentConnection, type DatabaseRequest } from './database-route.ts'
import { openDirectory } from './directory.ts'
import { peek } from './peek.ts'
import { relayAlpn, servePlainPostgres, servePostgresTls, type PostgresDoorOptions } from './postgres-door.ts'
import { openProxiedCertificates } from './proxied-certificates.ts'
import { answerProxyApi } from './proxy-api.ts'
import type { ProxyOptions } from './proxy-options.ts'
import { firstBytesMax, selectProtocol, type FirstBytes } from './protocol-selection.ts'
import { openTickets, type Tickets } from './tickets.ts'

export const authorityAlpn = 'portunus-authority/1'
export const proxyApiAlpn = 'portunus-proxy/1'
export const tunnelAlpn = 'portunus-tunnel/1'
const postgresAlpn = ['postgresql', 'teleport-postgres']
const webAlpn = ['h2', 'http/1.1']

const firstBytesMillisecondsMax = 15_000
// The authority ends a handshake that takes longer; what is open after that has shown a certificate.
const authorityHandshakeMillisecondsMax = 20_000

export interface Proxy extends AsyncDisposable {
  /** Takes over a raw connection; failures are logged and end that connection only. */
  accept(connection: Connection): void
  readonly connectedAgents: TunnelHub['isConnected']
}

interface Doors {
  readonly web: (connection: Connection) => Promise<void>
  readonly api: (connection: Connection) => Promise<void>
  readonly tunnel: (connection: Connection) => Promise<void>
  readonly postgres: PostgresDoorOptions
  readonly hub: TunnelHub
  readonly tickets: Tickets
  /** Of connections that have not proved whose they are. */
  readonly cap: ConnectionCap
}

export function openProxy(options: ProxyOptions & { readonly audit: (event: AuditEventBody) => Promise<void> }): Proxy {
  const hub = openTunnelHub(options)
  const tickets = openTickets(options)
  const cancelDesk = openCancelDesk({ hub, clock: options.clock, log: options.log })
  const { audit, revocations, clock, log } = options
  const routeOptions = { directory: openDirectory(options), hub, revocations, audit, clock, log }
  const connect = (request: DatabaseRequest): Promise<AgentConnection> => connectToAgent(request, routeOptions)
  const cap = openConnectionCap(options.connectionCap)
  const known = { ...options, tls: leavingCap(options.tls, cap) }
  const doors: Doors = {
    web: webDoor(options),
    api: apiDoor(known, connect, tickets, cancelDesk),
    tunnel: tunnelDoor(known, hub),
    postgres: postgresDoor(known, connect, cancelDesk),
    hub,
    tickets,
    cap,
  }
  return {
    connectedAgents: (hostId) => hub.isConnected(hostId),
    accept(connection) {
      const drop = (): void => void connection.stream.destroy()
      connection.stream.on('error', drop)
      if (!cap.enter(connection)) {
        options.log.debug('connection closed, its address holds too many', { from: connection.remoteAddress })
        return drop()
      }
      receive(connection, doors, options).catch((error: unknown) => {
        options.log.debug('connection ended', { from: connection.remoteAddress, error: messageOf(error) })
        drop()
      })
    },
    async [Symbol.asyncDispose]() {
      tickets[Symbol.dispose]()
      await hub[Symbol.asyncDispose]()
    },
  }
}

async function receive(connection: Connection, doors: Doors, options: ProxyOptions): Promise<void> {
  const decide = (bytes: Uint8Array): Exclude<FirstBytes, { kind: 'need-more' }> | undefined => {
    const selected = selectProtocol(bytes)
    return selected.kind === 'need-more' ? undefined : selected
  }
  const { result, bytes } = await peek(connection.stream, decide, {
    bytesMax: firstBytesMax,
    millisecondsMax: firstBytesMillisecondsMax,
    clock: options.clock,
  })
  if (result.kind === 'dial-back') {
    const rest = bytes.subarray(dialBackPrefaceLengthBytes)
    if (rest.length > 0) connection.stream.unshift(rest)
    doors.cap.leave(connection) // the hub closes at once what it does not expect
    doors.hub.acceptDialBack(connection, bytes.subarray(0, dialBackPrefaceLengthBytes))
    return
  }
  connection.stream.unshift(bytes)
  switch (result.kind) {
    case 'tls':
      return receiveTls(connection, result, doors, options)
    case 'postgres':
      return servePlainPostgres(connection, doors.postgres)
    case 'http':
      return endWith(connection.stream, plainHttpAnswer, options.clock)
    case 'unknown':
      throw new PortunusError('PROTOCOL_UNKNOWN', `Cannot serve the connection: ${result.reason}`, { category: 'bad-input' })
  }
  result satisfies never
}

const plainHttpAnswer =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks HTTPS: put https:// before the address.\n'

async function receiveTls(
  connection: Connection,
  hello: Extract<FirstBytes, { kind: 'tls' }>,
  doors: Doors,
  options: ProxyOptions,
): Promise<void> {
  const protocol = hello.alpn[0]
  switch (protocol) {
    case relayAlpn:
      return joinWithAgent(connection, hello.serverName, doors)
    case authorityAlpn:
      options.clock.timer(authorityHandshakeMillisecondsMax, () => doors.cap.leave(connection))
      return options.handToAuthority(connection)
    case proxyApiAlpn:
      return doors.api(connection)
    case tunnelAlpn:
      return doors.tunnel(connection)
    default:
      if (protocol !== undefined && postgresAlpn.includes(protocol)) {
        return servePostgresTls(await doors.postgres.acceptor.accept(connection), doors.postgres)
      }
      return doors.web(connection)
  }
}

/** From here on the proxy moves bytes that only the client and the agent can read. */
async function joinWithAgent(connection: Connection, serverName: string | undefined, { tickets, cap }: Doors): Promise<void> {
  const agent = serverName === undefined ? undefined : tickets.redeem(serverName)
  if (agent === undefined) {
    throw new PortunusError(
      'TICKET_REFUSED',
      `Cannot join "${connection.remoteAddress}" with an agent: its ticket is unknown, used or too old`,
      {
        category: 'access-denied',
      },
    )
  }
  cap.leave(connection)
  await splice(connection.stream, agent.stream)
}

/** Whoever has shown a certificate that TLS accepts does not count against the address any more. */
function leavingCap(tls: ProxyOptions['tls'], cap: ConnectionCap): ProxyOptions['tls'] {
  return {
    connect: (connection, connectOptions) => tls.connect(connection, connectOptions),
    acceptor(acceptorOptions) {
      const acceptor = tls.acceptor(acceptorOptions)
      return {
        async accept(connection) {
          const secure = await acceptor.accept(connection)
          cap.leave(connection)
          return secure
        },
      }
    },
  }
}

function webDoor(options: ProxyOptions): Doors['web'] {
  const acceptor = options.tls.acceptor({ identity: options.credentials.web, alpn: webAlpn })
  const server = options.serveHttp(options.webHandler)
  return async (connection) => {
    const secure = await acceptor.accept(connection)
    server.serve(secure, { remoteAddress: connection.remoteAddress })
  }
}

function apiDoor(
  options: ProxyOptions,
  connect: (request: DatabaseRequest) => Promise<AgentConnection>,
  tickets: Tickets,
  cancelDesk: CancelDesk,
): Doors['api'] {
  const acceptor = options.tls.acceptor({
    identity: options.credentials.host,
    clientAuthoritiesPem: options.credentials.userAuthoritiesPem,
    alpn: [proxyApiAlpn],
  })
  const apiOptions = {
    clusterName: options.clusterName,
    connect,
    tickets,
    cancel: (call: Parameters<CancelDesk['cancel']>[0]) => cancelDesk.cancel(call),
    now: () => options.clock.now(),
    onUnexpected: (error: unknown) => options.log.error('request failed', { error }),
  }
  const server = options.serveHttp((request, connection: TlsConnection) => answerProxyApi(request, connection, apiOptions))
  return async (connection) => {
    const secure = await acceptor.accept(connection)
    server.serve(secure, secure)
  }
}

function tunnelDoor(options: ProxyOptions, hub: TunnelHub): Doors['tunnel'] {
  const acceptor = options.tls.acceptor({
    identity: options.credentials.host,
    clientAuthoritiesPem: options.credentials.hostAuthoritiesPem,
    alpn: [tunnelAlpn],
  })
  return async (connection) => {
    const secure = await acceptor.accept(connection)
    const identity = requireHostIdentity(secure.peerCertificate, {
      cluster: options.clusterName,
      now: options.clock.now(),
      role: 'Db',
    })
    hub.addControlChannel(identity.hostId, secure)
  }
}

function postgresDoor(
  options: ProxyOptions,
  connect: (request: DatabaseRequest) => Promise<AgentConnection>,
  cancelDesk: CancelDesk,
): PostgresDoorOptions {
  const acceptor = options.tls.acceptor({
    identity: options.credentials.web,
    clientAuthoritiesPem: options.credentials.userAuthoritiesPem,
    alpn: postgresAlpn,
  })
  return { ...options, acceptor, connect, cancelDesk, certificates: openProxiedCertificates(options) }
}
