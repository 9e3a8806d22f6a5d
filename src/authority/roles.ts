/** Roles: the presets, which are there from the first start and repaired at every other, and their lookup by name. */
import { roleProblems, type RoleProblem } from '#access'
import { PortunusError } from '#foundation'
import { parseRole, presetRoles, printRole, type Role, type Rule } from '#resources'
import type { Store } from '#storage'
import { kept, openKeptResources, refuseStale } from './kept-resources.ts'

export interface Roles {
  /** Creates missing presets and gives existing ones the rules they lack. */
  repairPresets(): Promise<void>
  list(): Promise<readonly Role[]>
  /** Throws ROLE_EXISTS, ROLE_REFUSED. */
  create(role: Role): Promise<WrittenRole>
  /** Throws ROLE_UNKNOWN, ROLE_REFUSED, and RESOURCE_REVISION_CHANGED when the role names an older revision. */
  update(role: Role): Promise<WrittenRole>
  /** Throws ROLE_UNKNOWN. */
  delete(name: string): Promise<void>
  /** The roles that exist, in the order of the names. */
  named(names: readonly string[]): Promise<readonly Role[]>
  /** Throws ROLE_UNKNOWN for the first name without a role. */
  requireAll(names: readonly string[], options: { readonly user: string }): Promise<void>
}

export interface WrittenRole {
  readonly role: Role
  /** What is rarely meant, as `path: what`. */
  readonly warnings: readonly string[]
}

export function openRoles(store: Store): Roles {
  const roles = openKeptResources<Role>(store, { prefix: 'roles', parse: parseRole, print: printRole })
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
    async create(role) {
      const warnings = warningsOf(role)
      const { name } = role.metadata
      const { value, expires } = kept(role)
      const created = await roles.create(name, value, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? roleExists(name) : error
      })
      return { role: created, warnings }
    },
    async update(role) {
      const warnings = warningsOf(role)
      const { name } = role.metadata
      const updated = await roles.change(name, (current) => {
        if (current === undefined) throw roleUnknown(name)
        refuseStale('role', role.metadata, current.metadata)
        return kept(role)
      })
      return { role: updated ?? role, warnings }
    },
    async delete(name) {
      if (!(await roles.delete(name))) throw roleUnknown(name)
    },
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

/** Throws ROLE_REFUSED for a role that cannot mean what it says; what is only doubtful comes back as warnings. */
function warningsOf(role: Role): readonly string[] {
  const problems = roleProblems(role)
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first === undefined) return problems.map(({ path, text }) => `${path}: ${text}`)
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  throw new PortunusError('ROLE_REFUSED', `Cannot keep the role "${role.metadata.name}": ${first.path}: ${first.text}${more}`, {
    category: 'bad-input',
    hint: `correct ${errors.map(({ path }) => path).join(', ')} and try again`,
    details: { kind: 'role', problems: errors.map(problemOf) },
  })
}

function problemOf({ path, text }: RoleProblem): { readonly path: string; readonly problem: string } {
  return { path, problem: text }
}

function roleExists(name: string): PortunusError {
  return new PortunusError('ROLE_EXISTS', `Cannot create the role "${name}": a role of that name exists`, {
    category: 'already-exists',
    hint: 'choose another name, or replace it with: tctl create -f',
  })
}

function roleUnknown(name: string): PortunusError {
  return new PortunusError('ROLE_UNKNOWN', `Cannot find the role "${name}": no role of that name exists`, {
    category: 'not-found',
    hint: 'see the roles with: tctl get roles',
  })
}
