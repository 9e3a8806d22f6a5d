/** Answers to "why": the decision about a connection that nobody makes, role by role. */
import { databaseTarget, decideRevocation, explainDatabaseAccess, nothingRevoked, type AccessSubject, type RevocableSubject } from '#access'
import type { Handlers, RequestOf, ResponseOf } from '#authority-api'
import { PortunusError } from '#foundation'
import type { Database } from '#resources'
import { distinctDatabases } from '../database-listing.ts'
import type { AuthorityParts } from '../parts.ts'
import { refuseLocked } from '../users.ts'
import { personOf } from './callers.ts'

type ExplanationHandlers = Pick<Handlers, 'explainAccess' | 'explainOwnAccess'>
type Target = RequestOf<'explainOwnAccess'>
type Explanation = ResponseOf<'explainOwnAccess'>

export function explanationHandlers(parts: AuthorityParts): ExplanationHandlers {
  return {
    async explainAccess({ user: name, ...target }) {
      const user = await parts.users.require(name)
      const subject = { user: name, roles: await parts.roles.named(user.spec.roles), traits: user.spec.traits }
      const explanation = await explain(subject, target, parts)
      try {
        refuseLocked(user, parts.clock.now())
        return explanation
      } catch (error) {
        if (!(error instanceof PortunusError)) throw error
        const { grantedBy: _grantedBy, ...rest } = explanation
        return {
          ...rest,
          allowed: false,
          dimension: 'locked',
          reason: 'the user is locked',
          hint: `lift the lock with: tctl users unlock ${name}`,
        }
      }
    },
    explainOwnAccess: (target, caller) => explain(personOf(caller).subject, target, parts),
  }
}

async function explain(
  subject: AccessSubject,
  { database: name, databaseUser, databaseName }: Target,
  parts: AuthorityParts,
): Promise<Explanation> {
  const { database, isOffline } = await find(name, parts)
  // Whether a second factor was shown is known at the connection only; what the roles say is asked here.
  const asked = { ...subject, sessionMfaVerified: true }
  const { decision, roles } = explainDatabaseAccess(asked, { database: databaseTarget(database), databaseUser, databaseName })
  const { allowed, ...outcome } = decision
  const locked = await lockOn({ user: subject.user, roles: roles.map(({ role }) => role), database: name, databaseUser }, parts)
  const verdict = locked ?? { allowed, ...outcome }
  return {
    user: subject.user,
    ...verdict,
    isOffline,
    roles: roles.map(({ denies, ...role }) => ({ ...role, ...(denies === undefined ? {} : { denies }) })),
  }
}

/** A lock keeps out whoever the roles let in. */
async function lockOn(subject: RevocableSubject, parts: AuthorityParts) {
  const revocation = decideRevocation(subject, { ...nothingRevoked, locks: await parts.locks.list() }, parts.clock.now())
  if (revocation === undefined) return undefined
  return { allowed: false, dimension: 'locked', reason: revocation.reason, hint: revocation.hint }
}

async function find(name: string, parts: AuthorityParts): Promise<{ readonly database: Database; readonly isOffline: boolean }> {
  const named = (databases: readonly Database[]): Database | undefined => databases.find(({ metadata }) => metadata.name === name)
  const announced = named(distinctDatabases(await parts.presence.databaseServers()))
  if (announced !== undefined) return { database: announced, isOffline: false }
  const registered = named(await parts.dynamicDatabases.list())
  if (registered !== undefined) return { database: registered, isOffline: true }
  throw new PortunusError('EXPLAINED_DATABASE_UNKNOWN', `Cannot explain access to "${name}": there is no database of that name`, {
    category: 'not-found',
    hint: 'see the databases with: tctl db ls, or tsh db ls',
  })
}
