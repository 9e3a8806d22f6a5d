/** `tctl users ls` and `tctl users rm`. */
import { PortunusError } from '#foundation'
import { printJson, table } from '#presentation'
import { printUser, type User } from '#resources'
import { splitList, textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function listUsers(context: TctlContext): Promise<number> {
  const { terminal, client } = context.world
  const { users } = await withAuthority(context, (authority) => authority.listUsers({}))
  const sorted = users.toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
  if (textFlag(context, 'format') === 'json') {
    terminal.answer(printJson(sorted.map(printUser)))
    return 0
  }
  if (sorted.length === 0) {
    terminal.answer('No users found')
    return 0
  }
  const isLocked = (user: User): boolean => {
    const status = user.spec.status
    return status?.isLocked === true && (status.lockExpires === undefined || new Date(status.lockExpires) > client.clock.now())
  }
  // The column is only there when it has something to say.
  const showsLocks = sorted.some(isLocked)
  const rows = sorted.map((user) => [
    user.metadata.name,
    user.spec.roles.join(','),
    ...(showsLocks ? [isLocked(user) ? `until ${user.spec.status?.lockExpires ?? 'unlocked'}` : ''] : []),
  ])
  terminal.answer(table(showsLocks ? ['User', 'Roles', 'Locked'] : ['User', 'Roles'], rows, { width: terminal.columns, cut: 'Roles' }))
  return 0
}

/** One after the other; the first failure ends it, and what went before has been said. */
export async function removeUsers(context: TctlContext): Promise<number> {
  const names = splitList(context.args[0] ?? '')
  if (names.length === 0) {
    throw new PortunusError('USER_NAME_MISSING', 'Cannot delete users: no name is given', {
      category: 'bad-input',
      hint: 'name them like: tctl users rm alice,bob',
    })
  }
  await withAuthority(context, async (authority) => {
    for (const name of names) {
      await authority.deleteUser({ name })
      context.world.terminal.answer(`User "${name}" has been deleted`)
    }
  })
  return 0
}
