/** The parts documents are made of, as schemas: texts, lists, labels, traits, durations, times, switches, sections. */
import { formatDuration, parseDuration, PortunusError } from '#foundation'
import * as z from 'zod/mini'
import { describe } from './document.ts'

/** Lists of texts under names: what a person brings to templates in roles. */
export type Traits = Readonly<Record<string, readonly string[]>>

export const textLengthMax = 1024
export const listLengthMax = 1000
const recordLengthMax = 1000
const keyLengthMax = 255
const durationMillisecondsMax = 10 * 365 * 86_400_000

// Tabs and line feeds included: no entry of a role, label or trait is more than one line.
const controlCharacters = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
const timePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/

/** A section that refuses unknown keys and says which there are. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodMiniObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `unknown key, expected one of ${keys}` : undefined),
  })
}

/** The schema, where the key may be left out or empty (`key:` in YAML). */
export function optional<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.optional(
    z.pipe(
      z.nullable(schema),
      z.transform((value: T | null) => value ?? undefined),
    ),
  )
}

/** The schema, or the fallback where the key is left out or empty. */
export function withFallback<T>(schema: z.ZodMiniType<T>, fallback: T): z.ZodMiniType<T> {
  return z.pipe(
    optional(schema),
    z.transform((value: T | undefined) => value ?? fallback),
  )
}

/** A value that a function turns into another, or refuses with what was expected. */
export function converted<From, To>(schema: z.ZodMiniType<From>, convert: (value: From) => Converted<To>): z.ZodMiniType<To> {
  return z.pipe(
    schema,
    z.transform((value: From, context): To => {
      const result = convert(value)
      if ('value' in result) return result.value
      context.issues.push({ code: 'custom', message: `expected ${result.expected}, got ${describe(value)}`, input: value })
      return z.NEVER
    }),
  )
}

export type Converted<To> = { readonly value: To } | { readonly expected: string }

/** One line of text, with at most `lengthMax` characters and no control characters. */
export function text(lengthMax = textLengthMax): z.ZodMiniType<string> {
  return converted(z.string(), (value) => {
    if (value.length > lengthMax) return { expected: `at most ${lengthMax} characters` }
    return controlCharacters.test(value) ? { expected: 'a text without control characters' } : { value }
  })
}

/** One line of text that is not empty. */
export function filledText(lengthMax = textLengthMax): z.ZodMiniType<string> {
  return converted(text(lengthMax), (value) => (value === '' ? { expected: 'a text that is not empty' } : { value }))
}

/** A name that the given check accepts. */
export function checkedText(expectedOf: (value: string) => string | undefined): z.ZodMiniType<string> {
  return converted(z.string(), (value) => {
    const expected = expectedOf(value)
    return expected === undefined ? { value } : { expected }
  })
}

const unary = z.transform((value: unknown) => (typeof value === 'string' ? [value] : value))

/** A list, or one text standing for a list of it; repeated entries are dropped, the order is kept. */
export function textList(entry: z.ZodMiniType<string> = filledText()): z.ZodMiniType<readonly string[]> {
  return converted(
    z.pipe(unary, z.array(entry, { error: (issue) => `expected a text or a list of texts, got ${describe(issue.input)}` })),
    (list) => {
      const distinct = [...new Set(list)]
      return distinct.length > listLengthMax ? { expected: `at most ${listLengthMax} entries` } : { value: distinct }
    },
  )
}

/** Texts under names. */
export function labels(): z.ZodMiniType<Readonly<Record<string, string>>> {
  return bounded(z.record(key(), text()))
}

/** Lists of texts under names, a single text standing for a list of it. */
export function listsByName(): z.ZodMiniType<Readonly<Record<string, readonly string[]>>> {
  return bounded(z.record(key(), textList(text())))
}

function key(): z.core.$ZodRecordKey {
  return z.string().check(
    z.refine((value) => value !== '' && value.length <= keyLengthMax && !controlCharacters.test(value), {
      error: `expected a key of 1 to ${keyLengthMax} characters without control characters`,
    }),
  )
}

function bounded<Value>(record: z.ZodMiniType<Record<string, Value>>): z.ZodMiniType<Readonly<Record<string, Value>>> {
  return converted(record, (value) =>
    Object.keys(value).length > recordLengthMax ? { expected: `at most ${recordLengthMax} keys` } : { value },
  )
}

/** A duration as people write it (`30h`), in milliseconds. */
export function duration(): z.ZodMiniType<number> {
  return converted(z.string(), (value) => {
    const milliseconds = durationOrUndefined(value)
    if (milliseconds === undefined) return { expected: 'a duration such as 30m or 12h' }
    return milliseconds > durationMillisecondsMax ? { expected: 'a duration of at most ten years' } : { value: milliseconds }
  })
}

function durationOrUndefined(value: string): number | undefined {
  if (value.length > 64) return undefined
  try {
    return parseDuration(value)
  } catch (error) {
    if (error instanceof PortunusError) return undefined
    throw error
  }
}

/** The text that `duration()` reads back to the same milliseconds. */
export function printDuration(milliseconds: number): string {
  const rest = milliseconds % 1000
  if (rest === 0) return formatDuration(milliseconds)
  return milliseconds < 1000 ? `${rest}ms` : `${formatDuration(milliseconds - rest)}${rest}ms`
}

/** A time as RFC 3339 writes it, kept as it was written. */
export function time(): z.ZodMiniType<string> {
  return converted(z.string(), (value) =>
    timePattern.test(value) && !Number.isNaN(Date.parse(value)) ? { value } : { expected: 'a time such as 2030-01-31T12:00:00Z' },
  )
}

const switchWords: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ...['true', 'yes', 'on'].map((word): [string, boolean] => [word, true]),
  ...['false', 'no', 'off'].map((word): [string, boolean] => [word, false]),
])

/** True or false, also as the words yes, no, on, off. */
export function flag(): z.ZodMiniType<boolean> {
  return converted(z.unknown(), (value) => {
    const found = switchWords.get(typeof value === 'string' ? value.toLowerCase() : value)
    return found === undefined ? { expected: 'true or false' } : { value: found }
  })
}

type WithoutUndefined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** The object without the keys whose value is undefined. */
export function present<T extends object>(value: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as WithoutUndefined<T>
}

/** The entries of a record in order, without those that hold nothing. */
export function filled(document: ResourceFields): ResourceFields {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => !isEmpty(value)))
}

type ResourceFields = Readonly<Record<string, unknown>>

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
