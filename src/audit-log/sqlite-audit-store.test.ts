/** Appending, searching, and finding every way of tampering with the log. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { chainHash, chainStart, type AuditEvent } from '#audit-events'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import type { AuditSearch, AuditStore } from './audit-store.ts'
import { openSqliteAuditStore } from './sqlite-audit-store.ts'
import { login, statement, uidOf } from './testing/samples.ts'

const clock = new SteppedClock()
const inMemory = (): Promise<AuditStore> => openSqliteAuditStore({ path: ':memory:', clock })

test('events come back as they went in, numbered and chained', async () => {
  await using store = await inMemory()
  const events = [login(1), statement(2)]
  await store.append(events)
  const found = await store.search({ order: 'ascending' })
  assert.deepEqual(
    found.map(({ event }) => event),
    events,
  )
  assert.deepEqual(
    found.map(({ sequence }) => sequence),
    [1, 2],
  )
  assert.equal(found[1]?.hash, events.reduce(chainHash, chainStart))
  assert.deepEqual(await store.verify(), { ok: true, events: 2, hash: found[1]?.hash })
})

test('an event sent again, alone or within a batch, is kept once and as it was first', async () => {
  await using store = await inMemory()
  await store.append([login(1), statement(2), login(1)])
  await store.append([statement(2, 'error'), statement(3)])
  const found = await store.search({ order: 'ascending' })
  assert.deepEqual(
    found.map(({ event }) => [event.uid, event['outcome']]),
    [
      [uidOf(1), undefined],
      [uidOf(2), 'ok'],
      [uidOf(3), 'ok'],
    ],
  )
  assert.equal((await store.verify()).events, 3)
})

const badEvents: readonly [string, AuditEvent][] = [
  ['without a uid', { ...login(2), uid: '' }],
  ['with a time that is none', { ...login(2), time: 'yesterday' }],
  ['without a name', { ...login(2), event: undefined as unknown as string }],
  ['that holds what JSON cannot', { ...login(2), rows: Number.NaN }],
]

for (const [sentence, bad] of badEvents) {
  test(`an event ${sentence} is refused with its whole batch`, async () => {
    await using store = await inMemory()
    await assert.rejects(store.append([login(1), bad]), { code: 'AUDIT_EVENT_REFUSED', category: 'bad-input' })
    assert.deepEqual(await store.verify(), { ok: true, events: 0, hash: chainStart })
  })
}

const searches: readonly [string, AuditSearch, readonly number[]][] = [
  ['everything, the newest first', {}, [5, 4, 3, 2, 1]],
  ['the oldest first', { order: 'ascending' }, [1, 2, 3, 4, 5]],
  ['the newest few', { limit: 2 }, [5, 4]],
  ['from a time, included, to a time, left out', { from: new Date(login(2).time), to: login(4).time }, [3, 2]],
  ['a time in another zone', { from: '2026-11-22T13:00:04+01:00' }, [5, 4]],
  ['one name', { types: ['user.login'] }, [5, 2, 1]],
  ['several names', { types: ['user.login', 'db.session.query'] }, [5, 4, 3, 2, 1]],
  ['no names', { types: [] }, []],
  ['a person', { user: 'bob' }, [2]],
  ['a database', { database: 'my-redshift' }, [4, 3]],
  ['a session and a person', { session: 's-1', user: 'alice', order: 'ascending' }, [3, 4]],
  ['nobody', { user: "x' OR 1=1 --" }, []],
]

for (const [sentence, search, expected] of searches) {
  test(`a search finds ${sentence}`, async () => {
    await using store = await inMemory()
    // Arrival is not the order of time: agents ship late.
    await store.append([login(5), login(1)])
    await store.append([login(2, 'bob'), statement(4), statement(3)])
    const found = await store.search(search)
    assert.deepEqual(
      found.map(({ event }) => Number(event.uid.slice(-3))),
      expected,
    )
  })
}

test('a search by a time that is none is refused', async () => {
  await using store = await inMemory()
  await assert.rejects(store.search({ from: 'yesterday' }), { code: 'AUDIT_SEARCH_REFUSED', category: 'bad-input' })
})

const tamperings: readonly [string, string, number][] = [
  ['a changed event', `UPDATE events SET body = replace(body, 'SELECT 3', 'SELECT 9') WHERE sequence = 3`, 3],
  [
    'a changed event with a changed hash',
    `UPDATE events SET body = replace(body, 'SELECT 3', 'SELECT 9'), hash = '${'a'.repeat(64)}' WHERE sequence = 3`,
    3,
  ],
  ['an event hidden from searches', `UPDATE events SET user = 'nobody' WHERE sequence = 2`, 2],
  ['an event moved in time for searches', `UPDATE events SET time = 0 WHERE sequence = 2`, 2],
  ['a space in the text of an event', `UPDATE events SET body = body || ' ' WHERE sequence = 4`, 4],
  ['the first event taken out', `DELETE FROM events WHERE sequence = 1`, 1],
  ['an event taken out', `DELETE FROM events WHERE sequence = 3`, 3],
  ['the newest events taken out', `DELETE FROM events WHERE sequence > 3`, 4],
  [
    'an event taken out and the rest moved up',
    `DELETE FROM events WHERE sequence = 3; UPDATE events SET sequence = sequence - 1 WHERE sequence > 3`,
    3,
  ],
  [
    "two events in each other's place",
    `UPDATE events SET sequence = 100 WHERE sequence = 2; UPDATE events SET sequence = 2 WHERE sequence = 3; UPDATE events SET sequence = 3 WHERE sequence = 100`,
    2,
  ],
  [
    'an event put behind the newest',
    `INSERT INTO events SELECT 6, 'x', time, event, user, database, session, body, hash FROM events WHERE sequence = 5`,
    6,
  ],
  [
    'an event put before the first',
    `INSERT INTO events SELECT -1, 'x', time, event, user, database, session, body, hash FROM events WHERE sequence = 5`,
    6,
  ],
  ['the end of the chain forgotten', `DELETE FROM head`, 1],
  ['the end of the chain changed', `UPDATE head SET hash = '${'a'.repeat(64)}'`, 6],
  ['everything taken out', `DELETE FROM events`, 1],
]

for (const [sentence, sql, brokenAt] of tamperings) {
  test(`${sentence} is found`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portunus-audit-'))
    const path = join(directory, 'audit.db')
    {
      await using store = await openSqliteAuditStore({ path, clock })
      await store.append([login(1), statement(2), statement(3), statement(4), login(5)])
      assert.equal((await store.verify()).ok, true)
      const foreign = new DatabaseSync(path)
      foreign.exec(sql)
      foreign.close()
      const { ok, events, brokenAt: found } = await store.verify()
      assert.deepEqual({ ok, events, brokenAt: found }, { ok: false, events: brokenAt - 1, brokenAt })
    }
    rmSync(directory, { recursive: true })
  })
}

test('a long log verifies while events are appended', async () => {
  await using store = await inMemory()
  await store.append(Array.from({ length: 2500 }, (_, index) => login(index + 1)))
  const verified = store.verify()
  await store.append([login(9999)])
  for (let turn = 0; turn < 10; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.step(0)
  }
  const { ok, events } = await verified
  assert.deepEqual({ ok, events }, { ok: true, events: 2500 })
})

test('the log goes on after it was closed, and a damaged file is named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-audit-'))
  const path = join(directory, 'audit.db')
  {
    await using store = await openSqliteAuditStore({ path, clock })
    await store.append([login(1)])
  }
  {
    await using store = await openSqliteAuditStore({ path, clock })
    await store.append([login(1), login(2)])
    const { ok, events } = await store.verify()
    assert.deepEqual({ ok, events }, { ok: true, events: 2 })
  }
  writeFileSync(path, 'nothing like a database'.repeat(100))
  await assert.rejects(openSqliteAuditStore({ path, clock }), { code: 'STORE_CORRUPT', message: /^Cannot use the audit log "/ })
  rmSync(directory, { recursive: true })
})
