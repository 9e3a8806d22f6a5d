/** What processes have used so far, as Linux tells in /proc: processor time and memory. */
import { readFileSync } from 'node:fs'

// USER_HZ is 100 on every Linux that Node.js runs on.
const microsecondsPerTick = 10_000

/** Processor time of the process, user and system. One that is gone counts for nothing. */
function cpuMicroseconds(pid: number): number {
  const stat = readProc(`/proc/${pid}/stat`)
  // The name in brackets may hold blanks; the numbers stand behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * microsecondsPerTick
}

/** The processor time that work takes, by process. */
export async function whileMeasuring<T>(
  processes: Readonly<Record<string, number>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly microseconds: Readonly<Record<string, number>> }> {
  const read = () => Object.entries(processes).map(([name, pid]) => [name, cpuMicroseconds(pid)] as const)
  const before = new Map(read())
  const result = await work()
  return { result, microseconds: Object.fromEntries(read().map(([name, time]) => [name, time - (before.get(name) ?? 0)])) }
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
