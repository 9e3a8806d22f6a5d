/** A journal that dies between any two bytes it writes, against a model of what it had promised. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { AuditEvent } from '#audit-events'
import type { AuditJournal } from './audit-journal.ts'
import { MemoryDisk, type Change } from './testing/memory-journal-file.ts'
import { HurryingClock, openOn, shipAll } from './testing/open-journal.ts'
import { login, statement, uidOf } from './testing/samples.ts'

type Step = 'append' | 'begin' | 'finish' | 'flush' | 'flush to a full disk' | 'ship' | 'ship unanswered'

/** What must survive a death after that many changes of the disk. */
interface Promised {
  readonly changes: number
  /** By uid: the event as it must come back, or undefined where the provisional one will do. */
  readonly flushed: ReadonlyMap<string, AuditEvent | undefined>
  readonly acknowledged: ReadonlySet<string>
}

/** Plays the steps as an agent would, and notes after each what has been promised. */
class Life {
  readonly promises: Promised[] = []
  readonly #disk: MemoryDisk
  readonly #journal: AuditJournal
  readonly #flushed = new Map<string, AuditEvent | undefined>()
  readonly #acknowledged = new Set<string>()
  readonly #waiting = new Map<string, AuditEvent | undefined>()
  readonly #running: number[] = []
  #next = 1

  constructor(disk: MemoryDisk) {
    this.#disk = disk
    this.#journal = openOn(disk, { compactBytesMin: 600 })
  }

  async play(step: Step): Promise<void> {
    switch (step) {
      case 'append':
        this.#append()
        break
      case 'begin':
        this.#begin()
        break
      case 'finish':
        this.#finish()
        break
      case 'flush':
      case 'flush to a full disk':
        this.#flush(step === 'flush' ? Number.POSITIVE_INFINITY : 25)
        break
      case 'ship':
      case 'ship unanswered':
        await this.#ship(step === 'ship')
        break
    }
    this.promises.push({
      changes: this.#disk.changes.length,
      flushed: new Map(this.#flushed),
      acknowledged: new Set(this.#acknowledged),
    })
  }

  #append(): void {
    const event = login(this.#next++)
    this.#journal.append(event)
    this.#waiting.set(event.uid, event)
  }

  #begin(): void {
    const number = this.#next++
    this.#running.push(number)
    this.#journal.beginStatement({ uid: uidOf(number), provisional: statement(number, 'unknown') })
    this.#waiting.set(uidOf(number), undefined)
  }

  #finish(): void {
    const number = this.#running.shift()
    if (number === undefined) return
    this.#journal.finishStatement(statement(number))
    this.#waiting.set(uidOf(number), statement(number))
  }

  #flush(freeBytes: number): void {
    this.#disk.freeBytes = freeBytes
    try {
      this.#journal.flushSync()
      for (const [uid, event] of this.#waiting) this.#flushed.set(uid, event)
      this.#waiting.clear()
    } catch {
      // The agent would refuse its statements; nothing was promised.
    }
    this.#disk.freeBytes = Number.POSITIVE_INFINITY
  }

  async #ship(isAnswered: boolean): Promise<void> {
    const controller = new AbortController()
    const send = async (events: readonly AuditEvent[]): Promise<void> => {
      if (!isAnswered) await new Promise(() => {})
      for (const { uid } of events) this.#acknowledged.add(uid)
    }
    const shipping = this.#journal.ship(send, { signal: controller.signal, clock: new HurryingClock() })
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await shipping
  }
}

/** The disk as a death leaves it: the first changes whole, of the next append some bytes. */
function diskAfter(changes: readonly Change[], whole: number, bytes: number): MemoryDisk {
  const files = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)]
  for (const [index, change] of changes.slice(0, whole + 1).entries()) {
    const content = files[change.file] ?? Buffer.alloc(0)
    if (change.kind === 'append')
      files[change.file] = Buffer.concat([content, index < whole ? change.bytes : change.bytes.subarray(0, bytes)])
    else if (index < whole) files[change.file] = content.subarray(0, change.size)
  }
  return new MemoryDisk(files)
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Step>('append', 'begin', 'finish') },
    { weight: 3, arbitrary: fc.constant<Step>('flush') },
    { weight: 1, arbitrary: fc.constantFrom<Step>('flush to a full disk', 'ship', 'ship', 'ship unanswered') },
  ),
  { minLength: 20, maxLength: 120 },
)

test('whenever the process dies, everything flushed has reached the authority or is still there, as it was', async () => {
  let moves = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 6, maxLength: 6 }), async (played, deaths) => {
      const disk = new MemoryDisk([])
      const life = new Life(disk)
      for (const step of played) await life.play(step)
      if (disk.content(1).length > 0) moves++
      for (const [place, bytes] of deaths) {
        const whole = place % (disk.changes.length + 1)
        const change = disk.changes[whole]
        const after = diskAfter(disk.changes, whole, change?.kind === 'append' ? bytes % (change.bytes.length + 1) : 0)
        const recovered = await shipAll(openOn(after), { acknowledge: true })
        const before = life.promises.findLast(({ changes }) => changes <= whole)
        // What the authority took in the very step the process died in.
        const during = life.promises.find(({ changes }) => changes > whole)
        check(recovered, before?.flushed ?? new Map(), new Set([...(before?.acknowledged ?? []), ...(during?.acknowledged ?? [])]))
        assert.equal(openOn(after).pending(), 0)
      }
    }),
    { numRuns: 150 },
  )
  assert.ok(moves > 5, `the journal moved on in ${moves} lives only`)
})

function check(recovered: readonly AuditEvent[], flushed: Promised['flushed'], acknowledged: ReadonlySet<string>): void {
  const byUid = new Map(recovered.map((event) => [event.uid, event]))
  assert.equal(byUid.size, recovered.length, 'an event came back twice')
  for (const [uid, event] of flushed) {
    const found = byUid.get(uid)
    assert.ok(found !== undefined || acknowledged.has(uid), `${uid} is lost`)
    if (event !== undefined && found !== undefined) assert.deepEqual(found, event)
  }
  for (const event of recovered) {
    const number = Number(event.uid.slice(-12))
    const shapes = [login(number), statement(number), statement(number, 'unknown')].map((shape) => JSON.stringify(sorted(shape)))
    assert.ok(shapes.includes(JSON.stringify(sorted(event))), 'an event came back changed')
  }
}

function sorted(event: AuditEvent): unknown {
  return Object.entries(event).sort(([left], [right]) => (left < right ? -1 : 1))
}
