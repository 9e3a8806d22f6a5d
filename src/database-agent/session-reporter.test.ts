/** What the cluster is told of live sessions, and how soon. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { combineSessionOptions } from '#access'
import { nobodyCutOff, type RequestOf } from '#authority-api'
import type { Log } from '#foundation'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openSessionGuards } from './session-guards.ts'
import { runSessionReporter } from './session-reporter.ts'
import { factsOf } from './testing/session-facts.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function openRig() {
  const clock = new SteppedClock()
  const guards = openSessionGuards({ revocations: nobodyCutOff, decideAgain: () => Promise.resolve(), clock, log: silent })
  const told: RequestOf<'reportSessions'>['sessions'][] = []
  const rig = { refusing: false }
  const authority = {
    async reportSessions({ sessions }: RequestOf<'reportSessions'>) {
      told.push(sessions)
      if (rig.refusing) throw new Error('away')
      return {}
    },
  }
  const stopping = new AbortController()
  const done = runSessionReporter({ authority, guards, clock, log: silent }, stopping.signal)
  const begin = (sessionId: string) =>
    guards.guard({ facts: factsOf({ sessionId }), options: combineSessionOptions([]), expiry: new Date(8e15), end() {} })
  const stop = async (): Promise<void> => {
    stopping.abort()
    await done
  }
  return { clock, guards, told, rig, begin, stop, counts: () => told.map((sessions) => sessions.length) }
}

test('sessions that begin together are told together, soon, and again every minute', async () => {
  const { clock, told, begin, stop, counts } = openRig()
  await settled()
  begin('00000000-0000-4000-8000-00000000000a')
  begin('00000000-0000-4000-8000-00000000000b')
  await settled()
  clock.step(210)
  await settled()
  assert.deepEqual(counts(), [2])
  assert.deepEqual(told[0]?.[0], {
    id: '00000000-0000-4000-8000-00000000000a',
    user: 'alice',
    database: 'my-redshift',
    databaseUser: 'analyst',
    databaseName: 'dev',
    clientAddress: '192.0.2.1:1',
    started: '2026-11-22T12:00:00.000Z',
  })
  clock.step(60_000)
  await settled()
  clock.step(210)
  await settled()
  assert.deepEqual(counts(), [2, 2])
  await stop()
})

test('the end of the last session is told, and then nothing more', async () => {
  const { clock, begin, stop, counts } = openRig()
  await settled()
  const guard = begin('a')
  await settled()
  clock.step(210)
  await settled()
  guard[Symbol.dispose]()
  await settled()
  clock.step(210)
  await settled()
  assert.deepEqual(counts(), [1, 0])
  for (let minute = 0; minute < 3; minute++) {
    clock.step(60_210)
    await settled()
  }
  await stop()
  assert.deepEqual(counts(), [1, 0])
})

test('what was not heard is told again', async () => {
  const { clock, rig, begin, stop, counts } = openRig()
  rig.refusing = true
  await settled()
  begin('a')
  await settled()
  clock.step(210)
  await settled()
  rig.refusing = false
  clock.step(5_000)
  await settled()
  assert.deepEqual(counts(), [1, 1])
  await stop()
})
