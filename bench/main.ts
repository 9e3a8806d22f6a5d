/**
 * `npm run bench`: what the data path costs, against C proxies on the same machine in the same run. Prints tables and writes
 * JSON; exits with 0 whatever the figures are. docs/performance.md says how to read them.
 *
 *   npm run bench -- [--rounds=5] [--seconds=5] [--only=simple:8,copy-in,idle] [--targets=direct,hop] [--json=FILE]
 *                    [--binary-mb=1000] [--idle=2000] [--slow-mb=5000] [--crowd=500] [--profile=DIRECTORY]
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBenchPostgres, type BenchPostgres } from './bench-postgres.ts'
import { openChain, type Chain } from './chain.ts'
import { openHop } from './hop.ts'
import { openDirect, openHaproxy, openPgbouncer, openStunnelPair, tryToOpen } from './peers.ts'
import { barsOf, figuresOf, printBars, printFigures, printScene, type Figure } from './report.ts'
import { crowd, idleSessions, slowReader, type SceneResult } from './scenes.ts'
import { targetNames, type Target, type TargetName } from './target.ts'
import { workloads, type Sample, type Workload } from './workloads.ts'

const flags = readFlags()

function readFlags() {
  try {
    return parseArgs({
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        only: { type: 'string' },
        targets: { type: 'string', default: targetNames.join(',') },
        json: { type: 'string', default: join(tmpdir(), 'portunus-bench.json') },
        'binary-mb': { type: 'string', default: '1000' },
        idle: { type: 'string', default: '2000' },
        'slow-mb': { type: 'string', default: '5000' },
        crowd: { type: 'string', default: '500' },
        profile: { type: 'string' },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nHINT: the flags stand at the top of bench/main.ts`)
    process.exit(2)
  }
}

const rounds = Number(flags.rounds)
const wanted = flags.only?.split(',')
const isWanted = (name: string): boolean => wanted === undefined || wanted.some((part) => name === part || name.startsWith(`${part}:`))

async function openTargets(postgres: BenchPostgres, opened: AsyncDisposableStack): Promise<readonly Target[]> {
  const { profile: profileDirectory } = flags
  const openers: Record<TargetName, () => Promise<Target>> = {
    direct: async () => openDirect(postgres),
    haproxy: () => openHaproxy(postgres),
    pgbouncer: () => openPgbouncer(postgres),
    stunnel: () => openStunnelPair(postgres),
    hop: () => openHop(postgres, { isAudited: true, profileDirectory }),
    chain: () => openChain(postgres, { tunnels: isWanted('idle') ? 5 : 1, profileDirectory }),
    'hop-silent': () => openHop(postgres, { isAudited: false }),
  }
  const targets: Target[] = []
  for (const name of targetNames) {
    if (!flags.targets.split(',').includes(name)) continue
    const target = await tryToOpen(name, openers[name])
    if (target !== undefined) targets.push(opened.use(target))
  }
  return targets
}

/** Each round runs all targets, in turns forwards and backwards, so that a drift of the machine hits all alike. */
async function measure(workload: Workload, targets: readonly Target[]): Promise<readonly Figure[]> {
  const samples = new Map<TargetName, Sample[]>(targets.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? targets : [...targets].reverse()
    for (const target of order) {
      const sample = await workload.run(target, Number(flags.seconds)).catch((error: unknown) => {
        console.error(`failed: ${error instanceof Error ? error.message : String(error)}`)
        return { rate: Number.NaN, cpuMicroseconds: {} }
      })
      samples.get(target.name)?.push(sample)
    }
  }
  return figuresOf(workload, samples)
}

async function playScenes(targets: readonly Target[]): Promise<readonly SceneResult[]> {
  const chain = targets.find((target): target is Chain => target.name === 'chain')
  if (chain === undefined) return []
  const scenes: readonly [string, () => Promise<SceneResult>][] = [
    ['idle', () => idleSessions(chain, Number(flags.idle))],
    ['slow-reader', () => slowReader(chain, Number(flags['slow-mb']))],
    ['crowd', () => crowd(chain, Number(flags.crowd))],
  ]
  const results: SceneResult[] = []
  for (const [name, play] of scenes) {
    if (!isWanted(name)) continue
    try {
      const result = await play()
      printScene(result)
      results.push(result)
    } catch (error) {
      console.error(`failed: ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return results
}

function machine() {
  const version = (program: string, ...args: string[]): string =>
    spawnSync(program, args, { encoding: 'utf8' }).stdout?.split('\n')[0] ?? ''
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model.trim() ?? ''}`,
    node: process.version,
    openssl: process.versions.openssl,
    pgbench: version('pgbench', '--version'),
    haproxy: version('haproxy', '-v'),
    pgbouncer: version('pgbouncer', '--version'),
  }
}

async function bench(): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const load = loadavg()
  if (flags.profile !== undefined) await mkdir(flags.profile, { recursive: true })
  const postgres = opened.use(await openBenchPostgres({ scale: 10 }))
  const targets = await openTargets(postgres, opened)
  const figures: Figure[] = []
  for (const workload of workloads({ binaryMegabytes: Number(flags['binary-mb']) }, postgres.directory)) {
    if (!isWanted(workload.name)) continue
    const measured = await measure(workload, targets)
    printFigures(measured)
    figures.push(...measured)
  }
  const bars = barsOf(figures)
  if (bars.length > 0) printBars(bars)
  const scenes = await playScenes(targets)
  const document = {
    at: new Date().toISOString(),
    machine: machine(),
    load: { before: load, after: loadavg() },
    rounds,
    figures,
    bars,
    scenes,
  }
  writeFileSync(flags.json, `${JSON.stringify(document, undefined, 1)}\n`)
  console.log(`load before ${load[0]?.toFixed(1)}, after ${loadavg()[0]?.toFixed(1)}; figures in ${flags.json}`)
}

await bench()
process.exit(0)
