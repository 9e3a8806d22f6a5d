/** Operations about how people authenticate, and what the cluster demands of every session. */
import * as z from 'zod'
import { anyHost, rule, type Operation } from '../operation.ts'
import { authPreference, nothing } from '../schemas.ts'

/** The preference with its new revision, and which of its wishes have no effect. */
const written = z.object({ preference: authPreference, warnings: z.array(z.string()).readonly() })

export const preferenceOperations = {
  getAuthPreference: {
    method: 'GET',
    path: '/v1/auth-preference',
    needs: [anyHost, rule('cluster_auth_preference', 'read')],
    request: nothing,
    response: z.object({ preference: authPreference }),
  },
  /** Only where nobody has set one; until then that of the configuration file holds. */
  createAuthPreference: {
    method: 'POST',
    path: '/v1/auth-preference/create',
    needs: [rule('cluster_auth_preference', 'create')],
    request: z.object({ preference: authPreference }),
    response: written,
  },
  /** With `metadata.revision` only if the preference still has that revision. */
  updateAuthPreference: {
    method: 'POST',
    path: '/v1/auth-preference/update',
    needs: [rule('cluster_auth_preference', 'update')],
    request: z.object({ preference: authPreference }),
    response: written,
  },
  /** Back to that of the configuration file. */
  resetAuthPreference: {
    method: 'POST',
    path: '/v1/auth-preference/reset',
    needs: [rule('cluster_auth_preference', 'update')],
    request: nothing,
    response: nothing,
  },
} as const satisfies Record<string, Operation>
