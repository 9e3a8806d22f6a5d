/** The person's terminal as the Terminal port: answers on stdout, conversation on stderr, questions on stderr. */
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { PortunusError, type Terminal } from '#foundation'

/** The terminal of this process. */
export function nodeTerminal(): Terminal {
  endWithReader()
  let lines: AsyncIterator<string> | undefined
  return {
    isInteractive: isatty(0) && isatty(2), // isTTY is missing, not false, where there is no terminal
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    answer: (text) => void process.stdout.write(withNewline(text)),
    tell: (text) => void process.stderr.write(withNewline(text)),
    prompt(label, options = {}) {
      if (process.stdin.isTTY) return askPerson(label, options.hidden === true)
      lines ??= inputLines()
      return readLine(label, lines)
    },
  }
}

/** A reader that has seen enough (`| head`) closes the pipe: then there is nobody left to answer, and that is no failure. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function inputLines(): AsyncIterator<string> {
  const reader = createInterface({ input: process.stdin, crlfDelay: Infinity })
  return reader[Symbol.asyncIterator]()
}

async function readLine(label: string, lines: AsyncIterator<string>): Promise<string> {
  process.stderr.write(`${label}: `)
  const line = await lines.next()
  process.stderr.write('\n')
  if (line.done === true) throw inputEnded(label)
  return line.value
}

function inputEnded(label: string): PortunusError {
  return new PortunusError('PROMPT_INPUT_ENDED', `Cannot read the answer to "${label}": standard input has ended`, {
    category: 'bad-input',
    hint: 'give each answer as one line of standard input, or run the command in a terminal',
  })
}

function askPerson(label: string, hidden: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    // The reader turns the terminal's own echo off, so it comes before the question: what is typed ahead stays hidden too.
    const reader: Interface = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true })
    if (hidden) process.stderr.write(`${label}: `)
    else {
      reader.setPrompt(`${label}: `)
      reader.prompt()
    }
    let answered = false
    reader.once('line', (line) => {
      answered = true
      reader.close()
      if (hidden) process.stderr.write('\n')
      resolve(line)
    })
    reader.once('SIGINT', () => {
      reader.close()
      process.stderr.write('\n')
      process.exit(130)
    })
    reader.once('close', () => {
      if (!answered) reject(inputEnded(label))
    })
  })
}
