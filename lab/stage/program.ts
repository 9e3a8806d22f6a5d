/** Running the real programs as child processes: to their end with their output, or as daemons until they are stopped. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type ProgramName = 'teleport' | 'tctl' | 'tsh'

export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export interface RunOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Lines for standard input; without it standard input is empty. */
  readonly input?: string
  readonly millisecondsMax?: number
  /** Sends SIGINT to the whole process group, as Ctrl-C in a terminal does, when this resolves. */
  readonly interruptWhen?: () => Promise<void>
}

const runMillisecondsMax = 60_000

/** What is still running when this process ends, however it ends, is ended with it. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) signalGroup(child, 'SIGKILL')
})

function endWithUs(child: ChildProcess): void {
  children.add(child)
  child.once('close', () => children.delete(child))
}

export function programPath(name: ProgramName): string {
  return fileURLToPath(new URL(`../../bin/${name}`, import.meta.url))
}

/** Runs a command to its end. Rejects when it cannot be started or does not end in time. */
export function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env: { ...options.environment }, stdio: 'pipe', detached: true })
    endWithUs(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')))
    const timer = setTimeout(() => {
      signalGroup(child, 'SIGKILL')
      reject(new Error(`${command} ${args.join(' ')} did not end in time\n${stdout}${stderr}`))
    }, options.millisecondsMax ?? runMillisecondsMax)
    options.interruptWhen?.().then(() => signalGroup(child, 'SIGINT'), reject)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ stdout, stderr, exitCode: code ?? (signal === null ? 1 : 128) })
    })
    child.stdin.on('error', () => {}) // a program may end without reading
    child.stdin.end(options.input ?? '')
  })
}

export interface Daemon extends AsyncDisposable {
  readonly pid: number
  /** All it has said so far, on both streams. */
  output(): string
  /** Resolves when the text has been said; rejects when the process ends before, or in 30 s. */
  says(text: string): Promise<void>
  readonly ended: Promise<number>
  kill(signal: NodeJS.Signals): void
}

const saysMillisecondsMax = 30_000
const stopMillisecondsMax = 15_000

/** Starts a long-running program; disposing stops it with SIGTERM and waits. */
export function startDaemon(command: string, args: readonly string[], environment: RunOptions['environment']): Daemon {
  const child = spawn(command, [...args], { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  endWithUs(child)
  let output = ''
  const listeners = new Set<() => void>()
  const hear = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => resolve(code ?? 1))
    child.once('error', () => resolve(127))
  })
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    says: (text) => heard(text, { output: () => output, listeners, ended }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMillisecondsMax)
      await ended
      clearTimeout(timer)
    },
  }
}

function heard(
  text: string,
  daemon: { readonly output: () => string; readonly listeners: Set<() => void>; readonly ended: Promise<number> },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!daemon.output().includes(text)) return
      settle()
      resolve()
    }
    const settle = (): void => {
      clearTimeout(timer)
      daemon.listeners.delete(look)
    }
    const fail = (reason: string): void => {
      settle()
      reject(new Error(`the program ${reason} before it said "${text}":\n${daemon.output()}`))
    }
    const timer = setTimeout(() => fail('took too long'), saysMillisecondsMax)
    daemon.listeners.add(look)
    void daemon.ended.then((code) => fail(`ended with ${code}`))
    look()
  })
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // it ended in the meantime
  }
}
