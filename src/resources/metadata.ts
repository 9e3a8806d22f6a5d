/** The head every resource has: name, description, labels, expiry and revision. */
import * as z from 'zod/mini'
import { filled, labels, optional, present, section, text, time, withFallback } from './fields.ts'

export interface Metadata {
  readonly name: string
  readonly description?: string
  readonly labels: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly expires?: string
  /** Changes with every write; a write that names an older one is refused. */
  readonly revision?: string
}

/** The metadata section, with the rule for its name. */
export function metadataSchema(name: z.ZodMiniType<string>): z.ZodMiniType<Metadata> {
  return z.pipe(
    section({
      name,
      description: optional(text()),
      labels: withFallback(labels(), {}),
      expires: optional(time()),
      revision: optional(text(128)),
    }),
    z.transform(present),
  )
}

export function printMetadata(metadata: Metadata): Readonly<Record<string, unknown>> {
  return filled({ ...metadata })
}
