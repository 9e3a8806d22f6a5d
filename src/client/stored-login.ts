/** The login a command works with: the profile, its keys and the authorities it trusts, or a clear word that there is none. */
import { PortunusError } from '#foundation'
import { addressText } from './proxy-address.ts'
import { readProfile, type ProfileDirectory } from './profile-directory.ts'
import type { Profile } from './profile-document.ts'
import { readAssumedKeys, readHostAuthorities, readLoginKeys, type HeldIdentity } from './stored-keys.ts'

export interface Login {
  readonly profile: Profile
  /** What commands use: the login, or as long as it is in force the one with what access requests granted. */
  readonly held: HeldIdentity
  /** As the person logged in. */
  readonly base: HeldIdentity
  readonly hostAuthoritiesPem: readonly string[]
}

/** The login of the proxy, or of the current profile, expired or not; undefined where there is none. */
export async function readLogin(directory: ProfileDirectory, proxyHost?: string): Promise<Login | undefined> {
  const profile = await readProfile(directory, proxyHost)
  return profile === undefined ? undefined : readLoginOf(directory, profile)
}

export async function readLoginOf(directory: ProfileDirectory, profile: Profile): Promise<Login | undefined> {
  const base = await readLoginKeys(directory, profile)
  if (base === undefined) return undefined
  const held = (await readAssumedKeys(directory, profile, base)) ?? base
  return { profile, held, base, hostAuthoritiesPem: await readHostAuthorities(directory, profile) }
}

/** Throws LOGIN_EXPIRED (SQLSTATE 28000 for PostgreSQL clients) with the command that helps. */
export function checkLoginTime(login: Login, now: Date): void {
  if (now >= login.held.validUntil) throw loginExpired(login.profile)
}

export function loginExpired(profile: Profile): PortunusError {
  return new PortunusError(
    'LOGIN_EXPIRED',
    `Cannot use the login of "${profile.user}" at "${addressText(profile.address)}": login expired`,
    {
      category: 'unauthenticated',
      hint: `log in again with: ${loginCommand(profile)}`,
    },
  )
}

export function notLoggedIn(proxyHost?: string): PortunusError {
  const where = proxyHost === undefined ? '' : ` at "${proxyHost}"`
  return new PortunusError('NOT_LOGGED_IN', `Cannot find a login${where}: not logged in`, {
    category: 'unauthenticated',
    hint: `log in with: tsh login --proxy=${proxyHost ?? '<host:port>'} --user=<name>`,
  })
}

/** The command that renews a profile. */
export function loginCommand(profile: Profile): string {
  return `tsh login --proxy=${addressText(profile.address)} --user=${profile.user}`
}
