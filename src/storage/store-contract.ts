/** What every Store must do, as tests: run them against each implementation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Clock } from '#foundation'
import { keySizeBytesMax, valueSizeBytesMax, type Store, type StoreEvent } from './store.ts'

/** A clock that the contract moves. */
export type ContractClock = Clock & { step(milliseconds: number): void }

export interface StoreUnderTest extends AsyncDisposable {
  readonly clock: ContractClock
  /** Opens the same data; several may be open at once. At least 1,000 changes are kept for watchers. */
  open(): Promise<Store>
  /** Opens the same data, keeping only that many changes. */
  openForgetful(changesKeptMax: number): Promise<Store>
}

export interface StoreContractOptions {
  /** Makes an empty store. */
  readonly make: () => Promise<StoreUnderTest>
}

/** Registers the tests under the name of the implementation. */
export function storeContract(name: string, { make }: StoreContractOptions): void {
  const sentence = (text: string, run: (store: Store, under: StoreUnderTest) => Promise<void>): void => {
    test(`${name}: ${text}`, async () => {
      await using under = await make()
      await using store = await under.open()
      await run(store, under)
    })
  }
  readingAndWriting(sentence)
  limits(sentence)
  contention(sentence)
  expiry(sentence)
  watching(sentence)
  watchingAcrossOpenings(sentence)
}

type Sentence = (text: string, run: (store: Store, under: StoreUnderTest) => Promise<void>) => void

const second = 1000
const later = (clock: Clock, milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds)

function readingAndWriting(sentence: Sentence): void {
  sentence('an item comes back as it was put, with the revision of its write', async (store) => {
    assert.equal(await store.revision(), 0)
    const revision = await store.put('users/alice', '{"a":1}')
    assert.deepEqual(await store.get('users/alice'), { key: 'users/alice', value: '{"a":1}', revision })
    assert.equal(await store.revision(), revision)
    assert.equal(await store.get('users'), undefined)
  })

  sentence('each write takes a greater revision, also after a delete', async (store) => {
    const first = await store.put('a', '1')
    const second = await store.put('a', '2')
    assert.ok(await store.delete('a'))
    const third = await store.create('a', '3')
    assert.ok(first < second && second + 1 < third)
  })

  sentence('revisions go on after the store was closed, even when the last write was a delete', async (store, under) => {
    await store.put('a', '1')
    await store.delete('a')
    const before = await store.revision()
    await store[Symbol.asyncDispose]()
    await using again = await under.open()
    assert.equal(await again.revision(), before)
    assert.equal(await again.put('a', '2'), before + 1)
  })

  sentence('only one deletes an item', async (store) => {
    await store.put('a', '1')
    assert.deepEqual(await Promise.all([store.delete('a'), store.delete('a')]), [true, false])
    assert.equal(await store.get('a'), undefined)
  })

  sentence('a list holds the keys with the prefix, in the order of their bytes', async (store) => {
    const keys = ['a/', 'a/\u{1f980}', 'a/\uffee', 'a/Z', 'a/z', 'a', 'a0', 'b/x', 'a/é', 'a/%', 'a/_']
    for (const key of keys) await store.put(key, key)
    const listed = await store.list('a/')
    const expected = keys.filter((key) => key.startsWith('a/')).sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    assert.deepEqual(
      listed.map(({ key }) => key),
      expected,
    )
    assert.equal((await store.list('')).length, keys.length)
    assert.deepEqual(await store.list('a/%x'), [])
  })

  sentence('any key and value come back', async (store) => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((key) => !key.includes('\0'))
    const values = fc.string({ unit: 'binary', maxLength: 200 }).filter((value) => value.isWellFormed())
    await fc.assert(
      fc.asyncProperty(keys, values, async (key, value) => {
        await store.put(key, value)
        assert.equal((await store.get(key))?.value, value)
      }),
      { numRuns: 20 },
    )
  })
}

function limits(sentence: Sentence): void {
  sentence('the largest value fits and a larger one is refused', async (store) => {
    const largest = 'x'.repeat(valueSizeBytesMax)
    await store.put('a', largest)
    assert.equal((await store.get('a'))?.value, largest)
    await assert.rejects(store.put('a', `${largest}x`), { code: 'STORE_VALUE_TOO_LARGE', category: 'limit-exceeded' })
    await assert.rejects(store.put('a', 'é'.repeat(valueSizeBytesMax / 2 + 1)), { code: 'STORE_VALUE_TOO_LARGE' })
    assert.equal((await store.get('a'))?.value, largest)
  })

  sentence('keys that no store could keep are refused', async (store) => {
    for (const key of ['', 'a\0b', '\ud800', 'k'.repeat(keySizeBytesMax + 1)]) {
      await assert.rejects(store.put(key, ''), { code: 'STORE_KEY_REFUSED', category: 'bad-input' })
    }
    await assert.rejects(store.put('a', '\udc00'), { code: 'STORE_VALUE_REFUSED' })
    assert.equal(await store.revision(), 0)
  })
}

function contention(sentence: Sentence): void {
  sentence('of many that create one key, one succeeds', async (store) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.create('a', String(index))))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.equal(refused.length, 19)
    for (const { reason } of refused) assert.equal((reason as { code?: string }).code, 'STORE_KEY_EXISTS')
  })

  sentence('of many that swap one revision, one succeeds, whichever door they came through', async (store, under) => {
    await using other = await under.open()
    const revision = await store.put('a', 'start')
    const doors = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other))
    const outcomes = await Promise.allSettled(doors.map((door, index) => door.compareAndSwap('a', revision, String(index))))
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    assert.equal(winners.length, 1)
    assert.equal((await other.get('a'))?.revision, winners[0]?.value)
  })

  sentence('counting by compare-and-swap loses no step', async (store, under) => {
    await using other = await under.open()
    await store.put('count', '0')
    const countUp = async (door: Store): Promise<void> => {
      for (;;) {
        const item = await door.get('count')
        if (item === undefined) throw new Error('the count is gone')
        const swapped = await door.compareAndSwap('count', item.revision, String(Number(item.value) + 1)).catch(() => undefined)
        if (swapped !== undefined) return
      }
    }
    await Promise.all(Array.from({ length: 30 }, (_, index) => countUp(index % 2 === 0 ? store : other)))
    assert.equal((await store.get('count'))?.value, '30')
  })

  sentence('a swap of an old, a future or a missing revision is a conflict and changes nothing', async (store) => {
    const first = await store.put('a', '1')
    const second = await store.put('a', '2')
    for (const [key, revision] of [
      ['a', first],
      ['a', second + 1],
      ['b', second],
    ] as const) {
      await assert.rejects(store.compareAndSwap(key, revision, 'x'), { code: 'STORE_REVISION_CHANGED', category: 'conflict' })
    }
    assert.equal(await store.revision(), second)
  })
}

function expiry(sentence: Sentence): void {
  sentence('an expired item is invisible at once, before anything has swept it', async (store, { clock }) => {
    const expires = later(clock, 500)
    const revision = await store.put('a', '1', { expires })
    await store.put('b', '2')
    assert.deepEqual(await store.get('a'), { key: 'a', value: '1', revision, expires })
    clock.step(500)
    assert.equal(await store.get('a'), undefined)
    assert.deepEqual(
      (await store.list('')).map(({ key }) => key),
      ['b'],
    )
    assert.equal(await store.delete('a'), false)
    await assert.rejects(store.compareAndSwap('a', revision, '3'), { code: 'STORE_REVISION_CHANGED' })
    assert.equal(await store.create('a', '4'), revision + 2)
  })

  sentence('an expired item is swept, and watchers are told', async (store, { clock }) => {
    await using events = follow(store, '')
    await store.put('a', '1', { expires: later(clock, 500) })
    assert.equal(await events.next(), 'put a=1')
    clock.step(5 * second)
    assert.equal(await events.next(), 'delete a')
  })

  sentence('putting an item again without an expiry keeps it', async (store, { clock }) => {
    await store.put('a', '1', { expires: later(clock, 500) })
    await store.put('a', '2')
    clock.step(5 * second)
    assert.equal((await store.get('a'))?.value, '2')
  })
}

function watching(sentence: Sentence): void {
  sentence('a watcher sees every change under its prefix, in order', async (store) => {
    await store.put('a/0', 'before')
    await using events = follow(store, 'a/')
    await store.put('a/1', 'x')
    await store.put('b/1', 'elsewhere')
    await store.delete('a/0')
    await store.put('a/1', 'y')
    assert.deepEqual([await events.next(), await events.next(), await events.next()], ['put a/1=x', 'delete a/0', 'put a/1=y'])
  })

  sentence('a watcher that waits is woken', async (store) => {
    await using events = follow(store, '')
    const next = events.next()
    await new Promise((resolve) => setImmediate(resolve))
    await store.put('a', '1')
    assert.equal(await next, 'put a=1')
  })

  sentence('a slow watcher misses nothing', async (store) => {
    await using events = follow(store, '')
    for (let index = 0; index < 150; index++) await store.put('a', String(index))
    for (let index = 0; index < 150; index++) assert.equal(await events.next(), `put a=${index}`)
  })

  sentence('a watch ends when its signal is aborted and when its store is closed', async (store) => {
    const aborted = follow(store, '')
    const closed = follow(store, '')
    const ends = [aborted.next(), closed.next()]
    await aborted[Symbol.asyncDispose]()
    assert.equal(await ends[0], 'end')
    await store[Symbol.asyncDispose]()
    assert.equal(await ends[1], 'end')
  })

  sentence('an aborted watch does not start', async (store) => {
    await store.put('a', '1')
    const watch = store.watch({ prefix: '', fromRevision: 0, signal: AbortSignal.abort() })
    for await (const event of watch) assert.fail(`got ${event.kind}`)
  })
}

function watchingAcrossOpenings(sentence: Sentence): void {
  sentence('a watch taken up at a revision goes on after it, also in another process', async (store, under) => {
    await store.put('a', '1')
    const revision = await store.put('a', '2')
    await store.put('a', '3')
    await store.delete('a')
    await store[Symbol.asyncDispose]()
    await using again = await under.open()
    await using events = follow(again, '', revision)
    assert.deepEqual([await events.next(), await events.next()], ['put a=3', 'delete a'])
  })

  sentence('a watcher hears of writes through another opening', async (store, under) => {
    await using other = await under.open()
    await using events = follow(store, '')
    const next = events.next()
    await other.put('a', '1')
    under.clock.step(5 * second)
    assert.equal(await next, 'put a=1')
  })

  sentence('a revision whose changes were forgotten, or that never was, must be listed again', async (store, under) => {
    await store[Symbol.asyncDispose]()
    await using forgetful = await under.openForgetful(3)
    for (let index = 1; index <= 10; index++) await forgetful.put('a', String(index))
    await using kept = follow(forgetful, '', 7)
    assert.equal(await kept.next(), 'put a=8')
    for (const revision of [0, 6, 11]) {
      await using lost = follow(forgetful, '', revision)
      await assert.rejects(lost.next(), { code: 'STORE_REVISION_TOO_OLD', category: 'conflict' })
    }
  })

  sentence('a watcher that falls too far behind is told so, and never skips', async (store, under) => {
    await store[Symbol.asyncDispose]()
    await using forgetful = await under.openForgetful(3)
    await forgetful.put('a', '1')
    await using events = follow(forgetful, '', 0)
    assert.equal(await events.next(), 'put a=1')
    for (let index = 2; index <= 9; index++) await forgetful.put('a', String(index))
    await assert.rejects(events.next(), { code: 'STORE_REVISION_TOO_OLD' })
  })
}

interface Followed extends AsyncDisposable {
  /** The next event as a short text, or `end`. */
  next(): Promise<string>
}

function follow(store: Store, prefix: string, fromRevision?: number): Followed {
  const controller = new AbortController()
  const iterator = store.watch({ prefix, fromRevision, signal: controller.signal })[Symbol.asyncIterator]()
  return {
    async next() {
      const result = await iterator.next()
      return result.done === true ? 'end' : textOf(result.value)
    },
    async [Symbol.asyncDispose]() {
      controller.abort()
    },
  }
}

function textOf(event: StoreEvent): string {
  return event.kind === 'put' ? `put ${event.item.key}=${event.item.value}` : `delete ${event.key}`
}
