/** What tsh is given by the machine it runs on. Everything heavy is opened by the commands that need it. */
import type { Environment, Randomness, Terminal } from '#foundation'
import type { ClientWorld } from '#client'

export interface TshWorld {
  readonly version: string
  readonly terminal: Terminal
  readonly environment: Environment
  readonly homeDirectory: string
  /** The person's name on this machine. */
  readonly userName: string
  readonly randomness: Pick<Randomness, 'bytes'>
  /** Files, network, TLS and clock. */
  readonly client: ClientWorld
  /** Runs a program in the foreground, with the person's terminal and Ctrl-C; throws PROGRAM_NOT_FOUND. */
  readonly runChild: (
    command: string,
    args: readonly string[],
    options: { readonly environment: Environment },
  ) => Promise<{ readonly exitCode: number }>
  /** Runs a program with its output in a new private file; throws PROGRAM_NOT_FOUND and PROGRAM_OUTPUT_REFUSED. */
  readonly runChildIntoFile: (
    command: string,
    args: readonly string[],
    options: { readonly environment: Environment; readonly outputPath: string; readonly signal: AbortSignal },
  ) => Promise<{ readonly exitCode: number }>
  /** Starts tsh again, apart from the terminal, with what it says appended to a file. */
  readonly startItselfInBackground: (
    args: readonly string[],
    options: { readonly logPath: string },
  ) => { readonly processId: number; readonly ended: Promise<number> }
  readonly processId: number
  /** Aborts on SIGINT or SIGTERM. */
  readonly terminationSignal: () => AbortSignal
}
