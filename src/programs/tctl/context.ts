/** What every command of tctl starts from: the world, the flags that every command has, and the authority they lead to. */
import type { AuthorityClient } from '#authority-api'
import { PortunusError, formatDuration, parseDuration } from '#foundation'
import type { TctlWorld } from './world.ts'

/** Flags of the program itself; they may stand anywhere on the command line. */
export interface GlobalFlags {
  readonly config?: string | undefined
  readonly authServers: readonly string[]
  readonly debug: boolean
}

/** Flag values as the command line gave them; each command reads its own. */
export type Flags = Readonly<Record<string, unknown>>

export interface TctlContext {
  readonly world: TctlWorld
  readonly globals: GlobalFlags
  readonly flags: Flags
  readonly args: readonly string[]
}

/** Connects, runs the action, and closes the connection however it ends. */
export async function withAuthority<Result>(
  context: TctlContext,
  action: (authority: AuthorityClient) => Promise<Result>,
): Promise<Result> {
  // Loaded when it is needed: version and help answer at once.
  const { connectAuthority } = await import('./connect-authority.ts')
  await using connection = await connectAuthority(context.world, context.globals)
  return await action(connection.authority)
}

export function textFlag(context: TctlContext, name: string): string | undefined {
  const value = context.flags[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The parts of a repeatable, comma-separated flag; empty where it was not given. */
export function listFlag(context: TctlContext, name: string): readonly string[] {
  const value = context.flags[name]
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : []
}

/** Asked here and not of commander, which would complain of a missing flag before a misspelt one. Throws FLAG_MISSING. */
export function requiredListFlag(context: TctlContext, name: string, example: string): readonly string[] {
  const parts = listFlag(context, name)
  if (parts.length > 0) return parts
  throw flagMissing(name, `add it, such as ${example}`)
}

export function flagMissing(name: string, hint: string): PortunusError {
  return new PortunusError('FLAG_MISSING', `Cannot understand the command line: the flag --${name} is missing`, {
    category: 'bad-input',
    hint,
  })
}

/** `a,b` and a repeated flag come to the same list; blanks around the parts and empty parts go. */
export function splitList(value: string, earlier: readonly string[] = []): readonly string[] {
  const parts = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return [...earlier, ...parts]
}

/** The milliseconds of a `--ttl`; throws TTL_REFUSED for none at all and for more than `max`. */
export function ttlFlag(context: TctlContext, limits: { readonly usual: number; readonly max?: number }): number {
  const text = textFlag(context, 'ttl')
  if (text === undefined) return limits.usual
  const milliseconds = parseDuration(text)
  if (milliseconds >= 1000 && milliseconds <= (limits.max ?? Infinity)) return milliseconds
  const allowed = limits.max === undefined ? 'at least a second' : `one second to ${formatDuration(limits.max)}`
  throw new PortunusError('TTL_REFUSED', `Cannot use the time "${text}": ${allowed} is possible`, {
    category: 'bad-input',
    hint: `write it like --ttl=${formatDuration(limits.usual)}`,
  })
}
