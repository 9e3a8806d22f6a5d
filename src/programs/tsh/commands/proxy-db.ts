/** `tsh proxy db`: a local port for any PostgreSQL client, open until the person ends it. */
import { PortunusError, toHex, type Address } from '#foundation'
import { addressText, announceLocalProxy, loopbackUri, readStablePort, socketUri, writeStablePort } from '#client'
import { profileDirectory, type TshContext } from '../context.ts'
import { openLocalProxy, type OpenedProxy } from '../open-proxy.ts'
import { proxyInBackground } from '../proxy-in-background.ts'
import { textOrUndefined, type Flags } from '../program.ts'
import { shellWord } from '../shell-words.ts'
import { resolveTarget, type Target } from '../target.ts'

const secretLengthBytes = 16

export async function proxyDatabase(context: TshContext, flags: Flags): Promise<number> {
  const { world } = context
  const listen = parseListen(flags)
  const socket = await socketFlag(context, flags)
  if (flags['tunnel'] !== true) throw tunnelMissing(textOrUndefined(flags['name']))
  const target = await resolveTarget(context, flags, { needsLogin: false, refresh: false })
  if (flags['background'] === true) return proxyInBackground(context, target, flags)
  const stop = new AbortController()
  const stopped = AbortSignal.any([world.terminationSignal(), stop.signal])
  await using proxy =
    socket === undefined ? await openAtStablePort(context, target, listen) : await openLocalProxy(context, target, { listenUnix: socket })
  const shown = socket ?? { host: listen?.host ?? '127.0.0.1', port: proxy.port }
  await using _announced = await announce(context, target, {
    address: placeText(shown),
    logPath: logFlag(flags),
    onStop: () => stop.abort(),
  })
  world.terminal.answer(
    flags['format'] === 'json' ? startedDocument(target, shown) : startedText(target, shown, listen === undefined && socket === undefined),
  )
  await aborted(stopped)
  return 0
}

/** Where nothing else was asked for, a database keeps the port it had; when another program has taken it, it has another for once. */
async function openAtStablePort(context: TshContext, target: Target, listen: Address | undefined): Promise<OpenedProxy> {
  if (listen !== undefined) return openLocalProxy(context, target, { listen })
  const directory = profileDirectory(context)
  const { profile } = target.login
  const usual = await readStablePort(directory, profile, target.route.service)
  try {
    const proxy = await openLocalProxy(context, target, { listen: { host: '127.0.0.1', port: usual ?? 0 } })
    if (usual === undefined) await writeStablePort(directory, profile, target.route.service, proxy.port)
    return proxy
  } catch (error) {
    if (usual === undefined || !(error instanceof PortunusError) || error.code !== 'NETWORK_PORT_IN_USE') throw error
    context.world.terminal.tell(`The usual port ${usual} of "${target.route.service}" is in use; this proxy has another.`)
    return openLocalProxy(context, target)
  }
}

interface Announcement {
  readonly address: string
  readonly logPath: string | undefined
  readonly onStop: () => void
}

/** Makes the proxy known to `tsh proxy ls` and `tsh proxy stop`. */
function announce(context: TshContext, { route, login }: Target, { address, logPath, onStop }: Announcement): Promise<AsyncDisposable> {
  const { world } = context
  return announceLocalProxy(world.client, profileDirectory(context), {
    details: {
      database: route.service,
      cluster: login.profile.cluster,
      databaseUser: route.user,
      databaseName: route.name,
      address,
      processId: world.processId,
      startedAt: world.client.clock.now().toISOString(),
      logPath,
    },
    secret: toHex(world.randomness.bytes(secretLengthBytes)),
    onStop,
  })
}

function logFlag(flags: Flags): string | undefined {
  return textOrUndefined(flags['backgroundLog'])
}

/** `--port`, `--listen` or neither. Throws LISTEN_ADDRESS_REFUSED. */
export function parseListen(flags: Flags): Address | undefined {
  const port = textOrUndefined(flags['port'])
  const listen = textOrUndefined(flags['listen'])
  if (port === undefined && listen === undefined) return undefined
  if (port !== undefined && listen !== undefined) throw refusedListen(listen, 'give either --port or --listen')
  if (port !== undefined) return { host: '127.0.0.1', port: parsePort(port) }
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]]*)):(\d+)$/.exec(listen ?? '')
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw refusedListen(listen ?? '', 'write it like --listen=127.0.0.1:5432')
  if (!isLoopback(host) && flags['insecureListenAnywhere'] !== true) {
    throw refusedListen(listen ?? '', 'whoever reaches it could use your access; add --insecure-listen-anywhere if that is wanted')
  }
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: parsePort(match?.[3] ?? '') }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw refusedListen(text, 'choose a port between 0 and 65535, such as --port=5432')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function refusedListen(text: string, hint: string): PortunusError {
  return new PortunusError('LISTEN_ADDRESS_REFUSED', `Cannot listen on "${text}": not an address to listen on`, {
    category: 'bad-input',
    hint,
  })
}

function tunnelMissing(name: string | undefined): PortunusError {
  const database = name === undefined ? '' : ` ${shellWord(name)}`
  return new PortunusError('PROXY_TUNNEL_MISSING', 'Cannot open a local port without --tunnel: clients would have to bring certificates', {
    category: 'bad-input',
    hint: `let tsh hold the credentials: tsh proxy db --tunnel${database}; clients with certificate files need no local port, see: tsh db config${database}`,
  })
}

function startedText(target: Target, place: Place, isRandom: boolean): string {
  const { route, login } = target
  const tip = isRandom ? '\nThe database keeps this port; choose another with the --port flag.\n' : ''
  return `Started authenticated tunnel for the PostgreSQL database "${route.service}" in cluster "${login.profile.cluster}" on ${placeText(place)}.
${tip}
${connectText(target, place)}

${typeof place === 'string' ? 'Only you' : 'Anyone on this machine'} can connect through it, as you, for as long as it runs.
`
}

function connectText(target: Target, place: Place): string {
  if (typeof place !== 'string')
    return `Connect to it with:\n  $ psql ${shellWord(uriOf(target, (login) => loopbackUri({ ...login, port: place.port })))}`
  const [, directory, port] = socketPattern.exec(place) ?? []
  if (directory === undefined)
    return 'Clients that take the path of a socket can connect to it; psql looks for the name .s.PGSQL.<port> only.'
  return `Connect to it with:\n  $ psql ${shellWord(uriOf(target, (login) => socketUri({ ...login, directory, port: Number(port) })))}`
}

/** What is not known yet stands in the address as a placeholder. */
function uriOf({ route }: Target, write: (login: { readonly databaseUser: string; readonly databaseName: string }) => string): string {
  const uri = write({ databaseUser: route.user ?? 'USER', databaseName: route.name ?? 'NAME' })
  const named = route.name === undefined ? uri.replace(/\/NAME(?=$|\?)/, '/<name>') : uri
  return route.user === undefined ? named.replace('USER@', '<user>@') : named
}

/** An address, or the path of a Unix socket. */
type Place = Address | string

const socketPattern = /^(.*)\/\.s\.PGSQL\.(\d+)$/

function placeText(place: Place): string {
  return typeof place === 'string' ? place : addressText(place)
}

/** `--listen-unix`; in a directory, the name that clients look for. Throws LISTEN_ADDRESS_REFUSED. */
async function socketFlag({ world }: TshContext, flags: Flags): Promise<string | undefined> {
  const typed = textOrUndefined(flags['listenUnix'])
  if (typed === undefined) return undefined
  if (typed === '' || flags['port'] !== undefined || flags['listen'] !== undefined) {
    throw refusedListen(typed, 'give the path of a socket, and neither --port nor --listen')
  }
  const path = typed.startsWith('/') ? typed : `${world.environment['PWD'] ?? '.'}/${typed}`
  return (await world.client.files.information(path))?.kind === 'directory' ? `${path.replace(/\/+$/, '')}/.s.PGSQL.5432` : path
}

function startedDocument({ route, login }: Target, place: Place): string {
  return JSON.stringify({
    database: route.service,
    cluster: login.profile.cluster,
    ...(typeof place === 'string' ? { socket: place } : { host: place.host, port: place.port }),
    user: route.user,
    name: route.name,
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
