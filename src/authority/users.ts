/** People: who exists, which roles and traits they have, whether they are locked. It knows no passwords. */
import { PortunusError, type Clock } from '#foundation'
import { parseResourceName, parseUser, printUser, type Metadata, type Traits, type User } from '#resources'
import type { Store } from '#storage'
import { kept, openKeptResources, refuseStale } from './kept-resources.ts'
import type { Roles } from './roles.ts'

export interface NewUser {
  readonly name: string
  readonly roles: readonly string[]
  readonly traits: Traits
  readonly createdBy: string
  /** Description, labels and expiry; nothing unless given. */
  readonly metadata?: Partial<Omit<Metadata, 'name' | 'revision'>>
}

export interface Users {
  /** Throws USER_EXISTS, ROLE_UNKNOWN, USER_WITHOUT_ROLES, or what the name is refused with. */
  create(user: NewUser): Promise<User>
  get(name: string): Promise<User | undefined>
  /** Throws USER_UNKNOWN. */
  require(name: string): Promise<User>
  list(): Promise<readonly User[]>
  /**
   * Replaces roles, traits, metadata and status; who made the user and when stays.
   * Throws USER_UNKNOWN, ROLE_UNKNOWN, USER_WITHOUT_ROLES, and RESOURCE_REVISION_CHANGED when the user names an older revision.
   */
  update(user: User): Promise<User>
  /** Throws USER_UNKNOWN. */
  delete(name: string): Promise<void>
  unlock(name: string): Promise<void>
}

export function openUsers(store: Store, options: { readonly clock: Clock; readonly roles: Roles }): Users {
  const users = openKeptResources<User>(store, { prefix: 'users', parse: parseUser, print: printUser })
  const setStatus = async (name: string, status: NonNullable<User['spec']['status']>): Promise<void> => {
    await users.change(name, (user) => (user === undefined ? undefined : kept({ ...user, spec: { ...user.spec, status } })))
  }
  return {
    async create(request) {
      const user = newUser(request, options.clock.now())
      await options.roles.requireAll(request.roles, { user: user.metadata.name })
      if ((await users.get(user.metadata.name)) !== undefined) throw userExists(user.metadata.name)
      const { value, expires } = kept(user)
      return await users.create(user.metadata.name, value, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? userExists(user.metadata.name) : error
      })
    },
    get: (name) => users.get(name),
    async require(name) {
      const user = await users.get(name)
      if (user === undefined) throw userUnknown(name)
      return user
    },
    list: () => users.list(),
    async update(user) {
      const { name } = user.metadata
      if (user.spec.roles.length === 0) throw withoutRoles(name, 'update')
      await options.roles.requireAll(user.spec.roles, { user: name })
      const updated = await users.change(name, (current) => {
        if (current === undefined) throw userUnknown(name)
        refuseStale('user', user.metadata, current.metadata)
        const { createdBy: _theirs, ...spec } = user.spec
        const { createdBy } = current.spec
        return kept({ ...user, spec: createdBy === undefined ? spec : { ...spec, createdBy } })
      })
      return updated ?? user
    },
    async delete(name) {
      if (!(await users.delete(name))) throw userUnknown(name)
    },
    unlock: (name) => setStatus(name, { isLocked: false }),
  }
}

function newUser(request: NewUser, now: Date): User {
  if (request.roles.length === 0) throw withoutRoles(request.name, 'create')
  return {
    kind: 'user',
    version: 'v2',
    metadata: { labels: {}, ...request.metadata, name: parseResourceName(request.name) },
    spec: {
      roles: [...new Set(request.roles)],
      traits: request.traits,
      createdBy: { time: now.toISOString(), user: request.createdBy },
    },
  }
}

function withoutRoles(name: string, verb: 'create' | 'update'): PortunusError {
  return new PortunusError('USER_WITHOUT_ROLES', `Cannot ${verb} the user "${name}": no role is named`, {
    category: 'bad-input',
    hint: verb === 'create' ? 'name at least one role with --roles=access' : 'name at least one role with --set-roles=access',
  })
}

/** When the lock of a user ends; undefined for one who is not locked. A lock without an end lasts. */
export function lockEnd(user: User, now: Date): Date | 'never' | undefined {
  const status = user.spec.status
  if (status?.isLocked !== true) return undefined
  if (status.lockExpires === undefined) return 'never'
  const end = new Date(status.lockExpires)
  return end > now ? end : undefined
}

/** Throws USER_LOCKED (access-denied) while the user is locked. */
export function refuseLocked(user: User, now: Date): void {
  if (lockEnd(user, now) === undefined) return
  throw new PortunusError(
    'USER_LOCKED',
    `Cannot issue a certificate for "${user.metadata.name}": the user is locked${user.spec.status?.lockedMessage === undefined ? '' : ` (${user.spec.status.lockedMessage})`}`,
    { category: 'access-denied', hint: 'wait until the lock ends, or ask an administrator' },
  )
}

function userExists(name: string): PortunusError {
  return new PortunusError('USER_EXISTS', `Cannot create the user "${name}": a user of that name exists`, {
    category: 'already-exists',
    hint: 'choose another name, or see the users with: tctl users ls',
  })
}

function userUnknown(name: string): PortunusError {
  return new PortunusError('USER_UNKNOWN', `Cannot find the user "${name}": no user of that name exists`, {
    category: 'not-found',
    hint: 'see the users with: tctl users ls',
  })
}
