/** The answers to all operations of the table; one that has none does not compile. */
import type { Handlers } from '#authority-api'
import { accessRequestHandlers } from './handlers/access-request-handlers.ts'
import { clusterHandlers } from './handlers/cluster-handlers.ts'
import { databaseHandlers } from './handlers/database-handlers.ts'
import { dynamicDatabaseHandlers } from './handlers/dynamic-database-handlers.ts'
import { explanationHandlers } from './handlers/explanation-handlers.ts'
import { hostHandlers } from './handlers/host-handlers.ts'
import { preferenceHandlers } from './handlers/preference-handlers.ts'
import { roleHandlers } from './handlers/role-handlers.ts'
import { lockHandlers } from './handlers/lock-handlers.ts'
import { sessionHandlers } from './handlers/session-handlers.ts'
import { signInHandlers } from './handlers/sign-in-handlers.ts'
import { userHandlers } from './handlers/user-handlers.ts'
import type { AuthorityParts } from './parts.ts'

export function createHandlers(parts: AuthorityParts): Handlers {
  return {
    ...clusterHandlers(parts),
    ...signInHandlers(parts),
    ...userHandlers(parts),
    ...roleHandlers(parts),
    ...preferenceHandlers(parts),
    ...hostHandlers(parts),
    ...databaseHandlers(parts),
    ...dynamicDatabaseHandlers(parts),
    ...explanationHandlers(parts),
    ...lockHandlers(parts),
    ...accessRequestHandlers(parts),
    ...sessionHandlers(parts),
  }
}
