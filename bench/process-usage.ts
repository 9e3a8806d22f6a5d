/** What processes have used so far, as Linux tells in /proc: processor time and memory. */
import { readFileSync } from 'node:fs'

// USER_HZ is 100 on every Linux that Node.js runs on.
const microsecondsPerTick = 10_000

/** Processor time of the processes, user and system, in microseconds. A process that is gone counts for nothing. */
export function cpuMicroseconds(pids: readonly number[]): number {
  let total = 0
  for (const pid of pids) {
    const stat = readProc(`/proc/${pid}/stat`)
    // The name in brackets may hold blanks; the numbers stand behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    total += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * microsecondsPerTick
  }
  return total
}

export interface Memory {
  readonly residentBytes: number
  /** The most it has ever been, or since `resetPeak`. */
  readonly peakBytes: number
}

export function memoryOf(pid: number): Memory {
  const status = readProc(`/proc/${pid}/status`)
  return { residentBytes: kilobytes(status, 'VmRSS'), peakBytes: kilobytes(status, 'VmHWM') }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(String.raw`^${name}:\s+(\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
