/** Answers about the authentication preference. */
import type { Caller, Handlers } from '#authority-api'
import { actorOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'

type PreferenceHandlers = Pick<Handlers, 'getAuthPreference' | 'createAuthPreference' | 'updateAuthPreference' | 'resetAuthPreference'>

export function preferenceHandlers({ authPreferences, audit }: AuthorityParts): PreferenceHandlers {
  const record = (caller: Caller, reset: boolean): Promise<void> =>
    audit.record({ event: 'auth_preference.update', code: 'TCAUTH001I', ...actorOf(caller), reset })
  return {
    async getAuthPreference() {
      return { preference: await authPreferences.get() }
    },
    async createAuthPreference({ preference }, caller) {
      const written = await authPreferences.create(preference)
      await record(caller, false)
      return written
    },
    async updateAuthPreference({ preference }, caller) {
      const written = await authPreferences.update(preference)
      await record(caller, false)
      return written
    },
    async resetAuthPreference(_request, caller) {
      await authPreferences.reset()
      await record(caller, true)
      return {}
    },
  }
}
