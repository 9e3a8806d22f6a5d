/** The authentication preference: where it comes from, and what it does. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { authPreferenceOf } from '#resources'
import { openAuthorityWorld } from './testing/authority-world.ts'

test('the default length of a login is that of the cluster, until the preference is reset', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const hours = async (ttlMilliseconds?: number): Promise<number> => {
    world.clock.step(30_000)
    const certificate = new X509Certificate(await world.logIn('alice', totp, ttlMilliseconds === undefined ? {} : { ttlMilliseconds }))
    return Math.round((certificate.validToDate.getTime() - world.clock.now().getTime()) / 3_600_000)
  }
  assert.equal(await hours(), 12)
  await world.admin.createAuthPreference({ preference: authPreferenceOf({ defaultSessionTtlMilliseconds: 4 * 3_600_000 }) })
  assert.equal(await hours(), 4)
  assert.equal(await hours(2 * 3_600_000), 2)
  await world.admin.resetAuthPreference({})
  assert.equal(await hours(), 12)
  assert.deepEqual(
    (await world.audited('auth_preference.update')).map((event) => event['reset']),
    [false, true],
  )
})

test('hosts get the roles with what the cluster demands, administrators as they are', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  const preference = authPreferenceOf({ requireSessionMfa: true, lockingMode: 'strict', disconnectExpiredCert: true })
  await world.admin.updateAuthPreference({ preference })
  const { roles } = await agent.getRolesForAgent({ names: ['access'] })
  assert.partialDeepStrictEqual(roles[0]?.spec.options, { requireSessionMfa: true, lock: 'strict', disconnectExpiredCert: true })
  const kept = (await world.admin.listRoles({})).roles.find(({ metadata }) => metadata.name === 'access')
  assert.equal(kept?.spec.options.requireSessionMfa, undefined)
})

test('of two who change the same preference the second is told, and what would lock everybody out is refused', async () => {
  await using world = await openAuthorityWorld()
  const { preference } = await world.admin.createAuthPreference({ preference: authPreferenceOf() })
  await world.admin.updateAuthPreference({ preference })
  await assert.rejects(world.admin.updateAuthPreference({ preference }), { code: 'RESOURCE_REVISION_CHANGED' })
  await assert.rejects(world.admin.createAuthPreference({ preference: authPreferenceOf() }), { code: 'AUTH_PREFERENCE_EXISTS' })
  for (const change of [{ secondFactors: ['webauthn'] }, { allowLocalAuth: false }] as const) {
    await assert.rejects(world.admin.updateAuthPreference({ preference: authPreferenceOf(change) }), {
      code: 'AUTH_PREFERENCE_UNSUPPORTED',
    })
  }
  const { warnings } = await world.admin.updateAuthPreference({ preference: authPreferenceOf({ secondFactors: ['otp', 'webauthn'] }) })
  assert.deepEqual(warnings, ['spec.second_factors: webauthn has no effect in this version'])
})
