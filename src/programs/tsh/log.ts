/** The log of tsh: nothing, unless the person wants to see what happens; then one line per event among the conversation. */
import type { Log, LogFields, Terminal } from '#foundation'

const silent: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silent }

export function tshLog(terminal: Terminal, isWanted: boolean): Log {
  return isWanted ? logTo(terminal, {}) : silent
}

function logTo(terminal: Terminal, always: LogFields): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const shown = Object.entries({ ...always, ...fields }).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
      terminal.tell(`${level} ${message}${shown.join('')}`)
    }
  return {
    debug: write('DEBUG'),
    info: write('INFO'),
    warn: write('WARN'),
    error: write('ERROR'),
    child: (fields) => logTo(terminal, { ...always, ...fields }),
  }
}

function ignore(): void {}
