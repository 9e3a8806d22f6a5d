/** What tctl is given by the machine it runs on. */
import type { ClientWorld } from '#client'
import type { Environment, Terminal } from '#foundation'

export interface TctlWorld {
  readonly version: string
  readonly terminal: Terminal
  readonly environment: Environment
  readonly homeDirectory: string
  /** Whether this is the superuser, whose services keep their data elsewhere. */
  readonly isRoot: boolean
  /** Files, network, TLS and clock. */
  readonly client: ClientWorld
  /** Absolute. */
  readonly workingDirectory: string
  /** All of standard input; throws INPUT_TOO_LARGE. */
  readonly readInput: (options: { readonly bytesMax: number }) => Promise<string>
  /** Runs a program in the foreground, with the person's terminal; throws PROGRAM_NOT_FOUND. */
  readonly runChild: (command: string, args: readonly string[]) => Promise<{ readonly exitCode: number }>
}
