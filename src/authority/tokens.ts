/** Join tokens: who may become a host, with which roles, until when. Kept by hash; the value is shown once. */
import * as z from 'zod'
import { PortunusError, equalInConstantTime, type Clock, type Randomness } from '#foundation'
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
  readonly expires: Date
}

export interface Tokens {
  /** Throws TOKEN_ROLE_UNSUPPORTED, TOKEN_EXISTS, TOKEN_VALUE_REFUSED. */
  create(token: {
    readonly roles: readonly SystemRole[]
    readonly ttlMilliseconds: number | undefined
    readonly value: string | undefined
    readonly labels: Readonly<Record<string, string>>
  }): Promise<TokenSummary & { readonly value: string }>
  /** By expiry, the next to end first. */
  list(): Promise<readonly TokenSummary[]>
  /** Throws TOKEN_UNKNOWN. */
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
  expires: z.string(),
})

type TokenRecord = z.output<typeof record>

export function openTokens(store: Store, options: { readonly clock: Clock; readonly randomness: Randomness }): Tokens {
  const { clock, randomness } = options
  const records = openCollection<TokenRecord>(store, { prefix: 'tokens', parse: (input) => record.parse(input), print: (value) => value })
  const find = async (value: string): Promise<TokenSummary | undefined> => {
    const valueHash = hashOfValue(value)
    const found = await records.get(valueHash)
    if (found === undefined || !equalInConstantTime(Buffer.from(found.valueHash), Buffer.from(valueHash))) return undefined
    return new Date(found.expires) > clock.now() ? summaryOf(found) : undefined
  }
  return {
    async create(token) {
      const roles = token.roles.map(joinRoleOf)
      const value = token.value === undefined ? newBearerValue(randomness) : checkChosenValue(token.value)
      const expires = later(clock, Math.min(token.ttlMilliseconds ?? usualTtlMilliseconds, ttlMillisecondsMax))
      const valueHash = hashOfValue(value)
      const kept = { maskedValue: maskToken(value), valueHash, roles, labels: token.labels, expires: expires.toISOString() }
      await records.create(valueHash, kept, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? tokenExists(value) : error
      })
      return { ...summaryOf(kept), value }
    },
    async list() {
      const live = (await records.list()).map(summaryOf).filter((token) => token.expires > clock.now())
      return live.toSorted((left, right) => left.expires.getTime() - right.expires.getTime())
    },
    async delete(value) {
      const found = await find(value)
      if (found === undefined || !(await records.delete(hashOfValue(value)))) throw tokenUnknown(value)
      return found
    },
    find,
  }
}

function summaryOf({ maskedValue, roles, labels, expires }: TokenRecord): TokenSummary {
  return { maskedValue, roles, labels, expires: new Date(expires) }
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

function tokenUnknown(value: string): PortunusError {
  return new PortunusError('TOKEN_UNKNOWN', `Cannot delete the token "${maskToken(value)}": it is expired or not known`, {
    category: 'not-found',
    hint: 'give the whole value; see the tokens with: tctl tokens ls',
  })
}
