/** Certificates for one database: obtained from the authority with the login, kept on disk, renewed while the login lasts. */
import type { Clock } from '#foundation'
import { generateKeyPair, type DatabaseRoute } from '#certificates'
import type { AuthorityClient } from '#authority-api'
import { openAuthority } from './authority-connection.ts'
import type { ClientWorld } from './ports.ts'
import type { ProfileDirectory } from './profile-directory.ts'
import { heldIdentity, writeDatabaseKeys, type HeldIdentity } from './stored-keys.ts'
import { checkLoginTime, loginExpired, readLoginOf, type Login } from './stored-login.ts'

/** Makes a key pair and has it certified for the route; the private key never leaves this process but for the profile directory. */
export async function issueDatabaseKeys(authority: AuthorityClient, route: DatabaseRoute): Promise<HeldIdentity> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const { certificatePem } = await authority.issueDatabaseCertificate({ publicKeyPem, route })
  return heldIdentity({ certificatePem, privateKeyPem })
}

/**
 * Whether stored keys do for a connection: in time, from the present login (an earlier one may have had other roles, or
 * been one of another cluster), with what access requests granted and no more, and for the same user and name as the person
 * now asks for.
 */
export function keysSuffice(
  held: HeldIdentity,
  route: DatabaseRoute,
  { login, now }: { readonly login: Login; readonly now: Date },
): boolean {
  const stored = held.identity.route
  if (stored === undefined || !isFresh(held, now) || held.validFrom < login.held.validFrom) return false
  if (!isSameAccess(held, login.held)) return false
  return stored.service === route.service && stored.user === route.user && stored.name === route.name
}

function isSameAccess(left: HeldIdentity, right: HeldIdentity): boolean {
  const idsOf = ({ identity }: HeldIdentity): string => [...(identity.activeRequests ?? [])].sort().join(' ')
  return idsOf(left) === idsOf(right)
}

export interface DatabaseKeysOptions {
  readonly directory: ProfileDirectory
  readonly login: Login
  readonly route: DatabaseRoute
  readonly held: HeldIdentity
}

/** The credentials of a running local proxy: valid ones for every new connection, as long as the login can renew them. */
export class DatabaseKeys {
  readonly #world: ClientWorld
  readonly #options: DatabaseKeysOptions
  #held: HeldIdentity
  #renewal: Promise<HeldIdentity> | undefined

  constructor(world: ClientWorld, options: DatabaseKeysOptions) {
    this.#world = world
    this.#options = options
    this.#held = options.held
  }

  /** Throws LOGIN_EXPIRED when certificate and login are both over. */
  async current(): Promise<HeldIdentity> {
    if (isFresh(this.#held, this.#world.clock.now())) return this.#held
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined))
    this.#held = await this.#renewal
    return this.#held
  }

  async #renew(): Promise<HeldIdentity> {
    const { directory, login: opened, route } = this.#options
    // Read afresh: the person may have logged in again in another terminal.
    const login = await readLoginOf(directory, opened.profile)
    if (login === undefined) throw loginExpired(opened.profile)
    const canLastLonger = login.held.validUntil > this.#held.validUntil
    if (!canLastLonger && isValid(this.#held, this.#world.clock)) return this.#held
    checkLoginTime(login, this.#world.clock.now())
    await using connection = await openAuthority(this.#world, login)
    const renewed = await issueDatabaseKeys(connection.authority, route)
    await writeDatabaseKeys(directory, login.profile, route.service, renewed.keyPair)
    return renewed
  }
}

// A certificate that ends while the connection is being made would be refused with a less helpful word.
const freshMilliseconds = 60_000

function isFresh(held: HeldIdentity, now: Date): boolean {
  return now.getTime() + freshMilliseconds < held.validUntil.getTime()
}

function isValid(held: HeldIdentity, clock: Clock): boolean {
  return clock.now() < held.validUntil
}
