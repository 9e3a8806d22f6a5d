/** Lists of role entries, filled with somebody's traits and made ready to be asked whether they hold a name. */
import { PortunusError } from '#foundation'
import { quote, type Traits } from '#resources'
import { compilePattern, foldCase, matchesPattern, patternIgnoringCase, type Pattern, type PatternPart } from './pattern.ts'
import { parseTemplate, templateValues, traitOf, type Template } from './template.ts'

/**
 * Which half of a role a list stands in. What cannot be worked out (a missing trait, a malformed pattern)
 * is left out of an allow list, and in a deny list stands for whatever it might be: both fail closed.
 */
export type Side = 'allow' | 'deny'

export interface Entry {
  /** The name of the role it stands in. */
  readonly role: string
  /** As the role has it. */
  readonly written: string
  /** With traits filled in; what people are shown as allowed or denied. */
  readonly shown: string
  readonly pattern: Pattern
  /** Why an entry of a deny list had to be read as broader than it is written. */
  readonly unresolved?: string
}

export interface EntryList {
  readonly everything: Entry | undefined
  /** By name; by folded name where case is ignored. */
  readonly exact: ReadonlyMap<string, Entry>
  /** Globs and expressions. */
  readonly patterns: readonly Entry[]
  readonly ignoreCase: boolean
}

/** Where a list stands, and whose traits fill it. */
export interface EntryContext {
  readonly side: Side
  readonly role: string
  readonly traits: Traits
  /** Whether `Root` stands for `root` as well; for deny lists of names that some databases fold and others do not. */
  readonly ignoreCase?: boolean
}

export function compileEntries(entries: readonly string[], context: EntryContext): EntryList {
  const compile = context.side === 'allow' ? allowed : denied
  const compiled = entries.flatMap((entry) => compile(entry, context))
  return context.ignoreCase === true ? listOf(compiled.map(ignoringCase), true) : listOf(compiled, false)
}

/** One list that holds what any of the lists holds. */
export function mergeEntries(lists: readonly EntryList[]): EntryList {
  return listOf(
    lists.flatMap((list) => [...list.exact.values(), ...(list.everything === undefined ? [] : [list.everything]), ...list.patterns]),
    lists.some(({ ignoreCase }) => ignoreCase),
  )
}

function ignoringCase(entry: Entry): Entry {
  return { ...entry, pattern: patternIgnoringCase(entry.pattern) }
}

function listOf(entries: readonly Entry[], ignoreCase: boolean): EntryList {
  const exact = new Map<string, Entry>()
  for (const entry of entries) if (entry.pattern.kind === 'exact' && !exact.has(entry.pattern.text)) exact.set(entry.pattern.text, entry)
  return {
    everything: entries.find(({ pattern }) => pattern.kind === 'everything'),
    exact,
    patterns: entries.filter(({ pattern }) => pattern.kind === 'glob' || pattern.kind === 'expression'),
    ignoreCase,
  }
}

/** The entry that holds one of the names, the narrowest kind first; undefined when none does. */
export function findEntry(list: EntryList, givenNames: readonly string[]): Entry | undefined {
  // The names as given stay among them: expressions fold no more than ASCII.
  const names = list.ignoreCase ? [...new Set([...givenNames.map(foldCase), ...givenNames])] : givenNames
  for (const name of names) {
    const exact = list.exact.get(name)
    if (exact !== undefined) return exact
  }
  return list.everything ?? list.patterns.find(({ pattern }) => names.some((name) => matchesPattern(pattern, name)))
}

/** The entries of an allow list: an entry nobody can read, or with a trait nobody has, is no entry. */
function allowed(written: string, { role, traits }: EntryContext): readonly Entry[] {
  const template = attempt(() => parseTemplate(written))
  if (template.kind === 'failed') return []
  const fillings = fill(template.value, traits).fillings
  return fillings.flatMap((parts): readonly Entry[] => {
    const pattern = attempt(() => compilePattern(isBareStar(parts) ? [{ kind: 'author', text: '*' }] : parts))
    return pattern.kind === 'failed' ? [] : [{ role, written, shown: textOf(parts), pattern: pattern.value }]
  })
}

/** The entries of a deny list: each value also as the pattern it might be meant as, and anything in place of what is unknown. */
function denied(written: string, { role, traits }: EntryContext): readonly Entry[] {
  const template = attempt(() => parseTemplate(written))
  if (template.kind === 'failed') return [deniedEverything({ role, written }, template.reason)]
  const { fillings, missingTrait } = fill(template.value, traits)
  const entries = fillings.flatMap((parts) => deniedFilling({ role, written }, parts))
  if (missingTrait === undefined) return entries
  const pattern = attempt(() => compilePattern(unknownParts(template.value)))
  const unresolved = `it needs the trait ${quote(missingTrait)}, which you do not have in full`
  if (pattern.kind === 'failed') return [...entries, deniedEverything({ role, written }, unresolved)]
  return [...entries, { role, written, shown: written, pattern: pattern.value, unresolved }]
}

function deniedFilling(place: Place, parts: readonly PatternPart[]): readonly Entry[] {
  const literal = attempt(() => compilePattern(parts))
  if (literal.kind === 'failed') return [deniedEverything(place, literal.reason)]
  const entry = { ...place, shown: textOf(parts), pattern: literal.value }
  if (parts.every(({ kind }) => kind === 'author')) return [entry]
  const broad = attempt(() => compilePattern([{ kind: 'author', text: textOf(parts) }]))
  return broad.kind === 'failed' || broad.value.kind === 'exact' ? [entry] : [entry, { ...entry, pattern: broad.value }]
}

type Place = Pick<Entry, 'role' | 'written'>

function deniedEverything(place: Place, reason: string): Entry {
  return { ...place, shown: place.written, pattern: { kind: 'everything' }, unresolved: reason }
}

interface Filled {
  readonly fillings: readonly (readonly PatternPart[])[]
  readonly missingTrait: string | undefined
}

function fill(template: Template, traits: Traits): Filled {
  if (template.kind === 'text') return { fillings: [[{ kind: 'author', text: template.text }]], missingTrait: undefined }
  const { values, complete } = templateValues(template.value, traits)
  const isBare = template.value.kind === 'trait' && template.prefix === '' && template.suffix === ''
  return {
    fillings: values.map((text) => (isBare ? [{ kind: 'value', text }] : around(template, { kind: 'value', text }))),
    missingTrait: complete ? undefined : traitOf(template.value),
  }
}

function unknownParts(template: Template): readonly PatternPart[] {
  return template.kind === 'text' ? [{ kind: 'author', text: template.text }] : around(template, { kind: 'unknown' })
}

function around(template: Template & { readonly kind: 'template' }, middle: PatternPart): readonly PatternPart[] {
  return [{ kind: 'author', text: template.prefix }, middle, { kind: 'author', text: template.suffix }]
}

/** A trait that is `*`, with no text around it and through no function: the person may use every name. */
function isBareStar(parts: readonly PatternPart[]): boolean {
  const [part] = parts
  return parts.length === 1 && part?.kind === 'value' && part.text === '*'
}

function textOf(parts: readonly PatternPart[]): string {
  return parts.map((part) => (part.kind === 'unknown' ? '*' : part.text)).join('')
}

type Attempt<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly reason: string }

function attempt<T>(action: () => T): Attempt<T> {
  try {
    return { kind: 'done', value: action() }
  } catch (error) {
    if (!(error instanceof PortunusError)) throw error
    return { kind: 'failed', reason: error.message }
  }
}
