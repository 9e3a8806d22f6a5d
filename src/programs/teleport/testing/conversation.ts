/** teleport run in this process: files in memory, answers queued for its questions, output and exit code collected. */
import { PortunusError, type Environment, type Files, type Log, type Terminal } from '#foundation'
import { nodeFiles } from '#world'
import { runTeleport } from '../main.ts'

export interface Spoken {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ConversationOptions {
  readonly environment?: Environment
  /** Text by absolute path. */
  readonly files?: Readonly<Record<string, string>>
  /** Given to the prompts in turn. */
  readonly answers?: readonly string[]
}

const ignore = (): void => undefined
const silence: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silence }

export async function speak(args: readonly string[], options: ConversationOptions = {}): Promise<Spoken> {
  const said = { stdout: '', stderr: '' }
  const exitCode = await runTeleport(args, {
    version: '1.2.3',
    machine: {
      hostname: 'agent-host',
      homeDirectory: '/nowhere',
      userName: 'agent',
      isRoot: false,
      environment: options.environment ?? {},
      processId: 1,
    },
    terminal: terminalOf(said, [...(options.answers ?? [])]),
    files: filesOf(options.files ?? {}),
    openLog: () => silence,
    terminationSignal: () => new AbortController().signal,
    onUncaught: ignore,
    onReload: ignore,
    programPath: '/usr/local/bin/teleport',
    packageDirectory: '/nowhere',
  })
  return { exitCode, ...said }
}

function terminalOf(said: { stdout: string; stderr: string }, answers: string[]): Terminal {
  const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  return {
    isInteractive: false,
    columns: undefined,
    answer: (text) => void (said.stdout += line(text)),
    tell: (text) => void (said.stderr += line(text)),
    prompt(label) {
      said.stderr += `${label}: \n`
      const answer = answers.shift()
      return answer === undefined
        ? Promise.reject(new PortunusError('PROMPT_INPUT_ENDED', `Cannot read the answer to "${label}": standard input has ended`))
        : Promise.resolve(answer)
    },
  }
}

function filesOf(texts: Readonly<Record<string, string>>): Files {
  return {
    ...nodeFiles,
    readTextIfPresent: (path) => Promise.resolve(texts[path]),
    readText(path) {
      const text = texts[path]
      if (text !== undefined) return Promise.resolve(text)
      return Promise.reject(new PortunusError('FILE_NOT_FOUND', `Cannot read "${path}": there is no such file`, { category: 'not-found' }))
    },
  }
}
