/** Changes to people and roles, one at a time, so that what must stay true (somebody may edit users, no role in use is gone) stays true. */
import { decideOperation } from '#access'
import type { Caller } from '#authority-api'
import { PortunusError } from '#foundation'
import type { Role, User } from '#resources'
import type { Roles } from './roles.ts'
import type { Users } from './users.ts'

/** Everybody and every role, before a change or after it. */
export interface Population {
  readonly users: readonly User[]
  readonly roles: readonly Role[]
}

export interface Administration {
  /**
   * Runs the action while no other change runs. Throws LAST_EDITOR (conflict) instead when a person asks for a change after which
   * nobody could edit users any more; the administrator on the host of the authority needs nobody and is not held back.
   */
  change<Result>(
    caller: Caller,
    change: { readonly after: (population: Population) => Population; readonly run: () => Promise<Result> },
  ): Promise<Result>
  /** Deletes the role. Throws ROLE_IN_USE (conflict), ROLE_UNKNOWN. */
  deleteRole(name: string): Promise<void>
}

const usersShownMax = 5

export function openAdministration({ users, roles }: { readonly users: Users; readonly roles: Roles }): Administration {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = last.then(run)
    last = result.catch(() => undefined)
    return result
  }
  return {
    change: (caller, { after, run }) =>
      inTurn(async () => {
        if (caller.kind === 'user') {
          const population = { users: await users.list(), roles: await roles.list() }
          if (population.users.some((user) => editsUsers(user, population))) refuseWithoutEditor(after(population))
        }
        return await run()
      }),
    deleteRole: (name) =>
      inTurn(async () => {
        const holders = (await users.list()).filter((user) => user.spec.roles.includes(name)).map((user) => user.metadata.name)
        if (holders.length > 0) throw roleInUse(name, holders)
        await roles.delete(name)
      }),
  }
}

export function withoutUser(name: string): (population: Population) => Population {
  return ({ users, roles }) => ({ roles, users: users.filter((user) => user.metadata.name !== name) })
}

export function withUser(changed: User): (population: Population) => Population {
  return ({ users, roles }) => ({ roles, users: users.map((user) => (user.metadata.name === changed.metadata.name ? changed : user)) })
}

export function withRole(changed: Role): (population: Population) => Population {
  return ({ users, roles }) => ({ users, roles: roles.map((role) => (role.metadata.name === changed.metadata.name ? changed : role)) })
}

/** A lock without an end keeps a person out; one after failed logins passes. */
function editsUsers({ metadata, spec }: User, { roles }: Population): boolean {
  if (spec.status?.isLocked === true && spec.status.lockExpires === undefined) return false
  const held = roles.filter((role) => spec.roles.includes(role.metadata.name))
  return decideOperation({ user: metadata.name, roles: held, traits: spec.traits }, { resource: 'user', verb: 'update' }).allowed
}

function refuseWithoutEditor(after: Population): void {
  if (after.users.some((user) => editsUsers(user, after))) return
  throw new PortunusError('LAST_EDITOR', 'Cannot change users or roles like this: nobody could edit users afterwards', {
    category: 'conflict',
    hint: 'give another user the role editor first, or run tctl on the host of the Auth Service',
  })
}

function roleInUse(name: string, holders: readonly string[]): PortunusError {
  const more = holders.length > usersShownMax ? ` and ${holders.length - usersShownMax} more` : ''
  return new PortunusError(
    'ROLE_IN_USE',
    `Cannot delete the role "${name}": it is held by ${holders.slice(0, usersShownMax).join(', ')}${more}`,
    { category: 'conflict', hint: `take it from them first, with tctl users update --set-roles=... ${holders[0] ?? ''}`.trimEnd() },
  )
}
