/** Join tokens: who may become a host, with which roles, until when. Kept by hash; the value is shown once. */
import * as z from 'zod'
import { PortunusError, equalInConstantTime, type Clock, type Randomness, type Secret } from '#foundation'
import { maskToken, type SystemRole } from '#resources'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import { hashOfValue, newBearerValue } from './hashed-value.ts'

/** The roles a host can join with; the authority's own process makes its Auth and Admin certificates itself. */
export type JoinRole = 'Db' | 'Proxy'

export interface TokenSummary {
  readonly maskedValue: string
  readonly roles: readonly JoinRole[]
  readonly labels: Readonly<Record<string, string>>
  /** Undefined: it lasts until it is deleted. */
  readonly expires: Date | undefined
  /** It stands in the configuration of the Auth Service. */
  readonly isStatic: boolean
}

/** A token of the configuration; roles with which no host joins are passed over. */
export interface StaticToken {
  readonly roles: readonly SystemRole[]
  readonly value: Secret<string>
}

export interface Tokens {
  /** Throws TOKEN_ROLE_UNSUPPORTED, TOKEN_EXISTS, TOKEN_VALUE_REFUSED. */
  create(token: {
    readonly roles: readonly SystemRole[]
    /** 30 minutes when undefined. */
    readonly ttlMilliseconds: number | 'unlimited' | undefined
    readonly value: string | undefined
    readonly labels: Readonly<Record<string, string>>
  }): Promise<TokenSummary & { readonly value: string }>
  /**
   * Replaces roles, labels and end. Throws TOKEN_UNKNOWN, TOKEN_STATIC, TOKEN_ROLE_UNSUPPORTED.
   */
  update(
    value: string,
    change: {
      readonly roles: readonly SystemRole[]
      readonly labels: Readonly<Record<string, string>>
      readonly ttlMilliseconds: number | 'unlimited'
    },
  ): Promise<TokenSummary>
  /** By expiry, the next to end first, those without an end last. */
  list(): Promise<readonly TokenSummary[]>
  /** Throws TOKEN_UNKNOWN, TOKEN_STATIC. */
  delete(value: string): Promise<TokenSummary>
  /** Undefined for a value that is unknown or has expired: the same answer for both. */
  find(value: string): Promise<TokenSummary | undefined>
}

const usualTtlMilliseconds = 30 * 60_000
const ttlMillisecondsMax = 3650 * 86_400_000
const chosenValuePattern = /^[\x21-\x7e]{8,256}$/

const record = z.object({
  maskedValue: z.string(),
  valueHash: z.string(),
  roles: z.array(z.enum(['Db', 'Proxy'])).readonly(),
  labels: z.record(z.string(), z.string()).readonly(),
  expires: z.string().optional(),
})

type TokenRecord = z.output<typeof record>

export interface TokensOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly staticTokens?: readonly StaticToken[]
}

export function openTokens(store: Store, options: TokensOptions): Tokens {
  const { clock, randomness } = options
  const records = openCollection<TokenRecord>(store, { prefix: 'tokens', parse: (input) => record.parse(input), print: (value) => value })
  const staticTokens = (options.staticTokens ?? []).map(recordOfStatic).filter(({ roles }) => roles.length > 0)
  const isLive = ({ expires }: TokenSummary): boolean => expires === undefined || expires > clock.now()
  const findStatic = (valueHash: string): TokenSummary | undefined => {
    // All of them are compared, so that time does not tell which was near.
    const matching = staticTokens.filter((token) => sameHash(token.valueHash, valueHash))
    return matching[0] === undefined ? undefined : { ...summaryOf(matching[0]), isStatic: true }
  }
  const find = async (value: string): Promise<TokenSummary | undefined> => {
    const valueHash = hashOfValue(value)
    const known = findStatic(valueHash)
    if (known !== undefined) return known
    const found = await records.get(valueHash)
    if (found === undefined || !sameHash(found.valueHash, valueHash)) return undefined
    return isLive(summaryOf(found)) ? summaryOf(found) : undefined
  }
  const endAfter = (ttl: number | 'unlimited'): Date | undefined =>
    ttl === 'unlimited' ? undefined : later(clock, Math.min(ttl, ttlMillisecondsMax))
  return {
    async create(token) {
      const roles = token.roles.map(joinRoleOf)
      const value = token.value === undefined ? newBearerValue(randomness) : checkChosenValue(token.value)
      const expires = endAfter(token.ttlMilliseconds ?? usualTtlMilliseconds)
      const valueHash = hashOfValue(value)
      if (findStatic(valueHash) !== undefined) throw tokenExists(value)
      const kept = recordOf({ value, roles, labels: token.labels, expires })
      await records.create(valueHash, kept, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? tokenExists(value) : error
      })
      return { ...summaryOf(kept), value }
    },
    async update(value, change) {
      if ((await find(value))?.isStatic === true) throw tokenStatic(value, 'change')
      const expires = endAfter(change.ttlMilliseconds)
      const next = recordOf({ value, roles: change.roles.map(joinRoleOf), labels: change.labels, expires })
      const updated = await records.change(hashOfValue(value), (current) => {
        if (current === undefined || !isLive(summaryOf(current))) throw tokenUnknown(value, 'change')
        return { value: next, expires }
      })
      return summaryOf(updated ?? next)
    },
    async list() {
      const kept = (await records.list()).map(summaryOf).filter(isLive)
      const all = [...kept, ...staticTokens.map((token) => ({ ...summaryOf(token), isStatic: true }))]
      const endOf = ({ expires }: TokenSummary): number => expires?.getTime() ?? Infinity
      return all.toSorted((left, right) => (endOf(left) === endOf(right) ? 0 : endOf(left) - endOf(right)))
    },
    async delete(value) {
      const found = await find(value)
      if (found?.isStatic === true) throw tokenStatic(value, 'delete')
      if (found === undefined || !(await records.delete(hashOfValue(value)))) throw tokenUnknown(value, 'delete')
      return found
    },
    find,
  }
}

function summaryOf({ maskedValue, roles, labels, expires }: TokenRecord): TokenSummary {
  return { maskedValue, roles, labels, expires: expires === undefined ? undefined : new Date(expires), isStatic: false }
}

function recordOf(token: Omit<TokenSummary, 'maskedValue' | 'isStatic'> & { readonly value: string }): TokenRecord {
  const { value, roles, labels, expires } = token
  const end = expires === undefined ? {} : { expires: expires.toISOString() }
  return { maskedValue: maskToken(value), valueHash: hashOfValue(value), roles, labels, ...end }
}

function recordOfStatic({ roles, value }: StaticToken): TokenRecord {
  const joining = roles.filter((role) => role === 'Db' || role === 'Proxy')
  return recordOf({ value: value.reveal(), roles: joining, labels: {}, expires: undefined })
}

function sameHash(left: string, right: string): boolean {
  return equalInConstantTime(Buffer.from(left), Buffer.from(right))
}

function joinRoleOf(role: SystemRole): JoinRole {
  if (role === 'Db' || role === 'Proxy') return role
  throw new PortunusError('TOKEN_ROLE_UNSUPPORTED', `Cannot create a token of type "${role.toLowerCase()}": hosts join as db or proxy`, {
    category: 'unsupported',
    hint: 'use --type=db',
  })
}

function checkChosenValue(value: string): string {
  if (chosenValuePattern.test(value)) return value
  throw new PortunusError('TOKEN_VALUE_REFUSED', 'Cannot create a token with the value given: 8 to 256 visible characters are wanted', {
    category: 'bad-input',
    hint: 'leave --value out to get a random value',
  })
}

function tokenExists(value: string): PortunusError {
  return new PortunusError('TOKEN_EXISTS', `Cannot create the token "${maskToken(value)}": it exists already`, {
    category: 'already-exists',
    hint: 'use another value',
  })
}

function tokenStatic(value: string, verb: 'change' | 'delete'): PortunusError {
  return new PortunusError(
    'TOKEN_STATIC',
    `Cannot ${verb} the token "${maskToken(value)}": it stands in the configuration of the Auth Service`,
    {
      category: 'conflict',
      hint: 'change auth_service.tokens and start the Auth Service again',
    },
  )
}

function tokenUnknown(value: string, verb: 'change' | 'delete'): PortunusError {
  return new PortunusError('TOKEN_UNKNOWN', `Cannot ${verb} the token "${maskToken(value)}": it is expired or not known`, {
    category: 'not-found',
    hint: 'give the whole value; see the tokens with: tctl tokens ls',
  })
}
