/** tctl: runs one command line and says how it ended. */
import { PortunusError } from '#foundation'
import { normalizeArguments } from '../arguments.ts'
import { isUsageError, tctlProgram } from './program.ts'
import type { TctlWorld } from './world.ts'

/** Runs tctl with the arguments after the program's name. Resolves to the exit code: 0 done, 1 failed, 2 not understood. */
export async function runTctl(args: readonly string[], world: TctlWorld): Promise<number> {
  const program = tctlProgram(world)
  try {
    await program.command.parseAsync([...normalizeArguments(args)], { from: 'user' })
    return program.exitCode()
  } catch (error) {
    if (isUsageError(error)) return error.exitCode === 0 ? 0 : 2
    const { printError } = await import('#presentation')
    world.terminal.tell(printError(error, { debug: args.includes('--debug') || args.includes('-d') }))
    return error instanceof PortunusError && error.code === 'FLAG_MISSING' ? 2 : 1
  }
}
