/** What the cluster demands of every session, laid over the roles that decide about it. */
import type { AuthPreferenceSpec, Role } from '#resources'

export type ClusterDemands = Pick<AuthPreferenceSpec, 'requireSessionMfa' | 'lockingMode' | 'disconnectExpiredCert'>

/**
 * The roles of one person as they count under the preference: a second factor per session and the end with the certificate
 * are wanted when the roles or the cluster want them; the cluster's locking mode holds where none of the roles says one.
 */
export function rolesUnder(demands: ClusterDemands, roles: readonly Role[]): readonly Role[] {
  const namesLock = roles.some(({ spec }) => spec.options.lock !== undefined)
  return roles.map((role) => {
    const { options } = role.spec
    const changed = {
      ...options,
      ...(demands.requireSessionMfa ? { requireSessionMfa: true } : {}),
      ...(demands.disconnectExpiredCert ? { disconnectExpiredCert: true } : {}),
      ...(namesLock ? {} : { lock: demands.lockingMode }),
    }
    return { ...role, spec: { ...role.spec, options: changed } }
  })
}
