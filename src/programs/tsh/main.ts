/** tsh: runs one command line and says how it ended. */
import { PortunusError, type Terminal } from '#foundation'
import { normalizeArguments } from '../arguments.ts'
import { isUsageError, tshProgram } from './program.ts'
import type { TshWorld } from './world.ts'

/** Runs tsh with the arguments after the program's name. Resolves to the exit code: 0 done, 1 failed, 2 not understood. */
export async function runTsh(args: readonly string[], world: TshWorld): Promise<number> {
  const { own, forChild } = splitAtDashes(args)
  const program = tshProgram(world, forChild)
  try {
    await program.command.parseAsync(normalizeArguments(own), { from: 'user' })
    return program.exitCode()
  } catch (error) {
    if (isUsageError(error)) return error.exitCode === 0 ? 0 : 2
    await reportError(world.terminal, error, wantsDebug(args))
    return error instanceof PortunusError && error.code === 'USAGE_REFUSED' ? 2 : 1
  }
}

/** What follows `--` is for the program that tsh starts, and is not touched. */
function splitAtDashes(args: readonly string[]): { readonly own: readonly string[]; readonly forChild: readonly string[] } {
  const index = args.indexOf('--')
  return index < 0 ? { own: args, forChild: [] } : { own: args.slice(0, index), forChild: args.slice(index + 1) }
}

/** Flags are read before the command line is understood, since understanding it may be what fails. */
export function wantsDebug(args: readonly string[]): boolean {
  const { own } = splitAtDashes(args)
  return own.includes('--debug') || own.includes('-d')
}

export async function reportError(terminal: Terminal, error: unknown, debug: boolean): Promise<void> {
  const { printError } = await import('#presentation')
  terminal.tell(printError(error, { debug }))
}
