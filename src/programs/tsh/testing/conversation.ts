/** tsh run in this process: answers queued for its questions, output and exit code collected. */
import { randomBytes } from 'node:crypto'
import { PortunusError, type Environment, type Terminal } from '#foundation'
import { testWorld } from '../../../../test/worlds/small-cluster.ts'
import { runTsh } from '../main.ts'
import type { TshWorld } from '../world.ts'

export interface Spoken {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ConversationOptions {
  readonly homeDirectory: string
  readonly environment?: Environment
  readonly runChild?: TshWorld['runChild']
  readonly runChildIntoFile?: TshWorld['runChildIntoFile']
  readonly startItselfInBackground?: TshWorld['startItselfInBackground']
  readonly terminationSignal?: () => AbortSignal
  /** Called for each piece of standard output as it comes. */
  readonly onAnswer?: (text: string) => void
}

/** Runs one command line; `answers` are given to the prompts in turn. */
export async function speak(args: readonly string[], options: ConversationOptions, answers: readonly string[] = []): Promise<Spoken> {
  let stdout = ''
  let stderr = ''
  const waiting = [...answers]
  const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  const terminal: Terminal = {
    isInteractive: false,
    columns: undefined,
    answer(text) {
      stdout += line(text)
      options.onAnswer?.(text)
    },
    tell: (text) => void (stderr += line(text)),
    async prompt(label) {
      stderr += `${label}: \n`
      const answer = waiting.shift()
      if (answer === undefined)
        throw new PortunusError('PROMPT_INPUT_ENDED', `Cannot read the answer to "${label}": standard input has ended`)
      return answer
    },
  }
  const exitCode = await runTsh(args, {
    version: '1.2.3',
    terminal,
    environment: options.environment ?? {},
    homeDirectory: options.homeDirectory,
    userName: 'local-name',
    randomness: { bytes: (length) => randomBytes(length) },
    client: testWorld,
    runChild: options.runChild ?? (() => Promise.reject(new Error('no program was expected'))),
    runChildIntoFile: options.runChildIntoFile ?? (() => Promise.reject(new Error('no program was expected'))),
    startItselfInBackground: options.startItselfInBackground ?? noBackground,
    processId: process.pid,
    terminationSignal: options.terminationSignal ?? (() => new AbortController().signal),
  })
  return { exitCode, stdout, stderr }
}

function noBackground(): never {
  throw new Error('no background process was expected')
}
