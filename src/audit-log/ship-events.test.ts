/** Shipping to authorities that are away, refuse, or do not answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import type { AuditEvent } from '#audit-events'
import type { AuditJournal, AuditJournalOptions } from './audit-journal.ts'
import { MemoryDisk } from './testing/memory-journal-file.ts'
import { HurryingClock, openOn } from './testing/open-journal.ts'
import { keepingLog, login, statement } from './testing/samples.ts'

function journalOf(events: readonly AuditEvent[], options: Partial<AuditJournalOptions> = {}): AuditJournal {
  const journal = openOn(new MemoryDisk([]), options)
  for (const event of events) journal.append(event)
  journal.flushSync()
  return journal
}

/** Ships with the given authority until it aborts. */
async function shipWith(
  journal: AuditJournal,
  send: (events: readonly AuditEvent[], stop: () => void) => Promise<void>,
): Promise<HurryingClock> {
  const controller = new AbortController()
  const clock = new HurryingClock()
  const stop = (): void => void setImmediate(() => controller.abort())
  await journal.ship((events) => send(events, stop), { signal: controller.signal, clock, randomness: { fraction: () => 1 } })
  return clock
}

const unavailable = new PortunusError('AUTHORITY_UNREACHABLE', 'Cannot reach the authority: refused', { category: 'unavailable' })
const refused = new PortunusError('AUDIT_EVENT_REFUSED', 'Cannot record an event: bad', { category: 'bad-input' })

test('an authority that cannot be reached is asked again, less and less often, and gets everything in order', async () => {
  const log = keepingLog()
  const journal = journalOf([login(1), login(2)], { log })
  let attempts = 0
  let received: readonly AuditEvent[] = []
  const clock = await shipWith(journal, async (events, stop) => {
    if (++attempts <= 9) throw attempts % 2 === 0 ? unavailable : new Error('socket hang up')
    received = events
    stop()
  })
  assert.deepEqual(received, [login(1), login(2)])
  assert.deepEqual(clock.slept.slice(0, 9), [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  assert.deepEqual(log.lines, ['warn audit events cannot be shipped, trying again', 'info audit events are shipped again'])
  assert.equal(journal.pending(), 0)
})

test('many events go in batches, bounded in number and in bytes', async () => {
  const small = Array.from({ length: 1200 }, (_, index) => login(index + 1))
  const large = Array.from({ length: 3 }, (_, index) => statement(2000 + index, 'ok', 'x'.repeat(400_000)))
  const journal = journalOf([...small, ...large])
  const sizes: number[] = []
  await shipWith(journal, async (events, stop) => {
    sizes.push(events.length)
    if (events.at(-1)?.uid === large.at(-1)?.uid) stop()
  })
  assert.deepEqual(sizes, [500, 500, 201, 1, 1])
})

test('a refused event is set aside and named, and holds nobody up', async () => {
  const log = keepingLog()
  const events = Array.from({ length: 10 }, (_, index) => login(index + 1))
  const journal = journalOf(events, { log })
  const received: AuditEvent[] = []
  const authority = async (batch: readonly AuditEvent[], stop: () => void): Promise<void> => {
    if (received.length + 1 >= events.length) stop()
    if (batch.some(({ uid }) => uid === events[3]?.uid)) throw refused
    received.push(...batch)
    if (received.length + 1 >= events.length) stop()
  }
  await shipWith(journal, authority)
  assert.deepEqual(
    received,
    events.filter((_, index) => index !== 3),
  )
  assert.equal(journal.pending(), 1)
  assert.deepEqual(log.lines, ['error an audit event was refused and is kept'])
  await shipWith(journal, async (batch, stop) => {
    assert.deepEqual(batch, [events[3]])
    stop()
  })
  assert.equal(journal.pending(), 0)
})

test('events flushed while shipping waits go out without being asked for', async () => {
  const journal = journalOf([])
  const received: AuditEvent[] = []
  const shipping = shipWith(journal, async (events, stop) => {
    received.push(...events)
    if (received.length === 2) stop()
  })
  for (const event of [login(1), login(2)]) {
    await new Promise((resolve) => setImmediate(resolve))
    journal.append(event)
    journal.flushSync()
  }
  await shipping
  assert.deepEqual(received, [login(1), login(2)])
})

test('shipping ends at once when it is told to, while it waits and while it sends', async () => {
  for (const events of [[], [login(1)]]) {
    const journal = journalOf(events)
    const controller = new AbortController()
    const shipping = journal.ship(() => new Promise(() => {}), { signal: controller.signal, clock: new HurryingClock() })
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await shipping
    assert.equal(journal.pending(), events.length)
  }
})

test('a journal is shipped by one caller at a time, and its closing ends that', async () => {
  const journal = journalOf([])
  const { signal } = new AbortController()
  const shipping = journal.ship(async () => {}, { signal, clock: new HurryingClock() })
  await assert.rejects(
    journal.ship(async () => {}, { signal, clock: new HurryingClock() }),
    { code: 'AUDIT_SHIPPING_ALREADY' },
  )
  await journal[Symbol.asyncDispose]()
  await shipping
})

test('a large backlog is kept as text, and shipped as it was', async () => {
  const sql = 'x'.repeat(1024 * 1024)
  const events = Array.from({ length: 20 }, (_, index) => statement(index, 'ok', sql))
  const journal = journalOf(events)
  const received: AuditEvent[] = []
  await shipWith(journal, async (batch, stop) => {
    received.push(...batch)
    if (received.length === events.length) stop()
  })
  assert.deepEqual(received, events)
})
