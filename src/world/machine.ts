/** Facts of the machine and the process: names, directories, signals, version, exit. */
import { hostname, homedir, userInfo } from 'node:os'
import type { Environment } from '#foundation'

declare const PORTUNUS_VERSION: string | undefined

/** The product's version; bundles carry it, a checkout is a development version. */
export const version: string = typeof PORTUNUS_VERSION === 'string' ? PORTUNUS_VERSION : '0.1.0-dev'

export interface Machine {
  readonly hostname: string
  readonly homeDirectory: string
  readonly userName: string
  readonly isRoot: boolean
  readonly environment: Environment
  readonly processId: number
}

export function thisMachine(): Machine {
  return {
    hostname: hostname(),
    homeDirectory: process.env['HOME'] ?? homedir(),
    userName: process.env['USER'] ?? userNameOfProcess(),
    isRoot: process.getuid?.() === 0,
    environment: process.env,
    processId: process.pid,
  }
}

function userNameOfProcess(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a container may run under a number without a name
  }
}

/** Files made from now on, by whatever library, are readable by their owner only unless a mode is given. */
export function makePrivateFilesOnly(): void {
  process.umask(0o077)
}

/** Aborts on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function terminationSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
      controller.abort(name)
    })
  }
  return controller.signal
}

/** Runs the callback on SIGHUP instead of ending the process. */
export function onReload(callback: () => void): void {
  process.on('SIGHUP', callback)
}

/** Lets a child program in the foreground have Ctrl-C for itself while the returned object lives. */
export function ignoreInterrupts(): Disposable {
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  return { [Symbol.dispose]: () => process.removeListener('SIGINT', ignore) }
}

/** Sets the exit code and lets pending output be written. */
export function finish(exitCode: number): void {
  process.exitCode = exitCode
}

/** Ends the process once everything it said has been written, though handles may still be open. */
export async function exitWhenWritten(exitCode: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve))
  process.exit(exitCode)
}

/** Told of errors nobody caught. */
export function onUncaught(callback: (error: unknown) => void): void {
  process.on('uncaughtException', callback)
  process.on('unhandledRejection', callback)
}

/** Whether the error is of one socket or file, which says nothing about the rest of the process. */
export function isInputOutputError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
