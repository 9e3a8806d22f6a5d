/** The contents of roles as the agent knows them, while the Auth Service answers and while it is away. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Role } from '#resources'
import { presetRoles } from '#resources'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openRoleDirectory } from './role-directory.ts'
import { fakeAuthority, type AuthorityMood } from './testing/fake-authority.ts'
import { settled } from './testing/stream-pair.ts'

const [older, newer]: readonly (readonly Role[])[] = [presetRoles().slice(0, 1), presetRoles().slice(1, 3)]

function openRig() {
  const clock = new SteppedClock()
  const authority = fakeAuthority(older)
  const warnings: string[] = []
  const log = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {}, child: () => log }
  return { clock, authority, warnings, directory: openRoleDirectory({ authority, clock, log }) }
}

test('roles are read again for a decision that comes a second later, and not before', async () => {
  const { clock, authority, directory } = openRig()
  assert.equal(await directory.roles(['access']), older)
  authority.roles = newer ?? []
  assert.equal(await directory.roles(['access']), older)
  clock.step(1_000)
  assert.equal(await directory.roles(['access']), newer)
  assert.deepEqual(authority.asked, ['roles access', 'roles access'])
})

test('other names are another question, in another order they are the same', async () => {
  const { authority, directory } = openRig()
  await directory.roles(['access', 'auditor'])
  await directory.roles(['auditor', 'access'])
  await directory.roles(['access'])
  await directory.roles([])
  assert.deepEqual(authority.asked, ['roles access,auditor', 'roles access', 'roles '])
})

test('nothing is left waiting after an answer', async () => {
  const { clock, directory } = openRig()
  await directory.roles(['access'])
  assert.equal(clock.waiting(), 0)
})

for (const mood of ['refuses', 'keeps silent'] as const satisfies readonly AuthorityMood[]) {
  describe(`while the Auth Service ${mood}`, () => {
    test('decisions are made with the roles known before, and a line in the log says so', async () => {
      const { clock, authority, directory, warnings } = openRig()
      await directory.roles(['access'])
      authority.mood = mood
      clock.step(3_600_000)
      const asking = directory.roles(['access'])
      await settled()
      if (mood === 'keeps silent') clock.step(5_000)
      assert.equal(await asking, older)
      assert.equal(warnings.length, 1)
    })

    test('roles that were never known decide nothing', async () => {
      const { clock, authority, directory } = openRig()
      authority.mood = mood
      const asking = directory.roles(['access'])
      asking.catch(() => {})
      await settled()
      if (mood === 'keeps silent') clock.step(5_000)
      await assert.rejects(asking, { code: 'ROLES_UNKNOWN', category: 'unavailable', sqlState: '57P03' })
    })

    test('and when it is back, what changed meanwhile counts', async () => {
      const { clock, authority, directory } = openRig()
      await directory.roles(['access'])
      authority.mood = mood
      clock.step(1_000)
      const asking = directory.roles(['access'])
      await settled()
      if (mood === 'keeps silent') clock.step(5_000)
      await asking
      authority.mood = 'answers'
      authority.roles = newer ?? []
      assert.equal(await directory.roles(['access']), newer)
    })
  })
}
