/** System roles: what a host of the cluster is, and which of them a join token may hand out. */
import { PortunusError } from '#foundation'
import { quote } from './quote.ts'

export type SystemRole = 'Auth' | 'Proxy' | 'Db' | 'Discovery' | 'Node' | 'App' | 'Kube' | 'Admin'

const systemRoles: readonly SystemRole[] = ['Auth', 'Proxy', 'Db', 'Discovery', 'Node', 'App', 'Kube', 'Admin']

/** Admin is made on the host of the authority only; a token for it would hand the cluster to whoever holds it. */
export const tokenRoles: readonly SystemRole[] = systemRoles.filter((role) => role !== 'Admin')

/** The role a text names, whatever its case. Throws SYSTEM_ROLE_UNKNOWN (bad-input). */
export function parseSystemRole(text: string): SystemRole {
  return roleAmong(systemRoles, text)
}

/** The roles of a list such as `node,db`, in order and once each, for a join token. Throws SYSTEM_ROLE_UNKNOWN (bad-input). */
export function parseTokenRoles(text: string): readonly SystemRole[] {
  return [...new Set(text.split(',').map((part) => roleAmong(tokenRoles, part.trim())))]
}

/** The role among those given, or undefined. */
export function findSystemRole(among: readonly SystemRole[], text: string): SystemRole | undefined {
  return among.find((role) => role.toLowerCase() === text.toLowerCase())
}

function roleAmong(among: readonly SystemRole[], text: string): SystemRole {
  const found = findSystemRole(among, text)
  if (found !== undefined) return found
  throw new PortunusError('SYSTEM_ROLE_UNKNOWN', `Cannot use the token type ${quote(text)}: no such type`, {
    category: 'bad-input',
    hint: `use one or more of ${among.join(', ').toLowerCase()}`,
  })
}
