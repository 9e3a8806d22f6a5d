/** Where the Auth Service of this host keeps its data and listens, as the configuration file says. */
import { PortunusError, type Address } from '#foundation'
import type { TctlWorld } from './world.ts'

export interface LocalAuthority {
  readonly dataDirectory: string
  readonly address: Address
}

/** `assumed`: no file enables an Auth Service here; `refusal` says why the default file could not be read. */
export type FoundLocalAuthority =
  | ({ readonly kind: 'configured' } & LocalAuthority)
  | ({ readonly kind: 'assumed'; readonly refusal?: PortunusError } & LocalAuthority)

const defaultConfigPath = '/etc/teleport.yaml'

/** What `teleport start` without a file uses, so that the two find each other on a laptop. */
async function assumedAuthority(world: TctlWorld): Promise<FoundLocalAuthority> {
  const { defaultConfiguration } = await import('#configuration')
  const { auth, dataDirectory } = defaultConfiguration({ isRoot: world.isRoot, homeDirectory: world.homeDirectory, hostname: 'localhost' })
  return { kind: 'assumed', dataDirectory, address: auth.listenAddress }
}

/** A named file must be there; the default one may be missing, and one without permission to read is no reason to stop yet. */
export async function findLocalAuthority(
  world: TctlWorld,
  options: { readonly config?: string | undefined },
): Promise<FoundLocalAuthority> {
  const named = options.config ?? nonEmpty(world.environment['TELEPORT_CONFIG_FILE'])
  const path = named ?? defaultConfigPath
  let text: string | undefined
  try {
    text = named === undefined ? await world.client.files.readTextIfPresent(path) : await world.client.files.readText(path)
  } catch (error) {
    if (named !== undefined || !(error instanceof PortunusError) || error.category !== 'access-denied') throw error
    return { ...(await assumedAuthority(world)), kind: 'assumed', refusal: error }
  }
  if (text === undefined) return await assumedAuthority(world)
  const { parseTeleportYaml } = await import('#configuration')
  const { auth, dataDirectory } = parseTeleportYaml(text, { path })
  if (!auth.enabled) return await assumedAuthority(world)
  return { kind: 'configured', dataDirectory, address: loopbackOf(auth.listenAddress) }
}

/** A service that listens on all addresses is dialled on the nearest. */
function loopbackOf(address: Address): Address {
  if (address.host === '0.0.0.0') return { host: '127.0.0.1', port: address.port }
  return address.host === '::' ? { host: '::1', port: address.port } : address
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
