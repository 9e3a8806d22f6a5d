/** The services of one `teleport start`, in the order they need each other. */
import { createAuthorityClient, type AuthorityClient } from '#authority-api'
import type { TeleportConfiguration } from '#configuration'
import { authorityServerName } from '#certificates'
import type { WebTrust } from '#client'
import { PortunusError, messageOf, type Address, type Connection, type Log } from '#foundation'
import type { AuthPreferenceSpec } from '#resources'
import { memoryPair, nodeClock, nodeFiles, nodeNetwork, nodeRandomness, nodeTls, version, type Machine } from '#world'
import { startAgentService, type AgentService } from './agent-service.ts'
import { authorityAlpn, startAuthorityService, type AuthorityService } from './authority-service.ts'
import { clientWorld } from './client-world.ts'
import { readCaPins, readDatabases, readStaticTokens } from './configuration-files.ts'
import { dataDirectory } from './data-directory.ts'
import { joinOrReuse, type JoinedHost } from './host-join.ts'
import { readOrMakeHostUuid } from './host-uuid.ts'
import { startProxyService, type ProxyService } from './proxy-service.ts'
import { openReconnectingTransport } from './reconnecting-transport.ts'

export interface TeleportServiceOptions {
  readonly configuration: TeleportConfiguration
  readonly machine: Machine
  /** Where the programs, their bundles and the web UI are. */
  readonly packageDirectory: string
  /** Verifies no web certificate; only for trying things out. */
  readonly insecure: boolean
  readonly log: Log
}

export interface TeleportService extends AsyncDisposable {
  readonly clusterName: string
  readonly proxyAddress: string | undefined
}

const dialMillisecondsMax = 10_000

/** Starts what the configuration enables; what was started is stopped again when a later part fails. */
export async function startTeleportService(options: TeleportServiceOptions): Promise<TeleportService> {
  const { configuration, log } = options
  const hostId = await readOrMakeHostUuid(dataDirectory(configuration.dataDirectory).hostUuid, {
    files: nodeFiles,
    randomness: nodeRandomness,
  })
  await using opened = new AsyncDisposableStack()
  const clusterName = configuration.auth.clusterName ?? configuration.nodename
  const authority = configuration.auth.enabled ? opened.use(await startAuthority(options, hostId, clusterName)) : undefined
  const proxy = configuration.proxy.enabled ? opened.use(await startProxy(options, authority, clusterName)) : undefined
  const joinedName = configuration.database.enabled ? await startAgent(options, { hostId, authority, proxy, opened }) : clusterName
  if (authority === undefined && proxy === undefined && !configuration.database.enabled) throw nothingEnabled()
  log.info('teleport is ready', { cluster: joinedName, version })
  const lifetime = opened.move()
  return { clusterName: joinedName, proxyAddress: proxy?.publicAddress, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

async function startAuthority(options: TeleportServiceOptions, hostId: string, clusterName: string): Promise<AuthorityService> {
  const { configuration } = options
  return await startAuthorityService({
    dataDirectory: configuration.dataDirectory,
    hostId,
    hostname: configuration.nodename,
    clusterName,
    version,
    publicAddresses: configuration.proxy.publicAddresses,
    authPreference: authPreferenceIn(configuration.auth),
    staticTokens: await readStaticTokens(configuration, nodeFiles),
    listenAddress: configuration.auth.listenAddress,
    log: options.log.child({ service: 'auth' }),
  })
}

function authPreferenceIn(auth: TeleportConfiguration['auth']): Partial<AuthPreferenceSpec> {
  const { defaultSessionTtlMilliseconds, lockingMode, disconnectExpiredCertificate: disconnectExpiredCert } = auth
  return {
    lockingMode,
    disconnectExpiredCert,
    ...(defaultSessionTtlMilliseconds === undefined ? {} : { defaultSessionTtlMilliseconds }),
  }
}

function startProxy(options: TeleportServiceOptions, authority: AuthorityService | undefined, clusterName: string): Promise<ProxyService> {
  const { configuration } = options
  if (authority === undefined) {
    throw new PortunusError(
      'PROXY_NEEDS_AUTHORITY',
      'Cannot start the Proxy Service: this version runs it in one process with the Auth Service',
      {
        category: 'unsupported',
        hint: 'set auth_service.enabled: "yes" in the same file, or proxy_service.enabled: "no"',
      },
    )
  }
  return startProxyService({
    authorityService: authority,
    clusterName,
    version,
    listenAddress: configuration.proxy.webListenAddress,
    publicAddresses: configuration.proxy.publicAddresses,
    nodename: configuration.nodename,
    httpsKeyPairs: configuration.proxy.httpsKeypairs,
    packageDirectory: options.packageDirectory,
    log: options.log.child({ service: 'proxy' }),
  })
}

interface AgentParts {
  readonly hostId: string
  readonly authority: AuthorityService | undefined
  readonly proxy: ProxyService | undefined
  readonly opened: AsyncDisposableStack
}

/** With the proxy in the same process the agent reaches it through memory; the code is the same as over a network. */
async function startAgent(options: TeleportServiceOptions, parts: AgentParts): Promise<string> {
  const { authority, proxy, opened } = parts
  if (authority !== undefined && proxy !== undefined && options.configuration.proxyServer === undefined) {
    const credentials = await authority.localHost(['Db'])
    const client = authority.authority.clientFor({ identity: credentials.identity, remoteAddress: 'local' })
    const dialProxy = async (): Promise<Connection> => {
      const [ours, theirs] = memoryPair('127.0.0.1:0')
      proxy.proxy.accept(theirs)
      return ours
    }
    opened.use(await startAgentOf(options, { credentials, authority: client, dialProxy }))
    return credentials.identity.cluster
  }
  const proxyAddress = options.configuration.proxyServer
  if (proxyAddress === undefined) throw proxyServerMissing()
  const joined = await joinThrough(options, parts.hostId, proxyAddress)
  const dialProxy = ({ signal }: { readonly signal: AbortSignal }): Promise<Connection> => nodeNetwork.dial(proxyAddress, { signal })
  const transport = opened.use(openReconnectingTransport(() => connectAuthority(joined, proxyAddress)))
  const client = createAuthorityClient(transport)
  const onConnected = (): void => refreshHost(client, joined, options.log)
  opened.use(everyDay(onConnected))
  opened.use(await startAgentOf(options, { credentials: joined.credentials, authority: client, dialProxy, onConnected }))
  return joined.clusterName
}

type AgentEnds = Pick<Parameters<typeof startAgentService>[0], 'credentials' | 'authority' | 'dialProxy' | 'onConnected'>

async function startAgentOf(options: TeleportServiceOptions, ends: AgentEnds): Promise<AgentService> {
  return await startAgentService({
    ...ends,
    databases: await readDatabases(options.configuration.database, nodeFiles),
    databaseMatchers: options.configuration.database.resources,
    dataDirectory: options.configuration.dataDirectory,
    version,
    machine: options.machine,
    log: options.log.child({ service: 'db' }),
  })
}

async function joinThrough(options: TeleportServiceOptions, hostId: string, proxyAddress: Address): Promise<JoinedHost> {
  const { configuration, log } = options
  return await joinOrReuse({
    proxyAddress,
    trust: await trustOf(options),
    token: configuration.authToken,
    hostId,
    hostname: configuration.nodename,
    roles: ['Db'],
    identityPath: dataDirectory(configuration.dataDirectory).agentIdentity,
    world: clientWorld(log),
    log,
  })
}

async function trustOf(options: TeleportServiceOptions): Promise<WebTrust> {
  if (options.insecure) return { kind: 'insecure' }
  const caPins = await readCaPins(options.configuration, nodeFiles)
  return caPins.length > 0 ? { kind: 'pinned', pins: caPins } : { kind: 'known', authoritiesPem: [] }
}

async function connectAuthority(joined: JoinedHost, proxyAddress: Address) {
  const signal = nodeClock.deadline(dialMillisecondsMax)
  const connection = await nodeNetwork.dial(proxyAddress, { signal })
  return await nodeTls.connect(connection, {
    serverName: authorityServerName,
    authoritiesPem: joined.credentials.hostAuthoritiesPem(),
    identity: joined.credentials.keyPair(),
    alpn: [authorityAlpn],
    signal,
  })
}

/** Each time the control channel opens, so that an agent that was away learns what changed meanwhile, and once a day. */
function refreshHost(client: AuthorityClient, joined: JoinedHost, log: Log): void {
  const refresh = async (): Promise<void> => {
    await joined.updateAuthorities(await client.getAuthorities({}))
    await joined.renewIfDue(client, nodeClock.now())
  }
  refresh().catch((error: unknown) => log.warn('host identity not refreshed', { error: messageOf(error) }))
}

const dayMilliseconds = 86_400_000

function everyDay(action: () => void): Disposable {
  let timer: Disposable
  const run = (): void => {
    timer = nodeClock.timer(dayMilliseconds, () => {
      action()
      run()
    })
  }
  run()
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() }
}

function proxyServerMissing(): PortunusError {
  return new PortunusError('PROXY_SERVER_MISSING', 'Cannot start the Database Service: the configuration names no proxy to dial', {
    category: 'bad-input',
    hint: 'set teleport.proxy_server to the address of the Proxy Service, such as teleport.example.com:3080',
  })
}

function nothingEnabled(): PortunusError {
  return new PortunusError('NOTHING_ENABLED', 'Cannot start: no service is enabled in the configuration', {
    category: 'bad-input',
    hint: 'set enabled: "yes" for auth_service, proxy_service or db_service',
  })
}
