/** The view that proxies and agents have of who is cut off, against an authority that is told what to answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError, type Log } from '#foundation'
import { parseLock } from '#resources'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openRevocationView, type RequestOf, type ResponseOf } from './door.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const randomness = { bytes: (length: number) => new Uint8Array(length), uuid: () => '', fraction: () => 1 }

type Changes = ResponseOf<'watchRevocations'>

const none: Changes = { revision: 1, complete: false, locks: [], deletedLocks: [], users: [], deletedUsers: [], endedSessions: [] }
const lock = parseLock({ kind: 'lock', version: 'v2', metadata: { name: 'l1' }, spec: { target: { user: 'alice' } } })

/** Each question waits until the test answers it. */
function openRig() {
  const clock = new SteppedClock()
  const questions: (RequestOf<'watchRevocations'> & { answer: (changes: Changes) => void; fail: () => void })[] = []
  const view = openRevocationView({
    authority: {
      watchRevocations: (request) =>
        new Promise((resolve, reject) => {
          const fail = (): void => reject(new PortunusError('API_UNREACHABLE', 'Cannot call', { category: 'unavailable' }))
          questions.push({ ...request, answer: resolve, fail })
        }),
    },
    clock,
    randomness,
    log: silent,
  })
  let changes = 0
  view.onChange(() => void (changes += 1))
  return { clock, questions, view, changes: () => changes }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('everything first, then changes after the revision', async () => {
  const { questions, view, changes } = openRig()
  assert.equal(view.ageMilliseconds(), Infinity)
  assert.deepEqual([view.state.locks, view.state.rolesByUser], [[], undefined])
  questions[0]?.answer({ ...none, revision: 5, complete: true, locks: [lock], users: [{ name: 'alice', roles: ['access'] }] })
  await view.known()
  await settled()
  assert.deepEqual([view.state.locks, view.state.rolesByUser?.get('alice')], [[lock], ['access']])
  assert.equal(questions[1]?.sinceRevision, 5)
  questions[1]?.answer({ ...none, revision: 7, endedSessions: [{ id: 's1', reason: 'maintenance' }], deletedLocks: ['l1'] })
  await settled()
  assert.deepEqual([view.state.locks, view.state.endedSessions.get('s1')], [[], 'maintenance'])
  questions[2]?.answer({ ...none, revision: 8, deletedUsers: ['alice'] })
  await settled()
  assert.equal(view.state.rolesByUser?.has('alice'), false)
  assert.equal(changes(), 3)
  await view[Symbol.asyncDispose]()
})

test('a grant that is taken away is gone, one that ran out in its time is kept for the sessions that began with it', async () => {
  const { clock, questions, view } = openRig()
  const until = (milliseconds: number): string => new Date(clock.now().getTime() + milliseconds).toISOString()
  const known = (): readonly string[] => [...(view.state.grantsByRequest?.keys() ?? [])]
  const [taken, over] = [
    { id: 'r1', user: 'alice', roles: ['dba'], expires: until(3_600_000) },
    { id: 'r2', user: 'alice', roles: ['dba'], expires: until(10_000) },
  ]
  questions[0]?.answer({ ...none, revision: 5, complete: true })
  await settled()
  assert.deepEqual(known(), [])
  questions[1]?.answer({ ...none, revision: 6, accessRequests: [taken, over] })
  await settled()
  assert.deepEqual(known(), ['r1', 'r2'])
  clock.step(11_000)
  questions[2]?.answer({ ...none, revision: 7, accessRequests: [], endedAccessRequests: ['r1', 'r2'] })
  await settled()
  assert.deepEqual(known(), ['r2'])
  questions[3]?.answer({ ...none, revision: 8, complete: true, accessRequests: [{ ...taken, id: 'r3' }] })
  await settled()
  assert.deepEqual(known(), ['r2', 'r3'])
  await view[Symbol.asyncDispose]()
})

test('an answer without changes disturbs nobody, and makes the view young again', async () => {
  const { clock, questions, view, changes } = openRig()
  questions[0]?.answer({ ...none, complete: true, locks: [lock] })
  await settled()
  clock.step(15_000)
  assert.equal(view.ageMilliseconds(), 15_000)
  questions[1]?.answer({ ...none, revision: 2 })
  await settled()
  assert.deepEqual([view.ageMilliseconds(), changes(), view.state.locks], [0, 1, [lock]])
  await view[Symbol.asyncDispose]()
})

test('what was known counts while the authority is away, and its age is told', async () => {
  const { clock, questions, view, changes } = openRig()
  questions[0]?.answer({ ...none, revision: 3, complete: true, locks: [lock] })
  await settled()
  questions[1]?.fail()
  await settled()
  assert.equal(changes(), 2)
  clock.step(6 * 60_000)
  await settled()
  assert.deepEqual([view.state.locks, view.ageMilliseconds()], [[lock], 6 * 60_000])
  assert.deepEqual([questions[1]?.waitMilliseconds, questions[2]?.sinceRevision, questions[2]?.waitMilliseconds], [20_000, 3, 0])
  questions[2]?.answer({ ...none, revision: 9, complete: true })
  await settled()
  assert.deepEqual([view.state.locks, view.ageMilliseconds()], [[], 0])
  await view[Symbol.asyncDispose]()
})

test('an authority that never answers is asked again, and stopping waits for nothing', async () => {
  const { clock, questions, view } = openRig()
  const known = view.known()
  clock.step(2_000)
  await known
  clock.step(30_000)
  await settled()
  clock.step(5_000)
  await settled()
  assert.equal(questions.length, 2)
  await view[Symbol.asyncDispose]()
})
