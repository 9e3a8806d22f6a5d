/** Provision tokens: what lets a host join. The name of a token is its secret and never stands in a message. */
import * as z from 'zod/mini'
import { readDocument, type ResourceDocument } from './document.ts'
import { listsByName, optional, present, section, textList, withFallback } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'
import { expectedOfName } from './name.ts'
import { findSystemRole, tokenRoles, type SystemRole } from './system-role.ts'

export interface ProvisionToken {
  readonly kind: 'token'
  readonly version: 'v2'
  /** The name is the secret value. */
  readonly metadata: Metadata
  readonly spec: {
    readonly roles: readonly SystemRole[]
    readonly joinMethod: 'token'
    readonly suggestedLabels?: Readonly<Record<string, readonly string[]>>
  }
}

const secretName = z.pipe(
  z.unknown(),
  z.transform((value: unknown, context): string => {
    const expected = typeof value === 'string' ? expectedOfName(value) : 'a text in quotes'
    if (typeof value === 'string' && expected === undefined) return value
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: undefined })
    return z.NEVER
  }),
)

const rolesSchema = z.pipe(
  textList(),
  z.transform((names: readonly string[], context): readonly SystemRole[] => {
    const roles = names.map((name) => findSystemRole(tokenRoles, name))
    const known = roles.filter((role) => role !== undefined)
    if (known.length > 0 && known.length === roles.length) return [...new Set(known)]
    context.issues.push({ code: 'custom', message: `expected one or more of ${tokenRoles.join(', ')}`, input: names })
    return z.NEVER
  }),
)

const tokenSchema: z.ZodMiniType<ProvisionToken> = z.pipe(
  section({
    kind: z.literal('token'),
    version: z.literal('v2'),
    metadata: metadataSchema(secretName),
    spec: z.pipe(
      section({
        roles: rolesSchema,
        join_method: withFallback(z.literal('token'), 'token'),
        suggested_labels: optional(listsByName()),
      }),
      z.transform((spec) => present({ roles: spec.roles, joinMethod: spec.join_method, suggestedLabels: spec.suggested_labels })),
    ),
  }),
  z.transform((token) => token),
)

/** Throws RESOURCE_MALFORMED (bad-input), with no part of the token's name in it. */
export function parseToken(input: unknown): ProvisionToken {
  return readDocument('token', tokenSchema, input)
}

/** The document that `parseToken` reads back to the same value; the secret name is in it. */
export function printToken(token: ProvisionToken): ResourceDocument {
  const { roles, joinMethod, suggestedLabels } = token.spec
  return {
    kind: token.kind,
    version: token.version,
    metadata: printMetadata(token.metadata),
    spec: { roles, join_method: joinMethod, ...(suggestedLabels === undefined ? {} : { suggested_labels: suggestedLabels }) },
  }
}

/** The token with its first three quarters hidden, as lists show it. */
export function maskToken(name: string): string {
  const hidden = Math.ceil(name.length * 0.75)
  return '*'.repeat(hidden) + name.slice(hidden)
}
