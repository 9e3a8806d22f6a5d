/** The Log port on pino: one line per event to stderr, as JSON or as text for people. */
import { pino, type DestinationStream, type Logger } from 'pino'
import type { Log, LogFields } from '#foundation'

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly format: 'text' | 'json'
}

/** Writes synchronously, so that the last line before a crash is there. */
export function openLog(options: LogOptions): Log {
  const destination: DestinationStream = options.format === 'json' ? jsonDestination() : textDestination()
  return logOf(pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination))
}

// Whoever read the log may be gone (a closed terminal, a pipe whose reader ended). The service goes on, and stops in order,
// without a log: an error here would be logged in turn, for ever.
function jsonDestination(): DestinationStream {
  const destination = pino.destination({ fd: 2, sync: true })
  destination.on('error', ignoreFailure)
  return destination
}

function textDestination(): DestinationStream {
  if (!process.stderr.listeners('error').includes(ignoreFailure)) process.stderr.on('error', ignoreFailure)
  return { write: writeText }
}

function ignoreFailure(): void {}

function logOf(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    error: (message, fields) => logger.error(plain(fields), message),
    child: (fields) => logOf(logger.child(plain(fields))),
  }
}

/** Errors become their message: a stack belongs to --debug, not to every line. */
function plain(fields: LogFields | undefined): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields ?? {})) shown[name] = value instanceof Error ? value.message : value
  return shown
}

const levelNames: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR' }

function writeText(line: string): void {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg: string }
  const tail = Object.entries(fields)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join('')
  process.stderr.write(`${time} ${(levelNames[level] ?? '').padEnd(5)} ${msg}${tail}\n`)
}
