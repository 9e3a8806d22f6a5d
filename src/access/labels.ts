/** Label selectors of roles, filled with somebody's traits: does a database match them? */
import { PortunusError } from '#foundation'
import type { LabelSelector, Traits } from '#resources'
import { compileEntries, findEntry, type EntryContext, type EntryList } from './entries.ts'
import { parseTemplate, templateValues } from './template.ts'

export type Labels = Readonly<Record<string, string>>

export type LabelMatcher =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'everything' }
  /** Every key must be present, with a value that its list holds. */
  | { readonly kind: 'keys'; readonly keys: readonly { readonly key: string; readonly values: EntryList }[] }

/**
 * Compiles a selector. Empty matches nothing; `*: *` matches everything, whatever stands beside it; keys are compared literally.
 * An expression is not evaluated: beside it, an allow half matches nothing and a deny half everything.
 */
export function compileLabels(selector: LabelSelector, options: EntryContext & { readonly expression: string | undefined }): LabelMatcher {
  if (options.expression !== undefined) return { kind: options.side === 'allow' ? 'nothing' : 'everything' }
  const keys: { readonly key: string; readonly values: EntryList }[] = []
  for (const [written, entries] of Object.entries(selector)) {
    const values = compileEntries(entries, options)
    if (written === '*' && entries.length === 1 && values.everything !== undefined) return { kind: 'everything' }
    const key = keyFor(written, options.traits)
    if (key !== undefined) keys.push({ key, values })
    // In a deny half a key nobody knows counts as met, so that it never narrows the refusal.
    else if (options.side === 'allow') return { kind: 'nothing' }
  }
  if (keys.length > 0) return { kind: 'keys', keys }
  return { kind: Object.keys(selector).length === 0 ? 'nothing' : 'everything' }
}

export function matchesLabels(matcher: LabelMatcher, labels: Labels): boolean {
  switch (matcher.kind) {
    case 'nothing':
      return false
    case 'everything':
      return true
    case 'keys':
      return matcher.keys.every(({ key, values }) => {
        const value = Object.hasOwn(labels, key) ? labels[key] : undefined
        return value !== undefined && findEntry(values, [value]) !== undefined
      })
  }
  matcher satisfies never
}

/** The key with its template filled by the first value of the trait; undefined where there is none. */
function keyFor(written: string, traits: Traits): string | undefined {
  try {
    const template = parseTemplate(written)
    if (template.kind === 'text') return template.text
    const [first] = templateValues(template.value, traits).values
    return first === undefined ? undefined : template.prefix + first + template.suffix
  } catch (error) {
    if (!(error instanceof PortunusError)) throw error
    return undefined
  }
}
