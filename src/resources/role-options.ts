/** Role options: what a session under a role may last and must prove; durations in milliseconds here, Go texts in documents. */
import * as z from 'zod/mini'
import type { ResourceDocument } from './document.ts'
import { converted, duration, filled, flag, optional, present, printDuration, section, text } from './fields.ts'

/** An option that is left out leaves the decision to other roles and the cluster. */
export interface RoleOptions {
  readonly maxSessionTtlMilliseconds?: number
  /** Zero: no limit by this role. */
  readonly clientIdleTimeoutMilliseconds?: number
  readonly disconnectExpiredCert?: boolean
  readonly requireSessionMfa?: boolean
  readonly mfaVerificationIntervalMilliseconds?: number
  readonly lock?: 'strict' | 'best_effort'
  readonly recordSession?: { readonly default?: 'strict' | 'best_effort'; readonly desktop?: boolean }
  readonly requestAccess?: 'optional' | 'always' | 'reason'
  readonly requestPrompt?: string
  readonly createDatabaseUserMode?: 'off' | 'keep' | 'best_effort_drop'
  /** How many database sessions a person may have at once; zero: no limit by this role. */
  readonly maxDatabaseConnections?: number
}

const strictness = z.literal(['strict', 'best_effort'])

const positiveDuration = converted(duration(), (value) => (value > 0 ? { value } : { expected: 'a duration longer than zero' }))

const count = converted(z.number(), (value) =>
  Number.isInteger(value) && value >= 0 && value <= 1_000_000 ? { value } : { expected: 'a whole number from 0 to 1000000' },
)

export const roleOptionsSchema: z.ZodMiniType<RoleOptions> = z.pipe(
  section({
    max_session_ttl: optional(positiveDuration),
    client_idle_timeout: optional(duration()),
    disconnect_expired_cert: optional(flag()),
    require_session_mfa: optional(flag()),
    mfa_verification_interval: optional(positiveDuration),
    lock: optional(strictness),
    record_session: optional(z.pipe(section({ default: optional(strictness), desktop: optional(flag()) }), z.transform(present))),
    request_access: optional(z.literal(['optional', 'always', 'reason'])),
    request_prompt: optional(text()),
    create_db_user_mode: optional(z.literal(['off', 'keep', 'best_effort_drop'])),
    max_db_connections: optional(count),
  }),
  z.transform((options) =>
    present({
      maxSessionTtlMilliseconds: options.max_session_ttl,
      clientIdleTimeoutMilliseconds: options.client_idle_timeout,
      disconnectExpiredCert: options.disconnect_expired_cert,
      requireSessionMfa: options.require_session_mfa,
      mfaVerificationIntervalMilliseconds: options.mfa_verification_interval,
      lock: options.lock,
      recordSession: options.record_session,
      requestAccess: options.request_access,
      requestPrompt: options.request_prompt,
      createDatabaseUserMode: options.create_db_user_mode,
      maxDatabaseConnections: options.max_db_connections,
    }),
  ),
)

export function printRoleOptions(options: RoleOptions): ResourceDocument {
  const { recordSession } = options
  return {
    ...filled({
      max_session_ttl: printOptional(options.maxSessionTtlMilliseconds),
      client_idle_timeout: printOptional(options.clientIdleTimeoutMilliseconds),
      disconnect_expired_cert: options.disconnectExpiredCert,
      require_session_mfa: options.requireSessionMfa,
      mfa_verification_interval: printOptional(options.mfaVerificationIntervalMilliseconds),
      lock: options.lock,
    }),
    ...(recordSession === undefined ? {} : { record_session: { ...recordSession } }),
    ...filled({
      request_access: options.requestAccess,
      request_prompt: options.requestPrompt,
      create_db_user_mode: options.createDatabaseUserMode,
      max_db_connections: options.maxDatabaseConnections,
    }),
  }
}

function printOptional(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : printDuration(milliseconds)
}
