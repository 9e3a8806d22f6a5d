/** Writes a generated file where `-o` says, and never over another one. */
import { outputDestination } from '#configuration'
import { PortunusError } from '#foundation'
import type { TeleportWorld } from './world.ts'

export interface GeneratedOutput {
  readonly text: string
  /** The value of `-o`. */
  readonly output: string
  /** What the word `file` stands for. */
  readonly defaultFile?: string
  readonly mode?: number
  /** Said on stderr once the file is there. */
  readonly next: (path: string) => string
}

/** Throws OUTPUT_REFUSED, OUTPUT_EXISTS, or what the file system says. */
export async function writeOutput(world: TeleportWorld, generated: GeneratedOutput): Promise<void> {
  const destination = outputDestination(generated.output, { defaultFile: generated.defaultFile })
  if (destination.kind === 'stdout') {
    world.terminal.answer(generated.text)
    return
  }
  const { path } = destination
  try {
    await world.files.writeText(path, generated.text, { mode: generated.mode ?? 0o600, exclusive: true, directoryMode: 0o755 })
  } catch (error) {
    if (!(error instanceof PortunusError) || error.code !== 'FILE_EXISTS') throw error
    throw new PortunusError('OUTPUT_EXISTS', `Cannot write "${path}": the file exists and is not overwritten`, {
      category: 'already-exists',
      cause: error,
      hint: `remove it and run the command again: rm -f ${path}`,
    })
  }
  world.terminal.tell(`Wrote "${path}".\n${generated.next(path)}`)
}

/** What starts the services of a file; those of /etc keep their data where only the superuser may write. */
export function startCommand(path: string): string {
  return `${path.startsWith('/etc/') ? 'sudo ' : ''}teleport start --config=${path}`
}
