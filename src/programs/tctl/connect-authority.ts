/** How tctl reaches the authority: as the administrator of this host, or as the person who is logged in with tsh. */
import { authorityAlpn, authorityServerName, createAuthorityClient, type AuthorityClient } from '#authority-api'
import { openAuthority, profileDirectoryOf, readLogin } from '#client'
import { PortunusError, messageOf, type Address, type KeyPairPem } from '#foundation'
import { findLocalAuthority, type LocalAuthority } from './local-authority.ts'
import type { TctlWorld } from './world.ts'

export interface ConnectOptions {
  /** `-c`; else TELEPORT_CONFIG_FILE, else /etc/teleport.yaml where it exists. */
  readonly config?: string | undefined
  /** Replaces the address of the configuration; the first that answers is used. */
  readonly authServers: readonly string[]
}

export interface AuthorityConnection extends AsyncDisposable {
  readonly authority: AuthorityClient
}

const connectMillisecondsMax = 10_000

/**
 * A configuration file whose auth_service is enabled makes tctl the administrator of this host; otherwise the active tsh profile is
 * used; without one, this host again with the default data directory.
 */
export async function connectAuthority(world: TctlWorld, options: ConnectOptions): Promise<AuthorityConnection> {
  const local = await findLocalAuthority(world, options)
  if (local.kind === 'configured') return await connectLocal(world, local, options.authServers)
  const path = profileDirectoryOf(world.environment, world.homeDirectory)
  const directory = { files: world.client.files, path, now: () => world.client.clock.now() }
  const login = await readLogin(directory)
  if (login !== undefined) return await openAuthority(world.client, login)
  if (local.refusal !== undefined) throw local.refusal
  return await connectLocal(world, local, options.authServers)
}

async function connectLocal(world: TctlWorld, local: LocalAuthority, authServers: readonly string[]): Promise<AuthorityConnection> {
  const admin = await readAdminIdentity(world, local.dataDirectory)
  const addresses = authServers.length === 0 ? [local.address] : authServers.map(parseAddress)
  const failures: unknown[] = []
  for (const address of addresses) {
    try {
      return await dial(world, address, admin)
    } catch (error) {
      failures.push(error)
    }
  }
  throw authorityUnreachable(addresses, failures)
}

interface AdminIdentity {
  readonly keyPair: KeyPairPem
  readonly authoritiesPem: readonly string[]
}

async function dial(world: TctlWorld, address: Address, admin: AdminIdentity): Promise<AuthorityConnection> {
  const { network, tls, clock, openHttp2Client } = world.client
  const signal = clock.deadline(connectMillisecondsMax)
  const connection = await network.dial(address, { signal })
  const secure = await tls.connect(connection, {
    serverName: authorityServerName,
    authoritiesPem: admin.authoritiesPem,
    identity: admin.keyPair,
    alpn: [authorityAlpn],
    signal,
  })
  const transport = openHttp2Client(secure)
  return {
    authority: createAuthorityClient(transport),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

/** Three failures with three words: no authority here, one we may not look at, one without an identity for us. */
async function readAdminIdentity(world: TctlWorld, dataDirectory: string): Promise<AdminIdentity> {
  const { files } = world.client
  const uuidPath = `${dataDirectory}/host_uuid`
  const uuid = await files.readTextIfPresent(uuidPath).catch((error: unknown) => {
    throw hostUnreadable(uuidPath, error)
  })
  if (uuid === undefined) throw authorityNotHere(dataDirectory)
  const pathOf = (name: string): string => `${dataDirectory}/admin/${name}`
  const read = async (name: string): Promise<string> => {
    const text = await files.readTextIfPresent(pathOf(name)).catch((error: unknown) => {
      throw hostUnreadable(pathOf(name), error)
    })
    if (text === undefined) throw adminMissing(pathOf(name))
    return text
  }
  const certificatePem = await read('identity.crt')
  const keyPair = { certificatePem, privateKeyPem: await read('identity.key') }
  return { keyPair, authoritiesPem: [await read('ca.pem')] }
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/i.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) {
    throw new PortunusError('AUTH_SERVER_MALFORMED', `Cannot dial the address "${text}": expected host:port`, {
      category: 'bad-input',
      hint: 'write it like --auth-server=127.0.0.1:3025',
    })
  }
  return { host, port: Number(match?.[3] ?? 3025) }
}

const loginHint = 'log in with: tsh login --proxy=<host:port> --user=<name>'

function authorityNotHere(dataDirectory: string): PortunusError {
  return new PortunusError('AUTHORITY_NOT_HERE', `Cannot find an Auth Service on this host: there is no "${dataDirectory}/host_uuid"`, {
    category: 'unauthenticated',
    hint: `start one with: teleport start, name its configuration with -c or TELEPORT_CONFIG_FILE, run tctl on the host that has one, or ${loginHint}`,
  })
}

function hostUnreadable(path: string, cause: unknown): PortunusError {
  return new PortunusError('ADMIN_IDENTITY_UNREADABLE', `Cannot use the Auth Service of this host: "${path}" is not readable`, {
    category: 'access-denied',
    cause,
    hint: `run tctl with sudo, or ${loginHint}`,
  })
}

function adminMissing(path: string): PortunusError {
  return new PortunusError('ADMIN_IDENTITY_MISSING', `Cannot act as administrator of this host: there is no "${path}"`, {
    category: 'unauthenticated',
    hint: `run tctl on a host of the Auth Service, or ${loginHint}`,
  })
}

function authorityUnreachable(addresses: readonly Address[], failures: readonly unknown[]): PortunusError {
  const tried = addresses.map(({ host, port }) => `${host}:${port}`).join(', ')
  const [first] = failures
  return new PortunusError('AUTHORITY_UNREACHABLE', `Cannot reach the Auth Service at "${tried}": ${messageOf(first)}`, {
    category: 'unavailable',
    cause: failures.length === 1 ? first : new AggregateError(failures),
    hint: 'check that teleport runs on this host, and that auth_service.listen_addr of the configuration file is its address',
  })
}
