/** Proof of refreshing-cache.ts: one load for all, renewal before expiry, and a bounded size. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { RefreshingCache } from './refreshing-cache.ts'
import { SteppedClock } from './world.fixture.ts'

interface Entry {
  readonly name: string
  readonly expires: Date | undefined
}

function openCache(): {
  readonly clock: SteppedClock
  readonly cache: RefreshingCache<Entry>
  readonly entry: (name: string, milliseconds?: number) => Entry
} {
  const clock = new SteppedClock()
  const cache = new RefreshingCache<Entry>({ clock, marginMilliseconds: 100, ageMillisecondsMax: 1_000, entriesMax: 2 })
  const entry = (name: string, milliseconds?: number): Entry => ({
    name,
    expires: milliseconds === undefined ? undefined : new Date(clock.now().getTime() + milliseconds),
  })
  return { clock, cache, entry }
}

test('a load that fails is not kept', async () => {
  const { cache, entry } = openCache()
  await assert.rejects(
    cache.get('k', () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal((await cache.get('k', () => Promise.resolve(entry('yes')))).name, 'yes')
})

test('a load that throws at once is a failed load', async () => {
  const { cache, entry } = openCache()
  await assert.rejects(
    cache.get('k', () => {
      throw new Error('at once')
    }),
    /at once/,
  )
  assert.equal((await cache.get('k', () => Promise.resolve(entry('yes')))).name, 'yes')
})

test('a value that lives shorter than the margin is loaded every time', async () => {
  const { cache, entry } = openCache()
  let loads = 0
  const load = (): Promise<Entry> => Promise.resolve(entry(`${++loads}`, 50))
  await cache.get('k', load)
  assert.equal((await cache.get('k', load)).name, '2')
})

test('a value without an expiry is loaded again when it is old, and not used beyond that', async () => {
  const { clock, cache, entry } = openCache()
  await cache.get('k', () => Promise.resolve(entry('old')))
  clock.step(999)
  assert.equal((await cache.get('k', () => Promise.resolve(entry('new')))).name, 'old')
  clock.step(1)
  await assert.rejects(
    cache.get('k', () => Promise.reject(new Error('gone'))),
    /gone/,
  )
})

test('the oldest entry goes when there are too many', async () => {
  const { cache, entry } = openCache()
  for (const key of ['a', 'b', 'c']) await cache.get(key, () => Promise.resolve(entry(key, 10_000)))
  assert.equal((await cache.get('c', () => Promise.resolve(entry('again', 10_000)))).name, 'c')
  assert.equal((await cache.get('a', () => Promise.resolve(entry('again', 10_000)))).name, 'again')
})

test('everybody leaving does not leave a rejection behind', async () => {
  const { cache, entry } = openCache()
  const gate = Promise.withResolvers<Entry>()
  const leaving = new AbortController()
  const waiting = cache.get('k', () => gate.promise, { signal: leaving.signal })
  leaving.abort(new Error('left'))
  await assert.rejects(waiting, /left/)
  gate.reject(new Error('nobody hears this'))
  await assert.rejects(gate.promise)
  assert.equal((await cache.get('k', () => Promise.resolve(entry('fresh')))).name, 'fresh')
})
