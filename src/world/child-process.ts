/** Programs of other people: in the foreground with the person's own terminal, or with their output in a file. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { PortunusError, messageOf } from '#foundation'
import { ignoreInterrupts } from './machine.ts'

export interface RunChildOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** How much of what the program says on stderr is kept for diagnosis; it is shown to the person all the same. */
  readonly stderrTailBytes?: number
}

export interface ChildResult {
  readonly exitCode: number
  readonly stderrTail: string
}

/**
 * Runs a program with inherited stdin and stdout and waits for its end. Ctrl-C goes to the program.
 * Throws PROGRAM_NOT_FOUND when there is no such program on PATH.
 */
export function runChild(command: string, args: readonly string[], options: RunChildOptions = {}): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const keepsStderr = options.stderrTailBytes !== undefined
    const interrupts = ignoreInterrupts()
    const child = spawn(command, [...args], {
      stdio: ['inherit', 'inherit', keepsStderr ? 'pipe' : 'inherit'],
      env: { ...process.env, ...options.environment },
    })
    let tail = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk)
      tail = (tail + chunk.toString('utf8')).slice(-(options.stderrTailBytes ?? 0))
    })
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.once('SIGTERM', forward)
    const settle = (): void => {
      process.removeListener('SIGTERM', forward)
      interrupts[Symbol.dispose]()
    }
    child.once('error', (cause) => {
      settle()
      reject(programError(command, cause))
    })
    child.once('close', (code, signal) => {
      settle()
      resolve({ exitCode: code ?? signalExitCode(signal), stderrTail: tail })
    })
  })
}

export interface RunIntoFileOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Must not exist; made with mode 0600, and keeps what the program says on both streams in the order it came. */
  readonly outputPath: string
  /** Interrupts the program, as Ctrl-C would. */
  readonly signal?: AbortSignal
}

/**
 * Runs a program without standard input and waits for its end. Several may run at once.
 * Throws PROGRAM_NOT_FOUND when there is no such program on PATH, PROGRAM_OUTPUT_REFUSED when the file cannot be made.
 */
export function runChildIntoFile(
  command: string,
  args: readonly string[],
  options: RunIntoFileOptions,
): Promise<{ readonly exitCode: number }> {
  const output = openOutput(options.outputPath)
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', output, output], env: { ...process.env, ...options.environment } })
    closeSync(output)
    const interrupt = (): void => void child.kill('SIGINT')
    options.signal?.addEventListener('abort', interrupt, { once: true })
    const settle = (): void => options.signal?.removeEventListener('abort', interrupt)
    child.once('error', (cause) => {
      settle()
      reject(programError(command, cause))
    })
    child.once('close', (code, signal) => {
      settle()
      resolve({ exitCode: code ?? signalExitCode(signal) })
    })
  })
}

export interface BackgroundProcess {
  readonly processId: number
  /** Its exit code; only of use while this process lives. */
  readonly ended: Promise<number>
}

/**
 * Starts this very program again with other arguments, apart from the terminal, so that it outlives it. What it says is
 * appended to the log file, made with mode 0600; its directory must exist.
 */
export function startItselfInBackground(args: readonly string[], { logPath }: { readonly logPath: string }): BackgroundProcess {
  const log = openSync(logPath, 'a', 0o600)
  const main = process.argv[1] === undefined ? [] : [process.argv[1]]
  const child = spawn(process.execPath, [...process.execArgv, ...main, ...args], { stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  child.unref()
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (code, signal) => resolve(code ?? signalExitCode(signal)))
  })
  return { processId: child.pid ?? 0, ended }
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    throw new PortunusError('PROGRAM_OUTPUT_REFUSED', `Cannot keep the output in "${path}": ${messageOf(cause)}`, {
      category: 'bad-input',
      cause,
      hint: 'choose a new directory on a disk that can be written to',
    })
  }
}

function signalExitCode(signal: NodeJS.Signals | null): number {
  return signal === 'SIGINT' ? 130 : 143
}

function programError(command: string, cause: Error): PortunusError {
  const missing = 'code' in cause && cause.code === 'ENOENT'
  return new PortunusError(
    'PROGRAM_NOT_FOUND',
    `Cannot run "${command}": ${missing ? 'it is not installed or not on PATH' : cause.message}`,
    { category: 'not-found', cause, hint: `install ${command} and make sure that its directory is on PATH` },
  )
}
