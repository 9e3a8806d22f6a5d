/** Samples to figures: medians, ratios within one run, and the table. */
import type { Sample, Workload } from './workloads.ts'
import { median } from './workloads.ts'
import type { TargetName } from './target.ts'
import type { SceneResult } from './scenes.ts'

export type Samples = ReadonlyMap<string, ReadonlyMap<TargetName, readonly Sample[]>>

export interface Figure {
  readonly workload: string
  readonly target: TargetName
  readonly unit: string
  readonly rate: number
  /** Median over the rounds of this target's rate to that of direct TLS in the same round. */
  readonly ratioToDirect: number
  readonly p50Microseconds: number | undefined
  /** By process. */
  readonly cpuMicroseconds: Readonly<Record<string, number>>
  readonly rates: readonly number[]
}

export function figuresOf(workload: Workload, byTarget: ReadonlyMap<TargetName, readonly Sample[]>): readonly Figure[] {
  const direct = byTarget.get('direct') ?? []
  return [...byTarget].map(([target, samples]) => ({
    workload: workload.name,
    target,
    unit: workload.unit,
    rate: median(samples.map(({ rate }) => rate)),
    ratioToDirect: median(samples.map(({ rate }, round) => rate / (direct[round]?.rate ?? Number.NaN))),
    p50Microseconds:
      samples[0]?.p50Microseconds === undefined ? undefined : median(samples.map(({ p50Microseconds = 0 }) => p50Microseconds)),
    cpuMicroseconds: Object.fromEntries(
      Object.keys(samples[0]?.cpuMicroseconds ?? {}).map((name) => [
        name,
        median(samples.map((sample) => sample.cpuMicroseconds[name] ?? 0)),
      ]),
    ),
    rates: samples.map(({ rate }) => Math.round(rate * 10) / 10),
  }))
}

export interface Bar {
  readonly work: string
  readonly measured: number
  readonly must: number
  readonly aim: number
  /** Whether more is better. */
  readonly isFloor: boolean
}

type RateOf = (workload: string, target: TargetName) => Figure | undefined

/** The bars of the data path, as far as the run has what they compare. */
export function barsOf(figures: readonly Figure[]): readonly Bar[] {
  const find: RateOf = (workload, target) => figures.find((figure) => figure.workload === workload && figure.target === target)
  const ratio = (workload: string, target: TargetName, peer: TargetName): number =>
    (find(workload, target)?.rate ?? Number.NaN) / (find(workload, peer)?.rate ?? Number.NaN)
  const added = (target: TargetName): number =>
    (find('simple:1', target)?.p50Microseconds ?? Number.NaN) - (find('simple:1', 'direct')?.p50Microseconds ?? Number.NaN)
  const floor = (workload: string, target: TargetName, peer: TargetName, must: number, aim: number): Bar => ({
    work: `${workload} ${target} to ${peer}`,
    measured: ratio(workload, target, peer),
    must,
    aim,
    isFloor: true,
  })
  const bars = [
    ...['simple:8', 'prepared:8'].flatMap((name) => [floor(name, 'hop', 'haproxy', 0.65, 1), floor(name, 'chain', 'stunnel', 0.5, 0.9)]),
    ...['simple:64', 'prepared:64'].flatMap((name) => [floor(name, 'hop', 'haproxy', 0.55, 0.9), floor(name, 'chain', 'stunnel', 1, 1.3)]),
    { work: 'simple:1 p50 added, hop to haproxy', measured: added('hop') / added('haproxy'), must: 1.6, aim: 1, isFloor: false },
    { work: 'simple:1 p50 added, chain to stunnel', measured: added('chain') / added('stunnel'), must: 3, aim: 1.5, isFloor: false },
    ...['copy-text', 'select-1M'].flatMap((name) => [
      floor(name, 'hop', 'haproxy', 0.8, 1),
      floor(name, 'hop', 'pgbouncer', 1, 1),
      floor(name, 'chain', 'stunnel', 0.6, 1),
    ]),
    floor('copy-binary', 'hop', 'haproxy', 0.75, 1),
    floor('copy-binary', 'chain', 'stunnel', 0.7, 1),
    floor('copy-in', 'hop', 'haproxy', 1, 1.01),
    floor('copy-in', 'chain', 'stunnel', 0.8, 1.01),
    floor('connect:8', 'hop', 'direct', 0.6, 0.8),
    floor('connect:8', 'chain', 'direct', 0.45, 0.65),
    floor('simple:8', 'hop', 'hop-silent', 0.9, 0.97),
    floor('prepared:8', 'hop', 'hop-silent', 0.9, 0.97),
  ]
  return bars.filter(({ measured }) => Number.isFinite(measured))
}

export function printFigures(figures: readonly Figure[]): void {
  printTable(
    ['work', 'target', 'rate', 'of direct', 'p50 us', 'CPU us each', 'rounds'],
    figures.map((figure) => [
      figure.workload,
      figure.target,
      `${figure.rate.toFixed(figure.rate < 1000 ? 1 : 0)} ${figure.unit}`,
      figure.ratioToDirect.toFixed(2),
      figure.p50Microseconds?.toFixed(0) ?? '',
      cpuText(figure.cpuMicroseconds),
      figure.rates.map((rate) => rate.toFixed(0)).join(' '),
    ]),
  )
}

function cpuText(byProcess: Readonly<Record<string, number>>): string {
  const values = Object.values(byProcess)
  const total = values.reduce((sum, value) => sum + value, 0)
  const parts = Object.entries(byProcess).map(([name, value]) => `${name} ${value.toFixed(0)}`)
  return values.length < 2 ? total.toFixed(0) : `${total.toFixed(0)} (${parts.join(', ')})`
}

export function printBars(bars: readonly Bar[]): void {
  printTable(
    ['bar', 'measured', 'must', 'aim', ''],
    bars.map(({ work, measured, must, aim, isFloor }) => [
      work,
      measured.toFixed(2),
      `${isFloor ? '>=' : '<='} ${must}`,
      String(aim),
      (isFloor ? measured >= must : measured <= must) ? 'met' : 'MISSED',
    ]),
  )
}

export function printScene({ scene, figures }: SceneResult): void {
  console.log(
    `${scene}: ${Object.entries(figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  )
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  console.log([line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'))
}
