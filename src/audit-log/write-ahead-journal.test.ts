/** The journal of one process, with disks that are full and broken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent } from '#audit-events'
import { MemoryDisk } from './testing/memory-journal-file.ts'
import { HurryingClock, openOn, shipAll } from './testing/open-journal.ts'
import { keepingLog, login, statement, uidOf } from './testing/samples.ts'

const emptyDisk = (): MemoryDisk => new MemoryDisk([])
const begin = (number: number, sql?: string) => ({ uid: uidOf(number), provisional: statement(number, 'unknown', sql) })
const numbers = (events: readonly AuditEvent[]): readonly number[] => events.map(({ uid }) => Number(uid.slice(-6)))

test('what was flushed is shipped in the order of completion', async () => {
  const journal = openOn(emptyDisk())
  journal.append(login(1))
  journal.beginStatement(begin(2))
  journal.beginStatement(begin(3))
  journal.flushSync()
  journal.finishStatement(statement(3))
  journal.append(login(4))
  journal.finishStatement(statement(2, 'error'))
  journal.flushSync()
  assert.equal(journal.pending(), 4)
  const sent = await shipAll(journal, { acknowledge: true })
  assert.deepEqual(sent, [login(1), statement(3), login(4), statement(2, 'error')])
  assert.equal(journal.pending(), 0)
})

test('nothing is shipped before it was flushed', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  const controller = new AbortController()
  const shipping = journal.ship(async () => assert.fail('shipped'), { signal: controller.signal, clock: new HurryingClock() })
  journal.append(login(1))
  journal.beginStatement(begin(2))
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(disk.content(0).length, 0)
  controller.abort()
  await shipping
  assert.equal(journal.pending(), 1)
})

test('a statement that was running when the process died is shipped as it stood', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.beginStatement(begin(1))
  journal.beginStatement(begin(2))
  journal.flushSync()
  journal.finishStatement(statement(1))
  journal.flushSync()
  // Finished, but not flushed: as good as running.
  journal.finishStatement(statement(2))
  const again = openOn(new MemoryDisk([disk.content(0), disk.content(1), disk.content(2)]))
  assert.deepEqual(await shipAll(again, { acknowledge: true }), [statement(1), statement(2, 'unknown')])
})

test('a recovered statement stays recovered, however often the process dies', async () => {
  const disk = emptyDisk()
  const first = openOn(disk)
  first.beginStatement(begin(1))
  first.flushSync()
  for (let life = 0; life < 3; life++) openOn(disk)
  assert.deepEqual(await shipAll(openOn(disk), { acknowledge: true }), [statement(1, 'unknown')])
  assert.equal(openOn(disk).pending(), 0)
})

test('acknowledged events are not shipped again, unacknowledged ones are', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.append(login(1))
  journal.flushSync()
  await shipAll(journal, { acknowledge: true })
  journal.append(login(2))
  journal.append(login(3))
  journal.flushSync()
  assert.deepEqual(numbers(await shipAll(journal, { acknowledge: false })), [2, 3])
  const again = openOn(disk)
  assert.equal(again.pending(), 2)
  assert.deepEqual(numbers(await shipAll(again, { acknowledge: true })), [2, 3])
})

test('a lost acknowledgement file means sending again, never losing', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.append(login(1))
  journal.flushSync()
  await shipAll(journal, { acknowledge: true })
  const without = openOn(new MemoryDisk([disk.content(0), disk.content(1)]))
  assert.deepEqual(numbers(await shipAll(without, { acknowledge: true })), [1])
})

test('an acknowledgement left by a journal that is gone does not count for the new one', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  for (let number = 1; number <= 3; number++) journal.append(login(number))
  journal.flushSync()
  await shipAll(journal, { acknowledge: true })
  const fresh = new MemoryDisk([Buffer.alloc(0), Buffer.alloc(0), disk.content(2)])
  const next = openOn(fresh)
  next.append(login(4))
  next.flushSync()
  assert.deepEqual(numbers(await shipAll(openOn(fresh), { acknowledge: true })), [4])
})

test('a torn last write is cut off', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.append(login(1))
  journal.flushSync()
  const good = disk.content(0).length
  journal.append(login(2))
  journal.flushSync()
  const torn = new MemoryDisk([disk.content(0).subarray(0, disk.content(0).length - 3)])
  const again = openOn(torn)
  assert.equal(torn.content(0).length, good)
  again.append(login(3))
  again.flushSync()
  assert.deepEqual(numbers(await shipAll(openOn(torn), { acknowledge: true })), [1, 3])
})

test('damage in the middle is reported, costs its own records only, and makes everything be sent again', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  const ends = [login(1), login(2), login(3)].map((event) => {
    journal.append(event)
    journal.flushSync()
    return disk.content(0).length
  })
  await shipAll(journal, { acknowledge: true })
  disk.content(0).fill(0, (ends[0] ?? 0) + 20, (ends[0] ?? 0) + 30)
  const log = keepingLog()
  const again = openOn(disk, { log })
  assert.deepEqual(log.lines, ['error audit journal is damaged, records are lost'])
  assert.deepEqual(numbers(await shipAll(again, { acknowledge: true })), [1, 3])
})

for (const freeBytes of [0, 1, 40, 200]) {
  test(`a disk that takes ${freeBytes} more bytes refuses the statement, and what was refused is written later`, async () => {
    const disk = emptyDisk()
    const journal = openOn(disk)
    journal.append(login(1))
    journal.flushSync()
    const good = disk.content(0).length
    disk.freeBytes = freeBytes
    journal.beginStatement(begin(2))
    assert.throws(() => journal.flushSync(), {
      code: 'AUDIT_WRITE_FAILED',
      category: 'unavailable',
      sqlState: '53100',
      message: 'Cannot write the audit journal: its disk is full',
    })
    assert.equal(disk.content(0).length, good)
    journal.finishStatement(statement(2, 'refused'))
    assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
    disk.freeBytes = Number.POSITIVE_INFINITY
    journal.append(login(3))
    journal.flushSync()
    assert.deepEqual(await shipAll(openOn(disk), { acknowledge: true }), [login(1), statement(2, 'refused'), login(3)])
  })
}

test('a file that can neither be written nor cut back is cut back before the next record', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.append(login(1))
  journal.flushSync()
  disk.freeBytes = 30
  disk.broken = new Set(['truncate'])
  journal.append(login(2))
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
  disk.freeBytes = Number.POSITIVE_INFINITY
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED', sqlState: '58030' })
  disk.broken = new Set()
  journal.flushSync()
  assert.deepEqual(numbers(await shipAll(openOn(disk), { acknowledge: true })), [1, 2])
})

test('with a sync for each flush, a sync that fails refuses the statement', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk, { syncEachFlush: true })
  disk.broken = new Set(['sync'])
  journal.beginStatement(begin(1))
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
  assert.equal(disk.content(0).length, 0)
})

test('SQL is written once, however often its record changes', () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  const sql = `SELECT '${'x'.repeat(10_000)}'`
  journal.beginStatement(begin(1, sql))
  journal.flushSync()
  const before = disk.content(0).length
  journal.finishStatement({ ...statement(1, 'ok', sql), rows: 7 })
  journal.flushSync()
  assert.ok(disk.content(0).length - before < 500)
})

test('a backlog beyond its limit refuses new statements until it was shipped', async () => {
  const journal = openOn(emptyDisk(), { backlogBytesMax: 2000 })
  for (let number = 1; number <= 10; number++) journal.append(login(number))
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED', message: /wait to be shipped/ })
  assert.equal(journal.pressure().full, true)
  journal.beginStatement(begin(11))
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
  journal.finishStatement(statement(11, 'refused'))
  journal.flushSync()
  assert.equal((await shipAll(journal, { acknowledge: true })).length, 11)
  const { full, events, bytes, openStatements, lost } = journal.pressure()
  assert.deepEqual({ full, events, bytes, openStatements, lost }, { full: false, events: 0, bytes: 0, openStatements: 0, lost: 0 })
})

test('what can neither be written nor held is counted as lost, and memory stays bounded', () => {
  const disk = emptyDisk()
  const log = keepingLog()
  const journal = openOn(disk, { log, backlogBytesMax: 1000 })
  disk.broken = new Set(['append'])
  const sql = 'x'.repeat(1024 * 1024)
  for (let number = 1; number <= 20; number++) journal.append(statement(number, 'ok', sql))
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
  const { lost, bytes } = journal.pressure()
  assert.ok(lost >= 4 && lost < 20 && bytes < 17 * 1024 * 1024)
  assert.equal(log.lines.filter((line) => line.startsWith('error')).length, 1)
})

test('shipped events are left behind, while running statements and waiting events go along', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk, { compactBytesMin: 10_000 })
  journal.beginStatement(begin(1))
  journal.beginStatement(begin(2))
  journal.flushSync()
  let largest = 0
  for (let number = 10; number < 400; number++) {
    journal.append(login(number))
    journal.flushSync()
    largest = Math.max(largest, disk.content(0).length, disk.content(1).length)
    if (number % 10 === 0) await shipAll(journal, { acknowledge: true })
  }
  assert.ok(largest < 20_000, `${largest}`)
  journal.finishStatement(statement(2))
  journal.flushSync()
  const again = openOn(disk)
  assert.deepEqual((await shipAll(again, { acknowledge: true })).slice(-2), [statement(2), statement(1, 'unknown')])
})

test('a statement whose end is not flushed while the journal moves on is still whole', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk, { compactBytesMin: 1 })
  journal.beginStatement(begin(1))
  for (let number = 2; number < 20; number++) journal.append(login(number))
  journal.flushSync()
  journal.finishStatement(statement(1))
  const controller = new AbortController()
  const send = async (): Promise<void> => void setImmediate(() => controller.abort())
  await journal.ship(send, { signal: controller.signal, clock: new HurryingClock() })
  assert.ok(disk.content(0).length === 0 && disk.content(1).length > 0)
  journal.flushSync()
  assert.deepEqual(await shipAll(openOn(disk), { acknowledge: true }), [statement(1)])
})

test('a journal that cannot move on stays where it is', async () => {
  const disk = emptyDisk()
  const log = keepingLog()
  const journal = openOn(disk, { log, compactBytesMin: 1 })
  journal.append(login(1))
  journal.flushSync()
  disk.broken = new Set(['sync'])
  await shipAll(journal, { acknowledge: true })
  assert.deepEqual(log.lines, ['warn audit journal cannot leave shipped events behind'])
  journal.append(login(2))
  journal.flushSync()
  assert.deepEqual(numbers(await shipAll(openOn(disk), { acknowledge: true })), [2])
})

test('a closed journal has written all it was given, and takes no more', async () => {
  const disk = emptyDisk()
  const journal = openOn(disk)
  journal.append(login(1))
  await journal[Symbol.asyncDispose]()
  await journal[Symbol.asyncDispose]()
  assert.throws(() => journal.flushSync(), { code: 'AUDIT_WRITE_FAILED' })
  assert.deepEqual(numbers(await shipAll(openOn(disk), { acknowledge: true })), [1])
})
