/** What every command of tsh starts from: the world, the flags that every command has, and the login they lead to. */
import { PortunusError } from '#foundation'
import {
  checkLoginTime,
  notLoggedIn,
  profileDirectoryOf,
  proxyHostOf,
  readLoginOf,
  readProfile,
  type Login,
  type ProfileDirectory,
} from '#client'
import type { TshWorld } from './world.ts'

/** Flags of the program itself; they may stand anywhere on the command line. */
export interface GlobalFlags {
  readonly proxy?: string | undefined
  readonly user?: string | undefined
  readonly insecure: boolean
  readonly debug: boolean
}

export interface TshContext {
  readonly world: TshWorld
  readonly flags: GlobalFlags
  /** Arguments after `--`, for the program that tsh starts. */
  readonly childArguments: readonly string[]
}

export function profileDirectory({ world }: TshContext): ProfileDirectory {
  const path = profileDirectoryOf(world.environment, world.homeDirectory)
  return { files: world.client.files, path, now: () => world.client.clock.now() }
}

/** `--proxy`, else TELEPORT_PROXY. */
export function wantedProxy({ world, flags }: TshContext): string | undefined {
  return nonEmpty(flags.proxy) ?? nonEmpty(world.environment['TELEPORT_PROXY'])
}

/** `--user`, else TELEPORT_USER. */
export function wantedUser({ world, flags }: TshContext): string | undefined {
  return nonEmpty(flags.user) ?? nonEmpty(world.environment['TELEPORT_USER'])
}

/** The login that the flags, or the current profile, name; expired ones too. Throws NOT_LOGGED_IN. */
export async function storedLogin(context: TshContext): Promise<Login> {
  const directory = profileDirectory(context)
  const proxy = wantedProxy(context)
  const proxyHost = proxy === undefined ? undefined : proxyHostOf(proxy)
  const profile = await readProfile(directory, proxyHost)
  const user = wantedUser(context)
  const login = profile === undefined ? undefined : await readLoginOf(directory, user === undefined ? profile : { ...profile, user })
  if (login === undefined) throw notLoggedIn(proxyHost ?? profile?.proxyHost)
  return login
}

/** The login, in time. Throws NOT_LOGGED_IN or LOGIN_EXPIRED. */
export async function validLogin(context: TshContext): Promise<Login> {
  const login = await storedLogin(context)
  checkLoginTime(login, context.world.client.clock.now())
  return login
}

export function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim()
}

/** `k=v,k2=v2` as labels; throws LABELS_MALFORMED. */
export function parseLabels(text: string | undefined): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {}
  for (const part of (text ?? '').split(',').filter((piece) => piece.trim() !== '')) {
    const [key, ...value] = part.split('=')
    if (key === undefined || key.trim() === '' || value.length === 0) {
      throw new PortunusError('LABELS_MALFORMED', `Cannot read the labels "${text ?? ''}": expected key=value`, {
        category: 'bad-input',
        hint: 'write them like env=dev,team=data',
      })
    }
    labels[key.trim()] = value.join('=').trim()
  }
  return labels
}
