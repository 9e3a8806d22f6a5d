/** The parts a section of teleport.yaml is made of, each with the words for what was expected. Every scalar arrives as a text. */
import * as z from 'zod/mini'
import { parseDuration, PortunusError, Secret, type Address } from '#foundation'
import { quote } from '#resources'

/** A section that refuses unknown keys and says which there are. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodMiniObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `unknown key, expected one of ${keys}` : `expected a mapping, got ${describe(issue.input)}`,
  })
}

/** A value read from one text; `undefined` from `read` refuses it. */
export function scalar<T>(expected: string, read: (text: string) => T | undefined): z.ZodMiniType<T> {
  return readText(expected, { read, show: describe })
}

/** A text that must not be seen in messages. */
function secret(expected: string, isFit: (text: string) => boolean): z.ZodMiniType<Secret<string>> {
  return readText(expected, { read: (text) => (isFit(text) ? new Secret(text) : undefined), show: () => 'another text' })
}

interface Reading<T> {
  readonly read: (text: string) => T | undefined
  readonly show: (value: unknown) => string
}

function readText<T>(expected: string, reading: Reading<T>): z.ZodMiniType<T> {
  return z.pipe(
    z.unknown(),
    z.transform((value: unknown, context): T => {
      const result = typeof value === 'string' ? reading.read(value) : undefined
      if (result !== undefined) return result
      const message =
        value === undefined
          ? `required, expected ${expected}`
          : `expected ${expected}, got ${typeof value === 'string' ? reading.show(value) : describe(value)}`
      context.issues.push({ code: 'custom', message, input: value })
      return z.NEVER
    }),
  )
}

/** The schema, or the fallback where the key is not written. */
export function withDefault<T>(schema: z.ZodMiniType<T>, fallback: T): z.ZodMiniType<T> {
  return z.pipe(
    z.optional(schema),
    z.transform((value: T | undefined) => value ?? fallback),
  )
}

export function optional<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.optional(schema)
}

export function list<T>(entry: z.ZodMiniType<T>): z.ZodMiniType<readonly T[]> {
  return z.array(entry, { error: (issue) => `expected a list, got ${describe(issue.input)}` })
}

/** A list, or one text that stands for a list of it. */
export function oneOrMany<T>(entry: z.ZodMiniType<T>): z.ZodMiniType<readonly T[]> {
  return z.pipe(
    z.transform((value: unknown) => (typeof value === 'string' ? [value] : value)),
    list(entry),
  )
}

/** Values under names that people choose. */
export function record<T>(value: z.ZodMiniType<T>): z.ZodMiniType<Readonly<Record<string, T>>> {
  return z.record(z.string(), value, { error: (issue) => `expected a mapping, got ${describe(issue.input)}` })
}

/** Adds a problem at a place below the value a transform is given. */
export function refuse(context: z.core.ParsePayload, path: readonly PropertyKey[], message: string): void {
  context.issues.push({ code: 'custom', message, input: context.value, path: [...path] })
}

/** Whatever is written, for keys that are accepted and not used. */
export const anything: z.ZodMiniType = z.optional(z.unknown())

export const flag = scalar('"yes" or "no"', (text) => flagWords.get(text.toLowerCase()))
const flagWords = new Map([
  ...['yes', 'true', 'on'].map((word) => [word, true] as const),
  ...['no', 'false', 'off'].map((word) => [word, false] as const),
])

const textLengthMax = 4_096
/** One line of text that is not empty. */
export const text = scalar('a text', (value) => (isLine(value) && value.trim() !== '' ? value : undefined))
/** One line of text that may be empty. */
export const anyText = scalar('a text of one line', (value) => (isLine(value) ? value : undefined))

export const absolutePath = scalar('an absolute path', (value) => (isLine(value) && value.startsWith('/') ? value : undefined))

export const duration = scalar('a duration such as 30s, 5m or 12h', durationOf)

export const count = scalar('a whole number', (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined))

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): z.ZodMiniType<Word> {
  return scalar(words.length === 1 ? words.join('') : `one of ${words.join(', ')}`, (value) => words.find((word) => word === value))
}

/** A host with a port; the port may be left out when there is a default. */
export function address(defaultPort: number): z.ZodMiniType<Address> {
  return scalar(`host:port (port ${defaultPort} when left out)`, (value) => addressOf(value, defaultPort))
}

/** `host:port` of a text; IPv6 addresses stand in brackets. Undefined when it is neither that nor a bare host. */
export function addressOf(value: string, defaultPort: number): Address | undefined {
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?))(?::(\d{1,5}))?$/.exec(value) ?? []
  const host = bracketed ?? plain
  const port = portText === undefined ? defaultPort : Number(portText)
  return host === undefined || port > 65_535 || (port === 0 && portText === undefined) ? undefined : { host, port }
}

/** The address as one text, IPv6 in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A join token, or the absolute path of the file that holds it. */
export const token = secret(
  'a token, or the absolute path of the file that holds it',
  (value) => isLine(value) && (value.startsWith('/') || /^\S+$/.test(value)),
)

/** A value as messages show it: texts quoted and cut, structures only named. */
function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return quote(value)
  return Array.isArray(value) ? 'a list' : 'a mapping'
}

function isLine(value: string): boolean {
  return value.length <= textLengthMax && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)
}

function durationOf(value: string): number | undefined {
  try {
    const milliseconds = value.length > 32 ? 0 : parseDuration(value)
    return milliseconds > 0 && milliseconds <= durationMillisecondsMax ? milliseconds : undefined
  } catch (error) {
    if (error instanceof PortunusError) return undefined
    throw error
  }
}

const durationMillisecondsMax = 10 * 365 * 86_400_000
