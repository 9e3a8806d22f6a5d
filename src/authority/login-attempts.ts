/** Brute force: five failed logins within half an hour lock the name for half an hour, whether or not a user has it. */
import * as z from 'zod'
import { PortunusError, type Clock } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import { lockEnd, type Users } from './users.ts'

const failuresMax = 5
const windowMilliseconds = 30 * 60_000
const lockMilliseconds = 30 * 60_000

const record = z.object({
  /** RFC 3339 times of attempts that failed or are not decided yet. */
  attempts: z.array(z.string()).readonly(),
  /** Of a name without a user. */
  lockedUntil: z.string().optional(),
})

type AttemptsRecord = z.output<typeof record>

export interface Attempt {
  /** The credentials were right: all earlier failures are forgiven. */
  succeeded(): Promise<void>
  /** They were wrong. True when this failure locked the name. */
  failed(): Promise<boolean>
  /** It says nothing about the guesser; the attempt does not count. */
  undecided(): Promise<void>
}

export interface LoginAttempts {
  /**
   * Counts the attempt before it is decided, so that many at once cannot guess more than five times.
   * Throws LOGIN_LOCKED (limit-exceeded).
   */
  begin(user: string): Promise<Attempt>
  forget(user: string): Promise<void>
}

export function openLoginAttempts(store: Store, options: { readonly clock: Clock; readonly users: Users }): LoginAttempts {
  const { clock, users } = options
  const records = openCollection<AttemptsRecord>(store, {
    prefix: 'login-attempts',
    parse: (input) => record.parse(input),
    print: (value) => value,
  })

  async function count(user: string): Promise<string> {
    const now = clock.now()
    const stamp = now.toISOString()
    await records.change(user, (current) => {
      if (isLocked(current, now)) throw loginLocked(user)
      const attempts = recent(current, now)
      if (attempts.length >= failuresMax) throw loginLocked(user)
      return { value: { attempts: [...attempts, stamp] }, expires: later(clock, windowMilliseconds) }
    })
    return stamp
  }

  async function lockIfFull(user: string): Promise<boolean> {
    if (recent(await records.get(user), clock.now()).length < failuresMax) return false
    const until = later(clock, lockMilliseconds)
    if ((await users.get(user)) === undefined) {
      await records.put(user, { attempts: [], lockedUntil: until.toISOString() }, { expires: until })
    } else {
      // The status is the lock of a user who exists, so that an administrator sees it and can lift it.
      await users.lock(user, { message: 'too many failed logins', until })
      await records.delete(user)
    }
    return true
  }

  async function uncount(user: string, stamp: string): Promise<void> {
    await records.change(user, (current) => {
      if (current === undefined) return undefined
      const at = current.attempts.indexOf(stamp)
      return { value: { ...current, attempts: current.attempts.toSpliced(at, at < 0 ? 0 : 1) }, expires: later(clock, windowMilliseconds) }
    })
  }

  return {
    async begin(user) {
      const known = await users.get(user)
      if (known !== undefined && lockEnd(known, clock.now()) !== undefined) throw loginLocked(user)
      const stamp = await count(user)
      return {
        succeeded: async () => void (await records.delete(user)),
        failed: () => lockIfFull(user),
        undecided: () => uncount(user, stamp),
      }
    },
    async forget(user) {
      await records.delete(user)
    },
  }
}

function isLocked(record: AttemptsRecord | undefined, now: Date): boolean {
  return record?.lockedUntil !== undefined && new Date(record.lockedUntil) > now
}

function recent(record: AttemptsRecord | undefined, now: Date): readonly string[] {
  const start = now.getTime() - windowMilliseconds
  return (record?.attempts ?? []).filter((time) => new Date(time).getTime() > start)
}

function loginLocked(user: string): PortunusError {
  return new PortunusError('LOGIN_LOCKED', `Cannot log in as "${user}": there were too many incorrect attempts`, {
    category: 'limit-exceeded',
    hint: 'wait half an hour and try again, or ask an administrator to run: tctl users reset',
  })
}
