/** Runs test files with node:test, in phases one after another, and closes with one summary over all of them. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { root } from './bundle-programs.ts'

export interface TestPhase {
  readonly files: readonly string[]
  /** How many files run at once. */
  readonly concurrency: number
  /** After this long a file has failed. */
  readonly timeoutMilliseconds: number
}

type TestEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

/** Resolves with whether every test passed; a run without tests has not passed. */
export async function runTestFiles(phases: readonly TestPhase[]): Promise<boolean> {
  const totals = new Map<string, number>()
  const reporter = Readable.from(eventsOf(phases, totals)).compose<NodeJS.ReadWriteStream>(new spec())
  reporter.pipe(process.stdout, { end: false })
  await once(reporter, 'end')
  const count = (name: string): number => totals.get(name) ?? 0
  return count('tests') > 0 && count('fail') + count('cancelled') === 0
}

/** The events of all phases; the closing counts of each are held back, and their sums come last. */
async function* eventsOf(phases: readonly TestPhase[], totals: Map<string, number>): AsyncGenerator<TestEvent> {
  const closings: TestEvent[] = []
  for (const { files, concurrency, timeoutMilliseconds } of phases) {
    if (files.length === 0) continue
    const events: AsyncIterable<TestEvent> = run({ files: [...files], cwd: root, concurrency, timeout: timeoutMilliseconds })
    for await (const event of events) {
      const count = closingCount(event)
      if (count !== undefined) totals.set(count.name, (totals.get(count.name) ?? 0) + count.value)
      // The reporter lists what failed when it sees the summary of the whole run, which has no file.
      else if (event.type === 'test:summary' && event.data['file'] === undefined) closings.push(event)
      else yield event
    }
  }
  for (const [name, value] of totals)
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${Math.round(value * 1000) / 1000}`, level: 'info' } }
  const last = closings.at(-1)
  if (last !== undefined) yield last
}

function closingCount({ type, data }: TestEvent): { readonly name: string; readonly value: number } | undefined {
  if (type !== 'test:diagnostic' || data['file'] !== undefined || data['nesting'] !== 0) return undefined
  const match = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/.exec(String(data['message']))
  return match?.[1] === undefined ? undefined : { name: match[1], value: Number(match[2]) }
}
