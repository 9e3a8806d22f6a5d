/** What ends a live session: locks, an ended session, a lost role, staleness, the end of the login, idleness. And what does not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { combineSessionOptions, lockAgeMillisecondsMax, type SessionOptions } from '#access'
import { PortunusError, type Log } from '#foundation'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import type { SessionFacts } from './session-facts.ts'
import { openSessionGuards, type Guard, type SessionGuards } from './session-guards.ts'
import { lockOn, toldRevocations } from './testing/revocations.ts'
import { factsOf } from './testing/session-facts.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const hourMilliseconds = 3_600_000
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function openRig(decideAgain: (facts: SessionFacts) => Promise<unknown> = () => Promise.resolve()) {
  const clock = new SteppedClock()
  const revocations = toldRevocations()
  const guards = openSessionGuards({ revocations, decideAgain, clock, log: silent })
  return { clock, revocations, guards }
}

/** A guarded session and the errors it was ended with. */
function begin(
  { guards, clock }: { readonly guards: SessionGuards; readonly clock: SteppedClock },
  options: Partial<SessionOptions> = {},
  facts: SessionFacts = factsOf(),
): { readonly guard: Guard; readonly ended: PortunusError[] } {
  const ended: PortunusError[] = []
  const guard = guards.guard({
    facts,
    options: { ...combineSessionOptions([]), ...options },
    expiry: new Date(clock.now().getTime() + hourMilliseconds),
    end: (error) => void ended.push(error),
  })
  return { guard, ended }
}

describe('a session ends', () => {
  test('when a lock matches, with its reason', () => {
    const rig = openRig()
    const alice = begin(rig)
    const bob = begin(rig, {}, factsOf({ user: 'bob' }))
    rig.revocations.tell({ locks: [lockOn({ user: 'alice' })] })
    assert.deepEqual(
      alice.ended.map(({ code, sqlState, message }) => [code, sqlState, message]),
      [['LOCK_IN_FORCE', '57P01', 'Cannot go on with the session: lock targeting user "alice" is in force: laptop stolen']],
    )
    assert.equal(bob.ended.length, 0)
  })

  test('when a lock came between the decision and the beginning', () => {
    const rig = openRig()
    rig.revocations.tell({ locks: [lockOn({ session: 's1' })] })
    assert.equal(begin(rig).ended.length, 1)
  })

  test('when an administrator ended it, or its user was deleted', () => {
    const rig = openRig()
    const first = begin(rig)
    const second = begin(rig, {}, factsOf({ sessionId: 's2' }))
    rig.revocations.tell({ endedSessions: new Map([['s2', 'maintenance']]) })
    assert.deepEqual([first.ended.length, second.ended[0]?.code], [0, 'SESSION_ENDED'])
    rig.revocations.tell({ rolesByUser: new Map() })
    assert.equal(first.ended[0]?.code, 'USER_GONE')
  })

  test('when a role was taken away and the others do not suffice', async () => {
    const denied = new PortunusError('DATABASE_ACCESS_DENIED', 'Cannot connect to "my-redshift"', { category: 'access-denied' })
    const rig = openRig(() => Promise.reject(denied))
    const { ended } = begin(rig, {}, factsOf({ roles: ['access', 'analyst'] }))
    rig.revocations.tell({ rolesByUser: new Map([['alice', ['access', 'analyst', 'more']]]) })
    await settled()
    assert.equal(ended.length, 0)
    rig.revocations.tell({ rolesByUser: new Map([['alice', ['access']]]) })
    await settled()
    assert.deepEqual([ended[0]?.code, ended[0]?.sqlState], ['SESSION_ACCESS_LOST', '57P01'])
  })

  test('when nothing is heard of locks for five minutes and a role is strict', () => {
    const rig = openRig()
    const strict = begin(rig, { lock: 'strict' })
    const bestEffort = begin(rig, { lock: 'best_effort' })
    rig.revocations.tell({ ageMilliseconds: lockAgeMillisecondsMax })
    assert.equal(strict.ended.length, 0)
    rig.revocations.tell({ ageMilliseconds: lockAgeMillisecondsMax + 1 })
    assert.equal(strict.ended[0]?.code, 'LOCKS_STALE')
    assert.equal(bestEffort.ended.length, 0)
  })

  test('when its login ends, where a role wants that', () => {
    const rig = openRig()
    const wanted = begin(rig, { disconnectExpiredCert: true })
    const other = begin(rig)
    rig.clock.step(hourMilliseconds - 1)
    assert.equal(wanted.ended.length, 0)
    rig.clock.step(1)
    assert.deepEqual([wanted.ended[0]?.code, wanted.ended[0]?.sqlState], ['SESSION_LOGIN_ENDED', '28000'])
    assert.equal(other.ended.length, 0)
  })
})

test('a role taken away is no matter where the others suffice, or where nobody can decide', async () => {
  const unknown = new PortunusError('ROLES_UNKNOWN', 'Cannot decide', { category: 'unavailable' })
  for (const again of [() => Promise.resolve(), () => Promise.reject(unknown)]) {
    const rig = openRig(again)
    const { ended } = begin(rig, {}, factsOf({ roles: ['access', 'analyst'] }))
    rig.revocations.tell({ rolesByUser: new Map([['alice', ['access']]]) })
    await settled()
    assert.equal(ended.length, 0)
  }
})

describe('idleness', () => {
  const limit = 60_000

  function watch(activity: { bytes: number; isRunning: boolean }) {
    const rig = openRig()
    const session = begin(rig, { clientIdleTimeoutMilliseconds: limit })
    session.guard.watchIdleness(() => ({ ...activity }))
    return { ...rig, ...session }
  }

  test('ends a session in which nothing happens', () => {
    const { clock, ended } = watch({ bytes: 100, isRunning: false })
    clock.step(limit - 1)
    assert.equal(ended.length, 0)
    clock.step(1)
    assert.deepEqual(
      ended.map(({ code, sqlState, message }) => [code, sqlState, message]),
      [['SESSION_IDLE', '57P05', 'Cannot keep the session: nothing happened in it for 1m']],
    )
  })

  test('is broken by bytes in either direction', () => {
    const activity = { bytes: 0, isRunning: false }
    const { clock, ended } = watch(activity)
    for (let count = 0; count < 20; count++) {
      clock.step(limit / 2)
      activity.bytes += 1
      clock.step(limit / 4)
    }
    assert.equal(ended.length, 0)
    clock.step(limit * 1.2)
    assert.equal(ended.length, 1)
  })

  test('does not begin while a statement runs', () => {
    const activity = { bytes: 0, isRunning: true }
    const { clock, ended } = watch(activity)
    clock.step(limit * 100)
    assert.equal(ended.length, 0)
    activity.isRunning = false
    clock.step(limit * 1.2)
    assert.equal(ended.length, 1)
  })

  test('is no matter without a limit', () => {
    const rig = openRig()
    const { guard, ended } = begin(rig)
    guard.watchIdleness(() => ({ bytes: 0, isRunning: false }))
    rig.clock.step(100 * hourMilliseconds)
    assert.deepEqual([ended, rig.clock.waiting()], [[], 0])
  })
})

test('a person has no more sessions with a database than the roles allow, and another person is not counted', () => {
  const rig = openRig()
  const limited = { maxDatabaseConnections: 2 }
  const first = begin(rig, limited)
  begin(rig, limited)
  assert.throws(() => begin(rig, limited), { code: 'DATABASE_CONNECTIONS_EXHAUSTED', sqlState: '53300' })
  begin(rig, limited, factsOf({ user: 'bob' }))
  first.guard[Symbol.dispose]()
  begin(rig, limited)
})

test('a session that is over leaves nothing behind', () => {
  const rig = openRig()
  let changes = 0
  rig.guards.onChange(() => void (changes += 1))
  const { guard, ended } = begin(rig, { disconnectExpiredCert: true, clientIdleTimeoutMilliseconds: 1000 })
  guard.watchIdleness(() => ({ bytes: 0, isRunning: false }))
  assert.equal(rig.guards.sessions.length, 1)
  guard[Symbol.dispose]()
  rig.revocations.tell({ locks: [lockOn({ user: 'alice' })] })
  rig.clock.step(2 * hourMilliseconds)
  assert.deepEqual([ended, rig.guards.sessions, rig.clock.waiting(), changes], [[], [], 0, 2])
})
