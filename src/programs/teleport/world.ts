/** What the daemon's program is given by the machine it runs on. */
import type { Files, Log, Terminal } from '#foundation'
import type { LogOptions, Machine } from '#world'

export interface TeleportWorld {
  readonly version: string
  readonly machine: Machine
  readonly terminal: Terminal
  readonly files: Files
  readonly openLog: (options: LogOptions) => Log
  /** Aborts on SIGINT or SIGTERM. */
  readonly terminationSignal: () => AbortSignal
  /** Told of errors nobody caught. */
  readonly onUncaught: (callback: (error: unknown) => void) => void
  /** Runs on SIGHUP, which would otherwise end the process. */
  readonly onReload: (callback: () => void) => void
  /** Absolute path of the installed program. */
  readonly programPath: string
  /** Where the programs, their bundles and the web UI are. */
  readonly packageDirectory: string
}
