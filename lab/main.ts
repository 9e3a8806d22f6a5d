/** `npm run lab`: runs the lab in the foreground until it is told to stop. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { PortunusError, messageOf } from '#foundation'
import { helpText, parseCommandLine } from './command-line.ts'
import type { LabCommand } from './command-line.ts'
import { startLab } from './lab.ts'
import { labSheet, printActivity, printLabSheet } from './sheet.ts'
import type { LabSheet } from './sheet.ts'

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const hint = error instanceof PortunusError && error.hint !== undefined ? `HINT: ${error.hint}\n` : ''
  process.stderr.write(`ERROR: ${messageOf(error)}\n${hint}`)
  return 1
})

/** The exit code: 0 when a signal ended the lab, 1 when it broke. */
async function main(words: readonly string[]): Promise<number> {
  const command = parseCommandLine(words)
  if (command.kind === 'help') {
    process.stdout.write(helpText)
    return 0
  }
  return run(command)
}

async function run(command: Extract<LabCommand, { kind: 'run' }>): Promise<number> {
  // Listened for from the start: a signal while starting up must clean up too.
  const stopped = new Promise<'stopped'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('stopped'))
  })
  await using opened = new AsyncDisposableStack()
  if (command.jsonFile !== undefined) await rm(command.jsonFile, { force: true })
  const onActivity = command.verbose
    ? { onActivity: (record: Parameters<typeof printActivity>[0]) => process.stderr.write(`${printActivity(record)}\n`) }
    : {}
  const lab = opened.use(await startLab({ ...command.options, ...onActivity }))
  const sheet = labSheet(lab, process.pid)
  if (command.jsonFile !== undefined) opened.use(await writeSheet(command.jsonFile, sheet))
  process.stdout.write(printLabSheet(sheet))
  const end = await Promise.race([stopped, lab.broken])
  if (end !== 'stopped') throw end
  return 0
}

/** Written whole or not at all, for its owner only: it holds credentials. Removed when disposed of. */
async function writeSheet(path: string, sheet: LabSheet): Promise<AsyncDisposable> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, `${JSON.stringify(sheet, undefined, 2)}\n`, { mode: 0o600 })
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true })
    throw new PortunusError('LAB_FILE_FAILED', `Cannot write "${path}": ${messageOf(cause)}`, {
      category: 'bad-input',
      hint: 'choose a path in a directory that exists and can be written',
      cause,
    })
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
}
