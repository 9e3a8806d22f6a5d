/** The store contract on SQLite, and what only a file can suffer. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { storeContract, type StoreUnderTest } from './store-contract.ts'

interface Directory extends Disposable {
  readonly file: string
}

function temporaryDirectory(): Directory {
  const path = mkdtempSync(join(tmpdir(), 'portunus-store-'))
  return { file: join(path, 'store.db'), [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

async function makeStore(): Promise<StoreUnderTest> {
  const directory = temporaryDirectory()
  const clock = new SteppedClock()
  return {
    clock,
    open: () => openSqliteStore({ path: directory.file, clock }),
    openForgetful: (changesKeptMax) => openSqliteStore({ path: directory.file, clock, changesKeptMax }),
    [Symbol.asyncDispose]: async () => directory[Symbol.dispose](),
  }
}

storeContract('sqlite store', { make: makeStore })

test('a store in memory works and is empty the next time', async () => {
  const clock = new SteppedClock()
  await using store = await openSqliteStore({ path: ':memory:', clock })
  await store.put('a', '1')
  await using another = await openSqliteStore({ path: ':memory:', clock })
  assert.equal(await another.get('a'), undefined)
})

test('a closed store says so', async () => {
  await using under = await makeStore()
  const store = await under.open()
  await store[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  await assert.rejects(store.get('a'), { code: 'STORE_CLOSED', category: 'unavailable' })
  under.clock.step(10_000)
})

test('the file is written ahead and every commit is synced', async () => {
  using directory = temporaryDirectory()
  await using store = await openSqliteStore({ path: directory.file, clock: new SteppedClock() })
  await store.put('a', '1')
  const reader = new DatabaseSync(directory.file)
  assert.equal(reader.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal')
  reader.close()
})

const damages: readonly [string, string, (file: string) => void][] = [
  [
    'text in place of the file',
    'STORE_CORRUPT',
    (file) => writeFileSync(file, 'not a database at all, and longer than a header'.repeat(50)),
  ],
  ['a hole in the middle of the file', 'STORE_CORRUPT', (file) => overwrite(file, 4096, 8192)],
  ['a database of another program', 'STORE_FOREIGN', (file) => execute(file, 'CREATE TABLE theirs (a); PRAGMA application_id = 7')],
  ['a database that says not whose it is', 'STORE_FOREIGN', (file) => execute(file, 'PRAGMA application_id = 0')],
  ['a file of a later version', 'STORE_TOO_NEW', (file) => execute(file, 'PRAGMA user_version = 99')],
]

for (const [sentence, code, damage] of damages) {
  test(`${sentence} is refused with a clear error`, async () => {
    using directory = temporaryDirectory()
    const clock = new SteppedClock()
    {
      await using store = await openSqliteStore({ path: directory.file, clock })
      for (let index = 0; index < 20; index++) await store.put(`key/${index}`, 'x'.repeat(5000))
    }
    damage(directory.file)
    await assert.rejects(openSqliteStore({ path: directory.file, clock }), (error: Error & { code?: string }) => {
      assert.equal(error.code, code)
      assert.match(error.message, /^Cannot use the store ".*store\.db": [^.]+$/)
      return true
    })
  })
}

test('a file in a missing directory is refused with a hint', async () => {
  const path = join(tmpdir(), 'portunus-no-such-directory', 'store.db')
  await assert.rejects(openSqliteStore({ path, clock: new SteppedClock() }), { code: 'STORE_UNREACHABLE', category: 'unavailable' })
})

function execute(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function overwrite(file: string, from: number, to: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0x5a, from, to)
  writeFileSync(file, bytes)
}
