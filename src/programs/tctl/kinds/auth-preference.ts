/** The kind `cluster_auth_preference`, of which there is always one. */
import { authPreferenceName, parseAuthPreference, printAuthPreference } from '#resources'
import { anyRevision, named, type Outcome, type ResourceKind } from './kind.ts'

export const authPreferenceKind: ResourceKind = {
  kind: 'cluster_auth_preference',
  words: ['cap', 'cluster_auth_preferences'],
  soleName: authPreferenceName,
  list: async (authority) => named([(await authority.getAuthPreference({})).preference], printAuthPreference),
  prepare(document) {
    const preference = parseAuthPreference(document)
    const any = anyRevision(preference, { replace: true })
    return {
      name: preference.metadata.name,
      create: async (authority) => written('created', await authority.createAuthPreference({ preference: any })),
      update: async (authority, options) =>
        written('updated', await authority.updateAuthPreference({ preference: anyRevision(preference, options) })),
    }
  },
  async remove(authority) {
    await authority.resetAuthPreference({})
    return { sentence: 'cluster auth preference has been reset to that of the configuration file' }
  },
}

function written(verb: 'created' | 'updated', { warnings }: { readonly warnings: readonly string[] }): Outcome {
  return { sentence: `cluster auth preference has been ${verb}`, notes: warnings.map((warning) => `WARNING: ${warning}`) }
}
