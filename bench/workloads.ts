/** What clients do with a target: pgbench and psql, as anyone would run them. */
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whileMeasuring } from './process-usage.ts'
import { clientEnvironment, type Target } from './target.ts'

export interface Sample {
  /** Transactions, connections or megabytes per second. */
  readonly rate: number
  readonly p50Microseconds?: number
  /** Processor time of each process in between, per transaction, connection or megabyte. */
  readonly cpuMicroseconds: Readonly<Record<string, number>>
}

export interface Workload {
  readonly name: string
  readonly unit: 'tps' | 'connections/s' | 'MB/s'
  run(target: Target, seconds: number): Promise<Sample>
}

const clientMillisecondsMax = 300_000

/** Runs a client program; its output is dropped by the kernel or returned. Rejects when it fails. */
function client(program: string, args: readonly string[], target: Target, options: { input?: string; isKept: boolean }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: clientEnvironment(target.environment),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', options.isKept ? 'pipe' : 'ignore', 'pipe'],
      timeout: clientMillisecondsMax,
    })
    let output = ''
    let errors = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${target.name}: ${program} ${args.join(' ')} ended with ${code}: ${errors.slice(-500)}`))
    })
    if (options.input !== undefined && child.stdin !== null) {
      child.stdin.on('error', () => {})
      createReadStream(options.input).pipe(child.stdin)
    }
  })
}

function selects(mode: 'simple' | 'prepared', clients: number): Workload {
  return {
    name: `${mode}:${clients}`,
    unit: 'tps',
    async run(target, seconds) {
      const directory = await mkdtemp(join(tmpdir(), 'portunus-pgbench-'))
      try {
        const isLogged = clients === 1
        const log = isLogged ? ['-l', `--log-prefix=${join(directory, 'log')}`] : []
        const args = ['-n', '-S', '-M', mode, '-c', String(clients), '-j', String(Math.min(clients, 2)), '-T', String(seconds), ...log]
        const sample = await pgbench(args, target)
        return isLogged ? { ...sample, p50Microseconds: await medianOfLog(directory) } : sample
      } finally {
        await rm(directory, { recursive: true })
      }
    },
  }
}

async function medianOfLog(directory: string): Promise<number> {
  const files = await readdir(directory)
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
  const latencies = texts.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2])),
  )
  return median(latencies)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2
}

const connects: Workload = {
  name: 'connect:8',
  unit: 'connections/s',
  async run(target, seconds) {
    return await pgbench(['-n', '-S', '-C', '-c', '8', '-j', '2', '-T', String(seconds)], target)
  },
}

async function pgbench(args: readonly string[], target: Target): Promise<Sample> {
  const { result, microseconds } = await whileMeasuring(target.processes, () => client('pgbench', args, target, { isKept: true }))
  const transactions = numberIn(result, /transactions actually processed: (\d+)/)
  return { rate: numberIn(result, /tps = ([\d.]+)/), cpuMicroseconds: divided(microseconds, transactions) }
}

function divided(values: Readonly<Record<string, number>>, by: number): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value / by]))
}

/** Moves that many megabytes; the time is that of the client program, start included. */
function bulk(name: string, megabytes: number, args: readonly string[], input?: () => Promise<string>): Workload {
  return {
    name,
    unit: 'MB/s',
    async run(target) {
      const path = await input?.()
      const psqlArgs = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', ...args]
      const startedAt = performance.now()
      const { microseconds } = await whileMeasuring(target.processes, () =>
        client('psql', psqlArgs, target, { isKept: false, ...(path === undefined ? {} : { input: path }) }),
      )
      const seconds = (performance.now() - startedAt) / 1000
      return { rate: megabytes / seconds, cpuMicroseconds: divided(microseconds, megabytes) }
    },
  }
}

const row = `${'1'.repeat(6)}\t1\t0\t${'x'.repeat(84)}\n`
const rowsOut = 1_000_000
const rowsIn = 500_000
const binaryRowBytes = 8000

export interface BulkSizes {
  readonly binaryMegabytes: number
}

/** Every row of the table but those that are about processes rather than rates. */
export function workloads(sizes: BulkSizes, scratchDirectory: string): readonly Workload[] {
  const rows = `SELECT g, 1, 0, repeat('x', 84) FROM generate_series(1, ${rowsOut}) g`
  const textMegabytes = (rowsOut * (6 + 1 + 1 + 84 + 4)) / 1e6
  const binaryRows = Math.round((sizes.binaryMegabytes * 1e6) / binaryRowBytes)
  const binary = `COPY (SELECT repeat('x', ${binaryRowBytes}) FROM generate_series(1, ${binaryRows})) TO STDOUT (FORMAT binary)`
  const fileIn = async (): Promise<string> => {
    const path = join(scratchDirectory, 'rows.txt')
    await writeFile(path, row.repeat(rowsIn), { flag: 'wx' }).catch(() => {})
    return path
  }
  const clients = [1, 8, 64]
  return [
    ...clients.map((count) => selects('simple', count)),
    ...clients.map((count) => selects('prepared', count)),
    bulk('copy-text', textMegabytes, ['-c', `COPY (${rows}) TO STDOUT`]),
    bulk('select-1M', textMegabytes, ['-v', 'FETCH_COUNT=0', '-c', rows]),
    bulk('copy-binary', sizes.binaryMegabytes, ['-c', binary]),
    bulk('copy-in', (rowsIn * row.length) / 1e6, ['-c', 'BEGIN', '-c', 'COPY bench_in FROM STDIN', '-c', 'ROLLBACK'], fileIn),
    connects,
  ]
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1])
}
