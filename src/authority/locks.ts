/** Locks: kept in the store, so that every proxy and agent that watches hears of them. */
import { decideRevocation, nothingRevoked, revocationError, type RevocableSubject } from '#access'
import { PortunusError, type Clock, type Randomness } from '#foundation'
import { parseLock, printLock, type Lock, type LockTarget } from '#resources'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'

export const lockPrefix = 'locks'

export interface NewLock {
  /** A UUID unless told. */
  readonly name?: string | undefined
  /** Whether a lock of that name may be there already. */
  readonly replaces?: boolean | undefined
  readonly target: LockTarget
  readonly message: string | undefined
  readonly expires: Date | undefined
  readonly createdBy: string
}

export interface Locks {
  /** Throws LOCK_EXISTS, LOCK_EXPIRED for one that would be over already, RESOURCE_MALFORMED for a target without fields. */
  create(lock: NewLock): Promise<Lock>
  /** The lock that was deleted; throws LOCK_UNKNOWN. */
  delete(name: string): Promise<Lock>
  list(): Promise<readonly Lock[]>
  /** Throws LOCK_IN_FORCE (access-denied). `action` completes "Cannot ...", such as `log in as "alice"`. */
  refuse(subject: RevocableSubject, action: string): Promise<void>
}

export function openLocks(store: Store, options: { readonly clock: Clock; readonly randomness: Randomness }): Locks {
  const { clock, randomness } = options
  const locks = openCollection<Lock>(store, { prefix: lockPrefix, parse: parseLock, print: printLock })
  return {
    async create(request) {
      const lock = newLock(request, { name: request.name ?? randomness.uuid(), now: clock.now() })
      const { name } = lock.metadata
      const { expires } = request
      if (request.replaces === true) await locks.put(name, lock, { expires })
      else await locks.create(name, lock, { expires }).catch((error: unknown) => refuseTaken(name, error))
      return lock
    },
    async delete(name) {
      const lock = await locks.get(name)
      if (lock === undefined || !(await locks.delete(name))) throw lockUnknown(name)
      return lock
    },
    list: () => locks.list(),
    async refuse(subject, action) {
      const revocation = decideRevocation(subject, { ...nothingRevoked, locks: await locks.list() }, clock.now())
      if (revocation !== undefined) throw revocationError(revocation, action)
    },
  }
}

function newLock(request: NewLock, { name, now }: { readonly name: string; readonly now: Date }): Lock {
  const { target, message, expires, createdBy } = request
  if (expires !== undefined && expires <= now) {
    throw new PortunusError('LOCK_EXPIRED', `Cannot create a lock until "${expires.toISOString()}": that time is over`, {
      category: 'bad-input',
      hint: 'name a later time, or leave it out for a lock that lasts until it is removed',
    })
  }
  const lock: Lock = {
    kind: 'lock',
    version: 'v2',
    metadata: { name, labels: {} },
    spec: {
      target,
      ...(message === undefined || message === '' ? {} : { message }),
      ...(expires === undefined ? {} : { expires: expires.toISOString() }),
      createdAt: now.toISOString(),
      createdBy,
    },
  }
  // What could not be read back would shut out everybody who reads the locks.
  return parseLock(printLock(lock))
}

function refuseTaken(name: string, error: unknown): never {
  if (!(error instanceof PortunusError) || error.code !== 'STORE_KEY_EXISTS') throw error
  throw new PortunusError('LOCK_EXISTS', `Cannot create the lock "${name}": a lock of that name exists`, {
    category: 'already-exists',
    hint: 'choose another name, or see the locks with: tctl get locks',
  })
}

function lockUnknown(name: string): PortunusError {
  return new PortunusError('LOCK_UNKNOWN', `Cannot delete the lock "${name}": no lock of that name exists`, {
    category: 'not-found',
    hint: 'see the locks with: tctl get locks',
  })
}
