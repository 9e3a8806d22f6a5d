/** Locks, migrations and transactions of a SQLite file. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSqliteDatabase } from './sqlite-database.ts'

const first = 'CREATE TABLE a (x INTEGER) STRICT'
const options = { path: ':memory:', what: 'sample', applicationId: 1, migrations: [first] }

test('a lock held by another process for too long is named, and gone afterwards', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-database-'))
  const path = join(directory, 'a.db')
  {
    using one = openSqliteDatabase({ ...options, path })
    using other = openSqliteDatabase({ ...options, path, busyMilliseconds: 10 })
    one.transaction(() => {
      assert.throws(() => other.transaction(() => {}), { code: 'STORE_BUSY', category: 'unavailable' })
    })
    other.transaction(() => {})
  }
  rmSync(directory, { recursive: true })
})

test('a migration runs once, in order, and only the missing ones', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-database-'))
  const path = join(directory, 'a.db')
  {
    using database = openSqliteDatabase({ ...options, path })
    database.prepare('INSERT INTO a VALUES (1)').run()
  }
  {
    using database = openSqliteDatabase({
      ...options,
      path,
      migrations: [first, 'ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1'],
    })
    assert.deepEqual({ ...database.prepare('SELECT * FROM a').get() }, { x: 1, y: 2 })
    assert.equal(database.pragma('user_version'), 2)
  }
  rmSync(directory, { recursive: true })
})

test('a migration that fails leaves the file as it was', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-database-'))
  const path = join(directory, 'a.db')
  const broken = 'CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)'
  assert.throws(() => openSqliteDatabase({ ...options, path, migrations: [first, broken] }), { code: 'STORE_FAILED' })
  {
    using database = openSqliteDatabase({ ...options, path })
    assert.equal(database.pragma('user_version'), 1)
    assert.throws(() => database.prepare('SELECT * FROM b'), { code: 'STORE_FAILED' })
  }
  rmSync(directory, { recursive: true })
})

test('a transaction that throws changes nothing', () => {
  using database = openSqliteDatabase(options)
  const failure = new Error('no')
  assert.throws(
    () =>
      database.transaction(() => {
        database.prepare('INSERT INTO a VALUES (1)').run()
        throw failure
      }),
    failure,
  )
  assert.equal(database.prepare('SELECT count(*) AS n FROM a').get()?.['n'], 0)
  database.transaction(() => database.prepare('INSERT INTO a VALUES (2)').run())
  assert.equal(database.prepare('SELECT count(*) AS n FROM a').get()?.['n'], 1)
})
