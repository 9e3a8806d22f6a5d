/** Errors as people read them: what failed, what to do next, and with --debug where it came from. */
import { messageOf, PortunusError } from '#foundation'
import { safeLines } from './safe-text.ts'

const causesShownMax = 8

/**
 * `ERROR: ...` and, where there is one, `HINT: ...`; without a line feed at the end.
 * With `debug` also the code, every cause beneath it, and the stack.
 */
export function printError(error: unknown, options: { readonly debug?: boolean } = {}): string {
  const lines = [`ERROR: ${headline(error)}`]
  const hint = error instanceof PortunusError ? error.hint : 'run the command again with --debug to see where it comes from'
  if (hint !== undefined) lines.push(`HINT: ${hint}`)
  if (options.debug === true) lines.push(...debugLines(error))
  return safeLines(lines.join('\n'))
}

function headline(error: unknown): string {
  return error instanceof PortunusError ? error.message : `Cannot complete the command: an unexpected failure (${messageOf(error)})`
}

function debugLines(error: unknown): readonly string[] {
  const code = error instanceof PortunusError ? [`CODE: ${error.code} (${error.category})`] : []
  const causes = causesOf(error).map((cause) => `CAUSE: ${describe(cause)}`)
  const stack = error instanceof Error && error.stack !== undefined ? ['STACK:', ...error.stack.split('\n').slice(1)] : []
  return [...code, ...causes, ...stack]
}

/** The causes from the outermost in, each once; aggregates open into their parts. */
function causesOf(error: unknown): readonly unknown[] {
  const found: unknown[] = []
  const waiting = innerOf(error)
  for (let next = waiting.shift(); next !== undefined && found.length < causesShownMax; next = waiting.shift()) {
    if (found.includes(next) || next === error) continue
    found.push(next)
    waiting.unshift(...innerOf(next))
  }
  return found
}

function innerOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return []
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  return error.cause === undefined ? [...parts] : [error.cause, ...parts]
}

function describe(cause: unknown): string {
  if (cause instanceof PortunusError) return `${cause.code}: ${cause.message}`
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? ` [${cause.code}]` : ''
  return `${cause.name}: ${cause.message}${code}`
}
