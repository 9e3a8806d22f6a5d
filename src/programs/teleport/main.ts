/** teleport: runs one command line and says how it ended. */
import { CommanderError } from 'commander'
import { PortunusError } from '#foundation'
import { printError } from '#presentation'
import { normalizeArguments } from '../arguments.ts'
import { teleportProgram } from './program.ts'
import type { TeleportWorld } from './world.ts'

/** Runs teleport with the arguments after the program's name. Resolves to the exit code: 0 done, 1 failed, 2 not understood. */
export async function runTeleport(args: readonly string[], world: TeleportWorld): Promise<number> {
  const program = teleportProgram(world)
  try {
    await program.command.parseAsync([...normalizeArguments(args)], { from: 'user' })
    return program.exitCode()
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    world.terminal.tell(printError(error, { debug: args.includes('--debug') || args.includes('-d') }))
    return error instanceof PortunusError && error.code === 'USAGE_REFUSED' ? 2 : 1
  }
}
