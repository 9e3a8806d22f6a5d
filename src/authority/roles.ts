/** Roles: the presets, which are there from the first start and repaired at every other, and their lookup by name. */
import { PortunusError } from '#foundation'
import { parseRole, presetRoles, printRole, type Role, type Rule } from '#resources'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'

export interface Roles {
  /** Creates missing presets and gives existing ones the rules they lack. */
  repairPresets(): Promise<void>
  list(): Promise<readonly Role[]>
  /** The roles that exist, in the order of the names. */
  named(names: readonly string[]): Promise<readonly Role[]>
  /** Throws ROLE_UNKNOWN for the first name without a role. */
  requireAll(names: readonly string[], options: { readonly user: string }): Promise<void>
}

export function openRoles(store: Store): Roles {
  const roles = openCollection<Role>(store, { prefix: 'roles', parse: parseRole, print: printRole })
  const named = async (names: readonly string[]): Promise<readonly Role[]> => {
    const found = await Promise.all([...new Set(names)].map((name) => roles.get(name)))
    return found.filter((role) => role !== undefined)
  }
  return {
    async repairPresets() {
      for (const preset of presetRoles()) {
        await roles.change(preset.metadata.name, (current) => {
          const repaired = current === undefined ? preset : repairedPreset(current, preset)
          return repaired === undefined ? undefined : { value: repaired }
        })
      }
    },
    list: () => roles.list(),
    named,
    async requireAll(names, { user }) {
      const known = new Set((await named(names)).map((role) => role.metadata.name))
      const missing = names.find((name) => !known.has(name))
      if (missing === undefined) return
      throw new PortunusError('ROLE_UNKNOWN', `Cannot give "${user}" the role "${missing}": no role of that name exists`, {
        category: 'not-found',
        hint: 'see the roles with: tctl get roles',
      })
    },
  }
}

/**
 * The preset with the default rules it lacks, or undefined when it lacks none.
 * A rule about a resource that the role allows or denies somewhere is the administrator's word and stays (facts: presets).
 */
function repairedPreset(current: Role, preset: Role): Role | undefined {
  const spoken = new Set([...current.spec.allow.rules, ...current.spec.deny.rules].flatMap((rule) => rule.resources))
  const missing = preset.spec.allow.rules.flatMap((rule): Rule[] => {
    const resources = rule.resources.filter((resource) => !spoken.has(resource))
    return resources.length === 0 ? [] : [{ ...rule, resources }]
  })
  if (missing.length === 0) return undefined
  const allow = { ...current.spec.allow, rules: [...current.spec.allow.rules, ...missing] }
  return { ...current, spec: { ...current.spec, allow } }
}
