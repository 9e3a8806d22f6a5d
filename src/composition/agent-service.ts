/** The Database Service in this process: journal, AWS, tunnel and the agent itself. */
import { createHash } from 'node:crypto'
import { openAuditJournal, type AuditJournal } from '#audit-log'
import { openRevocationView, type AuthorityClient, type RevocationView } from '#authority-api'
import { openRedshiftLogins, type RedshiftLogins } from '#aws-client'
import { proxyServerName } from '#certificates'
import { openDatabaseAgent, type AgentOptions, type DatabaseAgent, type DatabaseMatcher } from '#database-agent'
import { messageOf, type Connection, type Log, type TlsConnection } from '#foundation'
import { tunnelAlpn } from '#proxy'
import type { Database } from '#resources'
import { runAgentTunnel, type AgentTunnelOptions } from '#tunnel'
import { atEndOfTurn, nodeClock, nodeFiles, nodeNetwork, nodeRandomness, nodeTls, openJournalFile, serveHttp2, type Machine } from '#world'
import type { HostCredentials } from './credentials.ts'
import { dataDirectory } from './data-directory.ts'

export interface AgentServiceOptions {
  readonly credentials: HostCredentials
  readonly authority: AuthorityClient
  readonly databases: readonly Database[]
  readonly databaseMatchers: readonly DatabaseMatcher[]
  /** Opens a raw connection to the proxy: over TCP, or in memory to the one of this process. */
  readonly dialProxy: (options: { readonly signal: AbortSignal }) => Promise<Connection>
  readonly onConnected?: (() => void) | undefined
  readonly dataDirectory: string
  readonly version: string
  readonly machine: Machine
  readonly log: Log
}

export interface AgentService extends AsyncDisposable {
  readonly agent: DatabaseAgent
  /** Events not yet acknowledged by the authority. */
  readonly pendingEvents: () => number
}

const lastShipMilliseconds = 3_000

export async function startAgentService(options: AgentServiceOptions): Promise<AgentService> {
  const { authority, log } = options
  await using opened = new AsyncDisposableStack()
  const journal = opened.use(openJournal(options))
  const redshiftLogins = opened.use(openLogins(options))
  const revocations = opened.use(openRevocationView({ authority, clock: nodeClock, randomness: nodeRandomness, log }))
  const agent = openDatabaseAgent(agentOptions(options, { journal, redshiftLogins, revocations }))
  const stopping = new AbortController()
  const shipping = new AbortController()
  const shipped = journal.ship(async (events) => void (await authority.appendAuditEvents({ events: [...events] })), {
    signal: shipping.signal,
    clock: nodeClock,
    randomness: nodeRandomness,
  })
  const tunnel = runAgentTunnel(tunnelOptions(options, agent), stopping.signal)
  const lifetime = opened.move()
  return {
    agent,
    pendingEvents: () => journal.pending(),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]()
      stopping.abort()
      await tunnel
      await shipRest(() => journal.pending())
      shipping.abort()
      await shipped.catch((error: unknown) => log.debug('shipping stopped', { error: messageOf(error) }))
      await lifetime.disposeAsync()
    },
  }
}

function openJournal(options: AgentServiceOptions): AuditJournal {
  const paths = dataDirectory(options.dataDirectory)
  return openAuditJournal({
    file: openJournalFile(paths.auditJournal),
    spareFile: openJournalFile(paths.auditJournalSpare),
    acknowledgedFile: openJournalFile(paths.auditJournalAcknowledged),
    log: options.log,
  })
}

function openLogins(options: AgentServiceOptions): RedshiftLogins {
  const { environment, homeDirectory } = options.machine
  return openRedshiftLogins({ environment, homeDirectory, files: nodeFiles, clock: nodeClock, log: options.log })
}

function agentOptions(
  options: AgentServiceOptions,
  parts: { readonly journal: AuditJournal; readonly redshiftLogins: RedshiftLogins; readonly revocations: RevocationView },
): AgentOptions {
  const { credentials } = options
  return {
    ...parts,
    identity: credentials.identity,
    version: options.version,
    databases: options.databases,
    databaseMatchers: options.databaseMatchers,
    credentials: { host: credentials.keyPair, userAuthoritiesPem: credentials.userAuthoritiesPem },
    authority: options.authority,
    atEndOfTurn,
    createHash: sha256,
    md5Hex: (bytes) => createHash('md5').update(bytes).digest('hex'),
    network: nodeNetwork,
    tls: nodeTls,
    clock: nodeClock,
    randomness: nodeRandomness,
    log: options.log,
  }
}

function tunnelOptions(options: AgentServiceOptions, agent: DatabaseAgent): AgentTunnelOptions {
  return {
    connectControl: (dial) => connectControl(options, dial.signal),
    dialProxy: options.dialProxy,
    serveControl: (connection, handler) => serveHttp2(connection.stream, (request) => handler(request), {}),
    onConnection: (connection) => agent.accept(connection),
    onCancel: (call) => agent.cancel(call),
    onState: (state) => (state === 'connected' ? options.onConnected?.() : undefined),
    clock: nodeClock,
    randomness: nodeRandomness,
    log: options.log,
  }
}

/** Gives the last events a moment; what is left is on disk and goes out at the next start. */
async function shipRest(pending: () => number): Promise<void> {
  const until = nodeClock.monotonicMilliseconds() + lastShipMilliseconds
  while (pending() > 0 && nodeClock.monotonicMilliseconds() < until) await nodeClock.sleep(20)
}

async function connectControl(options: AgentServiceOptions, signal: AbortSignal): Promise<TlsConnection> {
  const connection = await options.dialProxy({ signal })
  return await nodeTls.connect(connection, {
    serverName: proxyServerName,
    authoritiesPem: options.credentials.hostAuthoritiesPem(),
    identity: options.credentials.keyPair(),
    alpn: [tunnelAlpn],
    signal,
  })
}

function sha256(): { update(bytes: Uint8Array): void; digestHex(): string } {
  const hash = createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
}
