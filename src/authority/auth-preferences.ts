/** How people authenticate and what every session must keep to: as an administrator has said, else as the configuration file says. */
import { PortunusError } from '#foundation'
import { authPreferenceOf, parseAuthPreference, printAuthPreference, type AuthPreference, type AuthPreferenceSpec } from '#resources'
import type { Store } from '#storage'
import { kept, openKeptResources, refuseStale } from './kept-resources.ts'

export interface AuthPreferences {
  get(): Promise<AuthPreference>
  /** Throws AUTH_PREFERENCE_EXISTS, AUTH_PREFERENCE_UNSUPPORTED. */
  create(preference: AuthPreference): Promise<WrittenPreference>
  /** Throws RESOURCE_REVISION_CHANGED, AUTH_PREFERENCE_UNSUPPORTED. */
  update(preference: AuthPreference): Promise<WrittenPreference>
  /** Back to the configuration file. */
  reset(): Promise<void>
}

export interface WrittenPreference {
  readonly preference: AuthPreference
  readonly warnings: readonly string[]
}

const key = 'cluster'

export function openAuthPreferences(store: Store, fromFile: Partial<AuthPreferenceSpec>): AuthPreferences {
  const records = openKeptResources<AuthPreference>(store, {
    prefix: 'auth-preference',
    parse: parseAuthPreference,
    print: printAuthPreference,
  })
  const unwritten = authPreferenceOf(fromFile)
  return {
    get: async () => (await records.get(key)) ?? unwritten,
    async create(preference) {
      const warnings = warningsOf(preference)
      const { value, expires } = kept(preference)
      const created = await records.create(key, value, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? preferenceExists() : error
      })
      return { preference: created, warnings }
    },
    async update(preference) {
      const warnings = warningsOf(preference)
      const updated = await records.change(key, (current) => {
        refuseStale('cluster_auth_preference', preference.metadata, (current ?? unwritten).metadata)
        return kept(preference)
      })
      return { preference: updated ?? preference, warnings }
    },
    async reset() {
      await records.delete(key)
    },
  }
}

/** Wishes that this version cannot fulfil are refused where somebody would be locked out. */
function warningsOf({ spec }: AuthPreference): readonly string[] {
  if (!spec.secondFactors.includes('otp')) throw unsupported('spec.second_factors', 'one-time passwords are the second factor there is')
  if (!spec.allowLocalAuth) throw unsupported('spec.allow_local_auth', 'people have local accounts only')
  return [
    ...(spec.secondFactors.includes('webauthn') ? ['spec.second_factors: webauthn has no effect in this version'] : []),
    ...(spec.messageOfTheDay === undefined ? [] : ['spec.message_of_the_day: is kept, and not shown in this version']),
  ]
}

function unsupported(path: string, reason: string): PortunusError {
  return new PortunusError('AUTH_PREFERENCE_UNSUPPORTED', `Cannot keep the authentication preference: ${path}: ${reason}`, {
    category: 'unsupported',
    hint: `leave ${path} out`,
    details: { problems: [{ path, problem: reason }] },
  })
}

function preferenceExists(): PortunusError {
  return new PortunusError('AUTH_PREFERENCE_EXISTS', 'Cannot create the authentication preference: there is one already', {
    category: 'already-exists',
    hint: 'replace it with: tctl create -f',
  })
}
