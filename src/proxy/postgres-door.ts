/** PostgreSQL clients that speak straight to the proxy: TLS ends here, with a client certificate of usage `db`. */
import { requireAgentCertificate, requireUserIdentity, type UserIdentity } from '#certificates'
import { PortunusError, errorDocument, sqlStateOf, toHex, type Connection, type TlsAcceptor, type TlsConnection } from '#foundation'
import { readStartupPacket, writeErrorResponse, type StartupPacket } from '#postgres-protocol'
import { endWith, splice } from '#tunnel'
import type { CancelDesk } from './cancel-desk.ts'
import type { AgentConnection, DatabaseRequest } from './database-route.ts'
import { peek } from './peek.ts'
import type { ProxiedCertificates } from './proxied-certificates.ts'
import type { ProxyOptions } from './proxy-options.ts'

export const relayAlpn = 'portunus-relay/1'

const startupMillisecondsMax = 15_000
const startupBytesMax = 10_000
const nothing = new Uint8Array(0)

type StartupAnswer = Extract<StartupPacket, { kind: 'startup' }>

export interface PostgresDoorOptions extends Pick<ProxyOptions, 'clusterName' | 'credentials' | 'tls' | 'clock' | 'log'> {
  readonly acceptor: TlsAcceptor
  readonly connect: (request: DatabaseRequest) => Promise<AgentConnection>
  readonly certificates: ProxiedCertificates
  readonly cancelDesk: CancelDesk
}

/** The startup phase before TLS: SSLRequest, GSSENCRequest, CancelRequest; a plain startup packet is refused in words. */
export async function servePlainPostgres(connection: Connection, options: PostgresDoorOptions): Promise<void> {
  let gssRefused = false
  for (;;) {
    const { packet, rest } = await nextPacket(connection, options)
    switch (packet.kind) {
      case 'ssl-request':
        // Bytes sent along with SSLRequest could be smuggled past the upgrade (CVE-2021-23214).
        if (rest.length > 0) return void connection.stream.destroy()
        connection.stream.write('S')
        return servePostgresTls(await options.acceptor.accept(connection), options)
      case 'gssenc-request':
        if (gssRefused || rest.length > 0) return void connection.stream.destroy()
        gssRefused = true
        connection.stream.write('N')
        break
      case 'cancel-request':
        await options.cancelDesk.cancel(cancelCallOf(packet, connection.remoteAddress))
        return endWith(connection.stream, nothing, options.clock)
      case 'startup':
        return endWith(connection.stream, errorBytes(tlsRequired()), options.clock)
    }
  }
}

/** After TLS: the startup packet of a client whose certificate says who it is and which database it is for. */
export async function servePostgresTls(client: TlsConnection, options: PostgresDoorOptions): Promise<void> {
  try {
    const { packet, rest, bytes } = await nextPacket(client, options)
    switch (packet.kind) {
      case 'cancel-request':
        await options.cancelDesk.cancel(cancelCallOf(packet, client.remoteAddress))
        return endWith(client.stream, nothing, options.clock)
      case 'startup':
        if (rest.length > 0) client.stream.unshift(rest)
        return await relayToAgent(client, packet, bytes, options)
      case 'ssl-request':
      case 'gssenc-request':
        throw new PortunusError('POSTGRES_STARTUP_REFUSED', 'Cannot begin encryption: the connection is encrypted already', {
          category: 'bad-input',
          sqlState: '08P01',
        })
    }
  } catch (error) {
    options.log.info('postgres connection refused', { from: client.remoteAddress, error: errorDocument(error).message })
    endWith(client.stream, errorBytes(error), options.clock)
  }
}

async function relayToAgent(
  client: TlsConnection,
  packet: StartupAnswer,
  startupBytes: Uint8Array,
  options: PostgresDoorOptions,
): Promise<void> {
  const { peerCertificate } = client
  const now = options.clock.now()
  const identity = requireUserIdentity(peerCertificate, { cluster: options.clusterName, now, usages: ['db'] })
  const route = identity.route
  if (peerCertificate === undefined || route === undefined)
    throw new PortunusError('CERTIFICATE_ROUTE_MISSING', 'Cannot route the connection: the certificate names no database')
  const databaseUser = packet.parameters.get('user') ?? ''
  const agent = await options.connect({
    identity,
    service: route.service,
    databaseUser,
    databaseName: nonEmpty(packet.parameters.get('database')) ?? databaseUser,
    clientAddress: client.remoteAddress,
  })
  const agentTls = await openAgentTls(agent, identity, await options.certificates.for(peerCertificate, client.remoteAddress), options)
  agentTls.stream.write(startupBytes)
  await splice(client.stream, agentTls.stream)
}

function openAgentTls(
  agent: AgentConnection,
  identity: UserIdentity,
  material: Awaited<ReturnType<ProxiedCertificates['for']>>,
  options: PostgresDoorOptions,
): Promise<TlsConnection> {
  return options.tls.connect(agent.connection, {
    serverName: `${agent.hostId}.agent.portunus.internal`,
    authoritiesPem: options.credentials.hostAuthoritiesPem(),
    identity: material,
    alpn: [relayAlpn],
    verifyPeer: (certificate) =>
      requireAgentCertificate(certificate, { hostId: agent.hostId, cluster: identity.cluster, now: options.clock.now() }),
  })
}

interface NextPacket {
  readonly packet: StartupPacket
  /** The packet as it came. */
  readonly bytes: Uint8Array
  readonly rest: Uint8Array
}

async function nextPacket(connection: Pick<Connection, 'stream'>, options: PostgresDoorOptions): Promise<NextPacket> {
  const decide = (bytes: Uint8Array): Exclude<ReturnType<typeof readStartupPacket>, { kind: 'need-more' }> | undefined => {
    const read = readStartupPacket(bytes)
    return read.kind === 'need-more' ? undefined : read
  }
  const { result, bytes } = await peek(connection.stream, decide, {
    bytesMax: startupBytesMax,
    millisecondsMax: startupMillisecondsMax,
    clock: options.clock,
  })
  if (result.kind === 'malformed') {
    throw new PortunusError('POSTGRES_STARTUP_REFUSED', `Cannot read the startup packet: ${result.reason}`, {
      category: 'bad-input',
      sqlState: '08P01',
    })
  }
  return { packet: result.packet, rest: result.rest, bytes: bytes.subarray(0, bytes.length - result.rest.length) }
}

function cancelCallOf(packet: Extract<StartupPacket, { kind: 'cancel-request' }>, clientAddress: string) {
  return { processId: packet.processId, secretKeyHex: toHex(packet.secretKey), clientAddress }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function tlsRequired(): PortunusError {
  return new PortunusError('POSTGRES_TLS_REQUIRED', 'Cannot connect without TLS: this port accepts encrypted connections only', {
    category: 'unauthenticated',
    sqlState: '28000',
    hint: 'use tsh db connect, or sslmode=verify-full with the files of: tsh db config',
  })
}

/** A refusal as the PostgreSQL client is told it. */
export function errorBytes(error: unknown): Uint8Array {
  const document = errorDocument(error)
  return writeErrorResponse({
    severity: 'FATAL',
    sqlState: sqlStateOf(error),
    message: document.message,
    ...(document.hint === undefined ? {} : { hint: document.hint }),
  })
}
