/** The contents of roles as the agent knows them: read again for every decision, remembered for when nobody answers. */
import { PortunusError, messageOf, type Clock, type Log } from '#foundation'
import type { Role } from '#resources'
import type { AgentAuthority } from './agent-options.ts'
import { answerInTime } from './answer-in-time.ts'

export interface RoleDirectory {
  /** The roles of these names. Throws ROLES_UNKNOWN when the authority does not answer and never did. */
  roles(names: readonly string[]): Promise<readonly Role[]>
}

const freshMilliseconds = 1_000

export function openRoleDirectory(options: {
  readonly authority: AgentAuthority
  readonly clock: Clock
  readonly log: Log
}): RoleDirectory {
  const known = new Map<string, { readonly roles: readonly Role[]; readonly at: number }>()
  return {
    async roles(names) {
      const key = [...names].sort().join('\n')
      const remembered = known.get(key)
      const now = options.clock.monotonicMilliseconds()
      if (remembered !== undefined && now - remembered.at < freshMilliseconds) return remembered.roles
      try {
        const { roles } = await answerInTime(options.authority.getRolesForAgent({ names: [...names] }), options)
        known.set(key, { roles, at: now })
        return roles
      } catch (error) {
        if (remembered === undefined) throw rolesUnknown(error)
        options.log.warn('the authority does not answer, deciding with the roles known before', { error: messageOf(error) })
        return remembered.roles
      }
    },
  }
}

function rolesUnknown(cause: unknown): PortunusError {
  return new PortunusError('ROLES_UNKNOWN', 'Cannot decide on access: the Auth Service does not answer, so the roles are not known', {
    category: 'unavailable',
    sqlState: '57P03',
    cause,
    hint: 'try again when the Auth Service is back',
  })
}
