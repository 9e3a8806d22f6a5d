/** The heartbeat: what is announced and when, and that an Auth Service that is away holds nothing up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '#resources'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { runHeartbeat, withdrawAll } from './heartbeat.ts'
import { fakeAuthority, type AuthorityMood } from './testing/fake-authority.ts'
import { settled } from './testing/stream-pair.ts'

function databaseNamed(name: string): Database {
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name, labels: { env: 'dev' } },
    spec: { protocol: 'postgres', uri: 'localhost:5439', tls: { mode: 'verify-full' }, aws: { redshift: {} } },
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

function openRig(mood: AuthorityMood = 'answers') {
  const clock = new SteppedClock()
  const authority = fakeAuthority()
  authority.mood = mood
  const stopping = new AbortController()
  const options = {
    authority,
    clock,
    databases: ['one', 'two'].map(databaseNamed),
    randomness: { bytes: (length: number) => new Uint8Array(length), uuid: () => '', fraction: () => 0.5 },
    log: silent,
    version: '1.2.3',
    identity: { kind: 'host', hostId: 'host-1', hostname: 'agent', cluster: 'test', roles: ['Db'], certificateId: 'id' },
  } as const
  return { clock, authority, stopping, options, running: runHeartbeat(options, stopping.signal) }
}

const both = ['announce one', 'announce two']

test('every database is announced at once, and again every minute', async () => {
  const { clock, authority, stopping, running } = openRig()
  await settled()
  assert.deepEqual(authority.asked, both)
  clock.step(59_999)
  await settled()
  assert.deepEqual(authority.asked, both)
  clock.step(1)
  await settled()
  assert.deepEqual(authority.asked, [...both, ...both])
  stopping.abort()
  await running
  assert.equal(clock.waiting(), 0)
})

test('an announcement that fails is tried again soon, and all of them are', async () => {
  const { clock, authority, stopping, running } = openRig('refuses')
  await settled()
  assert.deepEqual(authority.asked, both)
  authority.mood = 'answers'
  clock.step(5_000)
  await settled()
  assert.deepEqual(authority.asked, [...both, ...both])
  stopping.abort()
  await running
})

test('an Auth Service that keeps silent is asked again, and one that is back hears of all databases', async () => {
  const { clock, authority, stopping, running } = openRig('keeps silent')
  await settled()
  clock.step(5_000)
  await settled()
  authority.mood = 'answers'
  clock.step(5_000)
  await settled()
  assert.deepEqual(authority.asked, [...both, ...both])
  stopping.abort()
  await running
})

test('an agent stops at once while the Auth Service keeps silent', async () => {
  const { stopping, running, clock } = openRig('keeps silent')
  await settled()
  stopping.abort()
  await running
  assert.equal(clock.waiting(), 0)
})

test('announcements are taken back, each of them, whatever becomes of the others', async () => {
  for (const mood of ['answers', 'refuses', 'keeps silent'] as const) {
    const { stopping, running, clock, authority, options } = openRig()
    await settled()
    stopping.abort()
    await running
    authority.mood = mood
    const withdrawing = withdrawAll(options)
    await settled()
    if (mood === 'keeps silent') clock.step(5_000)
    await withdrawing
    assert.deepEqual(authority.asked.slice(2), ['withdraw one', 'withdraw two'])
  }
})
