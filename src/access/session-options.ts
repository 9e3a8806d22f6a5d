/** What a session may last and must prove under all roles together: the strictest of them wins. */
import type { Role, RoleOptions } from '#resources'

export const sessionTtlMillisecondsDefault = 12 * 3_600_000
export const sessionTtlMillisecondsMax = 30 * 3_600_000

export interface SessionOptions {
  /** Undefined: no role limits it. */
  readonly clientIdleTimeoutMilliseconds: number | undefined
  readonly disconnectExpiredCert: boolean
  readonly requireSessionMfa: boolean
  readonly mfaVerificationIntervalMilliseconds: number | undefined
  /** Undefined: no role says; the cluster's mode holds. */
  readonly lock: 'strict' | 'best_effort' | undefined
  readonly maxDatabaseConnections: number | undefined
}

/** How long a certificate may live: the wish (12 hours without one), at most what every role allows, and never more than 30 hours. */
export function sessionTtlMilliseconds(roles: readonly Role[], requested: number | undefined): number {
  const wish = requested !== undefined && requested > 0 ? requested : sessionTtlMillisecondsDefault
  const limits = valuesOf(roles, (options) => options.maxSessionTtlMilliseconds)
  return Math.min(wish, sessionTtlMillisecondsMax, ...limits)
}

/** The options of all roles put together. Zero as a timeout or a count means that the role sets no limit. */
export function combineSessionOptions(roles: readonly Role[]): SessionOptions {
  const locks = valuesOf(roles, (options) => options.lock)
  return {
    clientIdleTimeoutMilliseconds: lowest(valuesOf(roles, (options) => options.clientIdleTimeoutMilliseconds)),
    disconnectExpiredCert: roles.some(({ spec }) => spec.options.disconnectExpiredCert === true),
    requireSessionMfa: roles.some(({ spec }) => spec.options.requireSessionMfa === true),
    mfaVerificationIntervalMilliseconds: lowest(valuesOf(roles, (options) => options.mfaVerificationIntervalMilliseconds)),
    lock: locks.includes('strict') ? 'strict' : locks[0],
    maxDatabaseConnections: lowest(valuesOf(roles, (options) => options.maxDatabaseConnections)),
  }
}

function valuesOf<T>(roles: readonly Role[], pick: (options: RoleOptions) => T | undefined): readonly T[] {
  return roles.map(({ spec }) => pick(spec.options)).filter((value) => value !== undefined)
}

function lowest(values: readonly number[]): number | undefined {
  const positive = values.filter((value) => value > 0)
  return positive.length === 0 ? undefined : Math.min(...positive)
}
