/** Who may begin a session: locks before roles, the roles still held, and what counts when the Auth Service is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockAgeMillisecondsMax } from '#access'
import { parseRole, type Role } from '#resources'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { admit } from './admission.ts'
import { lockOn, toldRevocations } from './testing/revocations.ts'
import { factsOf } from './testing/session-facts.ts'

function role(name: string, options: Readonly<Record<string, unknown>> = {}): Role {
  return parseRole({
    kind: 'role',
    version: 'v7',
    metadata: { name },
    spec: { options, allow: { db_labels: { '*': '*' }, db_users: ['analyst'], db_names: ['dev'] } },
  })
}

function openRig(...roles: readonly Role[]) {
  const revocations = toldRevocations()
  const context = {
    revocations,
    clock: new SteppedClock(),
    roles: { roles: async (names: readonly string[]) => roles.filter(({ metadata }) => names.includes(metadata.name)) },
  }
  return { revocations, admit: () => admit(factsOf({ roles: roles.map(({ metadata }) => metadata.name) }), context) }
}

test('somebody against whom nothing speaks is let in, with the options of all roles', async () => {
  const rig = openRig(role('access'), role('strict', { client_idle_timeout: '5m', lock: 'strict' }))
  const options = await rig.admit()
  assert.deepEqual([options.clientIdleTimeoutMilliseconds, options.lock], [300_000, 'strict'])
})

test('a lock refuses with its message, and its removal lets in again', async () => {
  const rig = openRig(role('access'))
  for (const target of [{ user: 'alice' }, { role: 'access' }, { db: 'my-redshift' }, { login: 'analyst' }, { server_id: 'h1' }]) {
    rig.revocations.tell({ locks: [lockOn(target)] })
    await assert.rejects(rig.admit(), { code: 'LOCK_IN_FORCE', sqlState: '28000', message: /is in force: laptop stolen$/ })
  }
  rig.revocations.tell({ locks: [] })
  await rig.admit()
})

test('a deleted user and a role that was taken away open nothing', async () => {
  const rig = openRig(role('access'))
  rig.revocations.tell({ rolesByUser: new Map([['alice', ['access']]]) })
  await rig.admit()
  rig.revocations.tell({ rolesByUser: new Map([['alice', []]]) })
  await assert.rejects(rig.admit(), { code: 'DATABASE_ACCESS_DENIED', sqlState: '28000' })
  rig.revocations.tell({ rolesByUser: new Map() })
  await assert.rejects(rig.admit(), { code: 'USER_GONE', sqlState: '28000' })
})

test('locks of long ago are enough, unless one role is strict', async () => {
  const stale = { ageMilliseconds: lockAgeMillisecondsMax + 1 }
  const bestEffort = openRig(role('access', { lock: 'best_effort' }))
  const strict = openRig(role('access', { lock: 'best_effort' }), role('other', { lock: 'strict' }))
  const unsaid = openRig(role('access'))
  for (const rig of [bestEffort, strict, unsaid]) rig.revocations.tell(stale)
  await bestEffort.admit()
  await unsaid.admit()
  await assert.rejects(strict.admit(), { code: 'LOCKS_STALE', sqlState: '28000' })
  bestEffort.revocations.tell({ locks: [lockOn({ user: 'alice' })] })
  await assert.rejects(bestEffort.admit(), { code: 'LOCK_IN_FORCE' })
})
