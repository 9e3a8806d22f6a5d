/** Whether a session may begin: who is cut off, what the roles allow, and how many sessions a person may have. */
import {
  combineSessionOptions,
  databaseTarget,
  decideDatabaseAccess,
  decideRevocation,
  decideStaleness,
  heldRoles,
  revocationError,
  type RevocableSubject,
  type SessionOptions,
} from '#access'
import type { RevocationView } from '#authority-api'
import { PortunusError, type Clock } from '#foundation'
import type { RoleDirectory } from './role-directory.ts'
import type { SessionFacts } from './session-facts.ts'

export interface AdmissionContext {
  readonly revocations: RevocationView
  readonly roles: RoleDirectory
  readonly clock: Clock
}

/** What a lock can name of a session. */
export function subjectOf(facts: SessionFacts): RevocableSubject {
  const { identity, database, databaseUser, agentHostId, sessionId } = facts
  return {
    user: identity.user,
    roles: identity.roles,
    accessRequests: identity.activeRequests,
    database: database.metadata.name,
    databaseUser,
    serverId: agentHostId,
    session: sessionId,
  }
}

/**
 * The options of the session, when nothing speaks against it now. Throws LOCK_IN_FORCE, USER_GONE, SESSION_ENDED, LOCKS_STALE,
 * DATABASE_ACCESS_DENIED (SQLSTATE 28000) and ROLES_UNKNOWN.
 */
export async function admit(facts: SessionFacts, context: AdmissionContext): Promise<SessionOptions> {
  const { identity, database, databaseUser, databaseName } = facts
  await context.revocations.known()
  const { state } = context.revocations
  const subject = subjectOf(facts)
  const roles = await context.roles.roles(heldRoles(subject, state))
  const options = combineSessionOptions(roles)
  const revocation =
    decideRevocation(subject, state, context.clock.now()) ?? decideStaleness(context.revocations.ageMilliseconds(), options.lock)
  if (revocation !== undefined) throw revocationError(revocation, `connect to "${database.metadata.name}"`)
  const decision = decideDatabaseAccess(
    { user: identity.user, roles, traits: identity.traits },
    { database: databaseTarget(database), databaseUser, databaseName },
  )
  if (decision.allowed) return options
  throw new PortunusError(
    'DATABASE_ACCESS_DENIED',
    `Cannot connect to "${database.metadata.name}" as "${databaseUser}" (database name "${databaseName}"): ${decision.reason}`,
    { category: 'access-denied', sqlState: '28000', hint: decision.hint },
  )
}
