/** `tctl rm kind/name`: deletes one resource. */
import type { AuthorityClient } from '#authority-api'
import { PortunusError } from '#foundation'
import { maskToken } from '#resources'
import { withAuthority, type TctlContext } from '../context.ts'

interface Kind {
  readonly remove: (authority: AuthorityClient, name: string) => Promise<unknown>
  /** What is said afterwards. */
  readonly done: (name: string) => string
}

const lock: Kind = {
  remove: (authority, name) => authority.deleteLock({ name }),
  done: (name) => `lock "${name}" has been deleted`,
}
const user: Kind = {
  remove: (authority, name) => authority.deleteUser({ name }),
  done: (name) => `user "${name}" has been deleted`,
}
const role: Kind = {
  remove: (authority, name) => authority.deleteRole({ name }),
  done: (name) => `role "${name}" has been deleted`,
}
const token: Kind = {
  remove: (authority, name) => authority.deleteToken({ value: name }),
  done: (name) => `token "${maskToken(name)}" has been deleted`,
}

const kinds: Readonly<Record<string, Kind>> = { lock, locks: lock, user, users: user, role, roles: role, token, tokens: token }

export async function removeResource(context: TctlContext): Promise<number> {
  const [reference = ''] = context.args
  const at = reference.indexOf('/')
  const word = reference.slice(0, Math.max(at, 0)).toLowerCase()
  const kind = Object.hasOwn(kinds, word) ? kinds[word] : undefined
  const name = reference.slice(at + 1)
  if (kind === undefined || name === '') throw referenceRefused(reference)
  await withAuthority(context, (authority) => kind.remove(authority, name))
  context.world.terminal.answer(kind.done(name))
  return 0
}

function referenceRefused(reference: string): PortunusError {
  return new PortunusError('REFERENCE_REFUSED', `Cannot delete "${reference}": expected kind/name`, {
    category: 'bad-input',
    hint: 'use one of lock, user, role, token, such as: tctl rm user/alice',
  })
}
