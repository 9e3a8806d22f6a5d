/** `tsh login`: keeps a valid login, or asks for password and one-time code and gets a new one. */
import { PortunusError, Secret, parseDuration, type Address } from '#foundation'
import {
  addressText,
  assumeRequests,
  currentProxyHost,
  isSameCluster,
  logIn,
  openWebApi,
  proxyCandidates,
  proxyHostOf,
  readLogin,
  readProfile,
  setCurrentProfile,
  type Login,
  type ProfileDirectory,
  type WebApi,
  type WebTrust,
} from '#client'
import { requestAndAssume } from '../await-request.ts'
import { nonEmpty, profileDirectory, wantedProxy, wantedUser, type TshContext } from '../context.ts'
import { textOrUndefined, type Flags } from '../program.ts'
import { listOf } from '../request-program.ts'
import { tellStatus } from './status.ts'

export async function login(context: TshContext, flags: Flags): Promise<number> {
  const { world } = context
  const directory = profileDirectory(context)
  const ttlSeconds = parseTtl(textOrUndefined(flags['ttl']))
  const proxy = wantedProxy(context) ?? (await currentAddress(directory))
  if (proxy === undefined) throw proxyMissing()
  const existing = await existingLogin(directory, proxyHostOf(proxy))
  const trust = trustOf(context, flags, existing)
  const web = await openWebApi(world.client, candidatesOf(proxy, existing), trust)
  if (existing !== undefined && flags['force'] !== true && isStillGood(context, existing, web)) {
    await setCurrentProfile(directory, existing.profile.proxyHost)
    await tellStatus(context, await withRequests(context, flags, existing))
    return 0
  }
  await tellStatus(context, await withRequests(context, flags, await newLogin(context, web, { ttlSeconds, existing })))
  return 0
}

/** Takes on what `--request-id` names, and asks for what `--request-roles` names; `no` stands for nothing. */
async function withRequests(context: TshContext, flags: Flags, login: Login): Promise<Login> {
  const ids = listOf(flags, 'requestId')
  const assumed = ids.length === 0 ? login : await assumeRequests(context.world.client, profileDirectory(context), { login, ids })
  const roles = listOf(flags, 'requestRoles')
  if (roles.length === 0 || roles.join() === 'no') return assumed
  return await requestAndAssume(context, assumed, {
    roles,
    reason: nonEmpty(textOrUndefined(flags['requestReason'])),
    reviewers: listOf(flags, 'requestReviewers'),
    isAwaited: flags['requestNowait'] !== true,
  })
}

interface NewLogin {
  readonly ttlSeconds: number | undefined
  readonly existing: Login | undefined
}

async function newLogin(context: TshContext, web: WebApi, { ttlSeconds, existing }: NewLogin): Promise<Login> {
  const { terminal, userName } = context.world
  const named = wantedUser(context) ?? existing?.profile.user
  const user = named ?? userName
  const password = new Secret(await terminal.prompt(`Enter password for Teleport user ${user}`, { hidden: true }))
  const oneTimePassword = web.secondFactor === 'off' ? undefined : new Secret(await askForCode(context))
  try {
    return await logIn(profileDirectory(context), web, { user, password, oneTimePassword, ttlSeconds })
  } catch (error) {
    throw named === undefined ? withAssumedUser(error, user) : error
  }
}

async function askForCode(context: TshContext): Promise<string> {
  const code = await context.world.terminal.prompt('Enter an OTP code from a device', { hidden: true })
  return code.replaceAll(/\s/g, '') // authenticator apps show the code in two groups
}

/** In time, for the wanted user, and from the cluster that answers now. */
function isStillGood(context: TshContext, existing: Login, web: WebApi): boolean {
  const user = wantedUser(context)
  if (user !== undefined && user !== existing.profile.user) return false
  return context.world.client.clock.now() < existing.held.validUntil && isSameCluster(existing, web)
}

/** The proxy's earlier login; one that cannot be read counts as none, since logging in is what repairs it. */
async function existingLogin(directory: ProfileDirectory, proxyHost: string): Promise<Login | undefined> {
  try {
    return await readLogin(directory, proxyHost)
  } catch (error) {
    if (error instanceof PortunusError && error.code === 'PROFILE_UNREADABLE') return undefined
    throw error
  }
}

async function currentAddress(directory: ProfileDirectory): Promise<string | undefined> {
  if ((await currentProxyHost(directory)) === undefined) return undefined
  const profile = await readProfile(directory)
  return profile === undefined ? undefined : addressText(profile.address)
}

/** Without a port, the one of the earlier login comes first. */
function candidatesOf(proxy: string, existing: Login | undefined): readonly Address[] {
  const candidates = proxyCandidates(proxy)
  if (candidates.length === 1 || existing === undefined) return candidates
  const known = existing.profile.address
  return [known, ...candidates.filter(({ port }) => port !== known.port)]
}

function trustOf(context: TshContext, flags: Flags, existing: Login | undefined): WebTrust {
  const pins = Array.isArray(flags['caPin']) ? flags['caPin'].filter((pin) => typeof pin === 'string') : []
  if (pins.length > 0) return { kind: 'pinned', pins }
  if (context.flags.insecure) return { kind: 'insecure' }
  return { kind: 'known', authoritiesPem: existing?.hostAuthoritiesPem ?? [] }
}

/** Minutes, or a duration with units; in seconds. Throws TTL_MALFORMED. */
export function parseTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) * 60 : Math.floor(parseDuration(text) / 1000)
  if (seconds >= 1 && seconds <= ttlSecondsMax) return seconds
  throw new PortunusError('TTL_MALFORMED', `Cannot read the time to live "${text}": expected minutes, or a duration such as 8h`, {
    category: 'bad-input',
    hint: 'write it like --ttl=480 or --ttl=8h',
  })
}

const ttlSecondsMax = 365 * 24 * 3600

function proxyMissing(): PortunusError {
  return new PortunusError('LOGIN_PROXY_MISSING', 'Cannot log in: no proxy was named', {
    category: 'bad-input',
    hint: 'name it like: tsh login --proxy=teleport.example.com --user=alice',
  })
}

function withAssumedUser(error: unknown, user: string): unknown {
  if (!(error instanceof PortunusError) || error.category !== 'unauthenticated') return error
  return new PortunusError(error.code, error.message, {
    category: error.category,
    cause: error,
    hint: `choose the user with --user=<name>; "${user}" was assumed, as it is your name on this machine`,
  })
}
