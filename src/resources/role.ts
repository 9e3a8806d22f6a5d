/** Roles: what their holders may do, and what nobody who holds them may. */
import * as z from 'zod/mini'
import { checkedName } from './checked-name.ts'
import { readDocument, type ResourceDocument } from './document.ts'
import { converted, section, withFallback } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'
import { noConditions, printRoleConditions, roleConditionsSchema, type RoleConditions } from './role-conditions.ts'
import { printRoleOptions, roleOptionsSchema, type RoleOptions } from './role-options.ts'

export type RoleVersion = 'v3' | 'v4' | 'v5' | 'v6' | 'v7'

export interface Role {
  readonly kind: 'role'
  readonly version: RoleVersion
  readonly metadata: Metadata
  readonly spec: { readonly options: RoleOptions; readonly allow: RoleConditions; readonly deny: RoleConditions }
}

const noneGiven = { ...noConditions, labelsGiven: false }

// A deny by dynamic labels could be lifted by whoever sets them at run time.
const denySchema = converted(roleConditionsSchema, (deny) =>
  Object.keys(deny.dbLabels).some((key) => key.startsWith('dynamic/'))
    ? { expected: 'no dynamic/ labels in a deny section' }
    : { value: deny },
)

const roleSchema: z.ZodMiniType<Role> = z.pipe(
  section({
    kind: z.literal('role'),
    version: z.literal(['v3', 'v4', 'v5', 'v6', 'v7']),
    metadata: metadataSchema(checkedName),
    spec: section({
      options: withFallback(roleOptionsSchema, {}),
      allow: withFallback(roleConditionsSchema, noneGiven),
      deny: withFallback(denySchema, noneGiven),
    }),
  }),
  z.transform((role): Role => {
    const { labelsGiven, ...allow } = role.spec.allow
    const { labelsGiven: _denyLabelsGiven, ...deny } = role.spec.deny
    // Version 3 roles reach every database unless they say otherwise; later ones reach none.
    const dbLabels = role.version === 'v3' && !labelsGiven ? { '*': ['*'] } : allow.dbLabels
    return { ...role, spec: { options: role.spec.options, allow: { ...allow, dbLabels }, deny } }
  }),
)

/** Throws RESOURCE_MALFORMED (bad-input). A version 3 role without labels gets `*: *`, later versions get none. */
export function parseRole(input: unknown): Role {
  return readDocument('role', roleSchema, input)
}

/** The document that `parseRole` reads back to the same value. */
export function printRole(role: Role): ResourceDocument {
  const { options, allow, deny } = role.spec
  return {
    kind: role.kind,
    version: role.version,
    metadata: printMetadata(role.metadata),
    spec: {
      options: printRoleOptions(options),
      allow: printRoleConditions(allow, { keepEmptyLabels: role.version === 'v3' }),
      deny: printRoleConditions(deny, { keepEmptyLabels: false }),
    },
  }
}
