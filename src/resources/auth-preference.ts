/** The authentication preference of a cluster: second factors, and what holds for every session where no role says otherwise. */
import * as z from 'zod/mini'
import { readDocument, type ResourceDocument } from './document.ts'
import { converted, duration, filled, flag, optional, present, printDuration, section, withFallback } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'

export type SecondFactor = 'otp' | 'webauthn'

export interface AuthPreference {
  readonly kind: 'cluster_auth_preference'
  readonly version: 'v2'
  readonly metadata: Metadata
  readonly spec: AuthPreferenceSpec
}

export interface AuthPreferenceSpec {
  readonly type: 'local'
  /** At least one. */
  readonly secondFactors: readonly SecondFactor[]
  readonly allowLocalAuth: boolean
  readonly requireSessionMfa: boolean
  readonly lockingMode: 'strict' | 'best_effort'
  readonly disconnectExpiredCert: boolean
  /** Undefined: twelve hours. */
  readonly defaultSessionTtlMilliseconds?: number
  /** May have several lines. */
  readonly messageOfTheDay?: string
}

export const authPreferenceName = 'cluster-auth-preference'

const messageLengthMax = 4096

const name = converted(z.string(), (value) => (value === authPreferenceName ? { value } : { expected: `the name ${authPreferenceName}` }))

const factors = converted(z.array(z.literal(['otp', 'webauthn'])), (value) =>
  value.length > 0 ? { value: [...new Set(value)] } : { expected: 'at least one of otp, webauthn' },
)

/** The older key, one word for several factors. */
const factorWords: Readonly<Record<string, readonly SecondFactor[]>> = {
  otp: ['otp'],
  webauthn: ['webauthn'],
  on: ['otp', 'webauthn'],
  optional: ['otp', 'webauthn'],
}
const factorWord = converted(z.string(), (value) => {
  const found = Object.hasOwn(factorWords, value) ? factorWords[value] : undefined
  return found === undefined ? { expected: 'one of otp, webauthn, on, optional' } : { value: found }
})

const message = converted(z.string(), (value) => {
  if (value.length > messageLengthMax) return { expected: `at most ${messageLengthMax} characters` }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(value) ? { expected: 'a text without control characters' } : { value }
})

const positiveDuration = converted(duration(), (value) => (value > 0 ? { value } : { expected: 'a duration longer than zero' }))

const specSchema = converted(
  section({
    type: withFallback(z.literal('local'), 'local'),
    second_factors: optional(factors),
    second_factor: optional(factorWord),
    allow_local_auth: withFallback(flag(), true),
    require_session_mfa: withFallback(flag(), false),
    locking_mode: withFallback(z.literal(['strict', 'best_effort']), 'best_effort'),
    disconnect_expired_cert: withFallback(flag(), false),
    default_session_ttl: optional(positiveDuration),
    message_of_the_day: optional(message),
  }),
  (spec) => {
    if (spec.second_factors !== undefined && spec.second_factor !== undefined) {
      return { expected: 'either second_factors or second_factor, not both' }
    }
    return {
      value: present({
        type: spec.type,
        secondFactors: spec.second_factors ?? spec.second_factor ?? ['otp'],
        allowLocalAuth: spec.allow_local_auth,
        requireSessionMfa: spec.require_session_mfa,
        lockingMode: spec.locking_mode,
        disconnectExpiredCert: spec.disconnect_expired_cert,
        defaultSessionTtlMilliseconds: spec.default_session_ttl,
        messageOfTheDay: spec.message_of_the_day,
      }) satisfies AuthPreferenceSpec,
    }
  },
)

const authPreferenceSchema: z.ZodMiniType<AuthPreference> = z.pipe(
  section({
    kind: z.literal('cluster_auth_preference'),
    version: z.literal('v2'),
    metadata: withFallback(metadataSchema(name), { name: authPreferenceName, labels: {} }),
    spec: specSchema,
  }),
  z.transform((preference) => preference),
)

/** Throws RESOURCE_MALFORMED (bad-input). */
export function parseAuthPreference(input: unknown): AuthPreference {
  return readDocument('cluster_auth_preference', authPreferenceSchema, input)
}

/** The document that `parseAuthPreference` reads back to the same value. */
export function printAuthPreference({ kind, version, metadata, spec }: AuthPreference): ResourceDocument {
  return {
    kind,
    version,
    metadata: printMetadata(metadata),
    spec: filled({
      type: spec.type,
      second_factors: spec.secondFactors,
      allow_local_auth: spec.allowLocalAuth,
      require_session_mfa: spec.requireSessionMfa,
      locking_mode: spec.lockingMode,
      disconnect_expired_cert: spec.disconnectExpiredCert,
      default_session_ttl: spec.defaultSessionTtlMilliseconds === undefined ? undefined : printDuration(spec.defaultSessionTtlMilliseconds),
      message_of_the_day: spec.messageOfTheDay,
    }),
  }
}

/** What holds while nobody has said anything. */
export function authPreferenceOf(spec: Partial<AuthPreferenceSpec> = {}): AuthPreference {
  return {
    kind: 'cluster_auth_preference',
    version: 'v2',
    metadata: { name: authPreferenceName, labels: {} },
    spec: {
      type: 'local',
      secondFactors: ['otp'],
      allowLocalAuth: true,
      requireSessionMfa: false,
      lockingMode: 'best_effort',
      disconnectExpiredCert: false,
      ...spec,
    },
  }
}
