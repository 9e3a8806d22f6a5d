/** Brute force: who has guessed too often is shut out for half an hour, and nobody else is (docs/decisions/0011). */
import * as z from 'zod'
import { PortunusError, clientNetwork, type Clock } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import { lockEnd, type Users } from './users.ts'

const networkFailuresMax = 5
const strangerFailuresMax = 20
const windowMilliseconds = 30 * 60_000
const lockMilliseconds = 30 * 60_000
const acquaintanceMilliseconds = 90 * 24 * 3_600_000
const acquaintancesMax = 16

/** All networks from which nobody has logged in as the user before, together. */
const strangers = 'strangers'

const attemptsRecord = z.object({
  /** Attempts that failed or are not decided yet. */
  attempts: z.array(z.object({ time: z.string(), network: z.string(), isStranger: z.boolean() })).readonly(),
  /** Until when (RFC 3339) a network, or `strangers`, is shut out. */
  closed: z.record(z.string(), z.string()),
})
type AttemptsRecord = z.output<typeof attemptsRecord>

/** Networks, and when (RFC 3339) the user last logged in from each. */
const acquaintancesRecord = z.object({ networks: z.record(z.string(), z.string()) })
type AcquaintancesRecord = z.output<typeof acquaintancesRecord>

/** A failure was one too many: until when, and for whom, the name is closed. */
export interface Lockout {
  /** A network, or all that are not known for this user. */
  readonly network: string
  readonly until: Date
}

export interface Attempt {
  /** The credentials were right: the failures of this network are forgiven, and it is known from now on. */
  succeeded(): Promise<void>
  /** They were wrong. The lockout that this failure brought about, if it did. */
  failed(): Promise<Lockout | undefined>
  /** It says nothing about the guesser; the attempt does not count. */
  undecided(): Promise<void>
}

export interface LoginAttempts {
  /**
   * Counts the attempt before it is decided, so that many at once cannot guess more often than one after the other.
   * Throws LOGIN_LOCKED (limit-exceeded), whether or not a user has the name.
   */
  begin(user: string, clientAddress: string): Promise<Attempt>
  forget(user: string): Promise<void>
}

export function openLoginAttempts(store: Store, options: { readonly clock: Clock; readonly users: Users }): LoginAttempts {
  const { clock, users } = options
  const records = openCollection<AttemptsRecord>(store, {
    prefix: 'login-attempts-by-network',
    parse: (input) => attemptsRecord.parse(input),
    print: (value) => value,
  })
  const acquaintances = openAcquaintances(store, clock)
  const expires = (): Date => later(clock, windowMilliseconds + lockMilliseconds)

  async function count(user: string, network: string): Promise<AttemptsRecord['attempts'][number]> {
    const isStranger = !(await acquaintances.includes(user, network))
    const now = clock.now()
    const attempt = { time: now.toISOString(), network, isStranger }
    await records.change(user, (found) => {
      const current = present(found, now)
      if (isFull(current, attempt)) throw loginLocked(user)
      return { value: { ...current, attempts: [...current.attempts, attempt] }, expires: expires() }
    })
    return attempt
  }

  async function closeIfFull(user: string, attempt: AttemptsRecord['attempts'][number]): Promise<Lockout | undefined> {
    const now = clock.now()
    const until = later(clock, lockMilliseconds)
    let lockout: Lockout | undefined
    await records.change(user, (found) => {
      const current = present(found, now)
      const whom = [
        ...(failuresOf(current, attempt.network) >= networkFailuresMax ? [attempt.network] : []),
        ...(attempt.isStranger && failuresOf(current, strangers) >= strangerFailuresMax ? [strangers] : []),
      ].filter((network) => current.closed[network] === undefined)
      const last = whom.at(-1)
      lockout = last === undefined ? undefined : { network: last, until }
      if (last === undefined) return undefined
      const closed = Object.fromEntries(whom.map((network) => [network, until.toISOString()]))
      return { value: { ...current, closed: { ...current.closed, ...closed } }, expires: expires() }
    })
    return lockout
  }

  /** Takes the attempts that do not count out again. */
  async function uncount(user: string, counts: (attempt: AttemptsRecord['attempts'][number]) => boolean): Promise<void> {
    await records.change(user, (found) => {
      if (found === undefined) return undefined
      return { value: { ...found, attempts: found.attempts.filter(counts) }, expires: expires() }
    })
  }

  return {
    async begin(user, clientAddress) {
      const known = await users.get(user)
      if (known !== undefined && lockEnd(known, clock.now()) !== undefined) throw loginLocked(user)
      const network = clientNetwork(clientAddress)
      const attempt = await count(user, network)
      return {
        async succeeded() {
          await acquaintances.add(user, network)
          await uncount(user, (one) => one.network !== network)
        },
        failed: () => closeIfFull(user, attempt),
        undecided: () => uncount(user, ({ time, network: from }) => time !== attempt.time || from !== network),
      }
    },
    async forget(user) {
      await records.delete(user)
    },
  }
}

interface Acquaintances {
  includes(user: string, network: string): Promise<boolean>
  add(user: string, network: string): Promise<void>
}

/** From where people have logged in: the networks used last, and none for longer than ninety days. */
function openAcquaintances(store: Store, clock: Clock): Acquaintances {
  const records = openCollection<AcquaintancesRecord>(store, {
    prefix: 'login-networks',
    parse: (input) => acquaintancesRecord.parse(input),
    print: (value) => value,
  })
  const recent = (record: AcquaintancesRecord | undefined): readonly (readonly [string, string])[] => {
    const start = clock.now().getTime() - acquaintanceMilliseconds
    return Object.entries(record?.networks ?? {}).filter(([, time]) => new Date(time).getTime() > start)
  }
  return {
    includes: async (user, network) => recent(await records.get(user)).some(([known]) => known === network),
    async add(user, network) {
      await records.change(user, (current) => {
        const others = recent(current).filter(([known]) => known !== network)
        const kept = others.toSorted(([, left], [, right]) => right.localeCompare(left)).slice(0, acquaintancesMax - 1)
        const networks = Object.fromEntries([[network, clock.now().toISOString()], ...kept])
        return { value: { networks }, expires: later(clock, acquaintanceMilliseconds) }
      })
    },
  }
}

/** The record without what is over. */
function present(record: AttemptsRecord | undefined, now: Date): AttemptsRecord {
  const start = now.getTime() - windowMilliseconds
  return {
    attempts: (record?.attempts ?? []).filter(({ time }) => new Date(time).getTime() > start),
    closed: Object.fromEntries(Object.entries(record?.closed ?? {}).filter(([, until]) => new Date(until) > now)),
  }
}

function failuresOf(record: AttemptsRecord, network: string): number {
  return record.attempts.filter((attempt) => (network === strangers ? attempt.isStranger : attempt.network === network)).length
}

function isFull(record: AttemptsRecord, attempt: AttemptsRecord['attempts'][number]): boolean {
  const isNetworkFull = record.closed[attempt.network] !== undefined || failuresOf(record, attempt.network) >= networkFailuresMax
  const areStrangersFull = record.closed[strangers] !== undefined || failuresOf(record, strangers) >= strangerFailuresMax
  return isNetworkFull || (attempt.isStranger && areStrangersFull)
}

function loginLocked(user: string): PortunusError {
  return new PortunusError('LOGIN_LOCKED', `Cannot log in as "${user}": there were too many incorrect attempts`, {
    category: 'limit-exceeded',
    hint: 'wait half an hour and try again, or ask an administrator to run: tctl users reset',
  })
}
