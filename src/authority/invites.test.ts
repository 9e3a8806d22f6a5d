/** Invites and resets: used once, in time, by whoever holds the link. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress, openAuthorityWorld, password, totpOf, type AuthorityWorld } from './testing/authority-world.ts'

const hour = 3_600_000
const unknown = { code: 'INVITE_UNKNOWN', category: 'not-found' }

async function invited(world: AuthorityWorld, usage: 'invite' | 'reset' = 'invite') {
  await world.admin.createUser({ name: 'alice', roles: ['access'], traits: {} })
  return await inviteFor(world, usage)
}

async function inviteFor(world: AuthorityWorld, usage: 'invite' | 'reset') {
  const created = await world.admin.createInvite({ user: 'alice', usage })
  const invite = await world.proxy.getInvite({ token: created.token })
  return { ...created, invite, totp: totpOf(invite.otpSecret) }
}

test('an invite shows user, cluster and second factor, the same ones every time', async () => {
  await using world = await openAuthorityWorld()
  const { token, url, invite, expires } = await invited(world)
  assert.match(token, /^[0-9a-f]{32}$/)
  assert.equal(url, `https://proxy.example.com:3080/web/invite/${token}`)
  assert.equal(new Date(expires).getTime() - world.clock.now().getTime(), hour)
  assert.deepEqual([invite.user, invite.clusterName, invite.usage], ['alice', 'test.example.com', 'invite'])
  assert.match(invite.otpUri, /^otpauth:\/\/totp\/test\.example\.com:alice%40proxy\.example\.com\?/)
  assert.match(invite.otpUri, /algorithm=SHA1&digits=6&period=30/)
  assert.deepEqual(await world.proxy.getInvite({ token }), invite)
})

test('the link names the proxy that announced itself, and leaves port 443 out', async () => {
  await using world = await openAuthorityWorld()
  await world.proxy.upsertProxy({ publicAddress: 'teleport.example.com:443' })
  const { url, token } = await invited(world)
  assert.equal(url, `https://teleport.example.com/web/invite/${token}`)
})

test('a used invite is unknown', async () => {
  await using world = await openAuthorityWorld()
  const { token, totp } = await invited(world)
  await world.proxy.redeemInvite({ token, password, oneTimePassword: world.code(totp), clientAddress })
  await assert.rejects(world.proxy.redeemInvite({ token, password, oneTimePassword: world.code(totp), clientAddress }), unknown)
  await assert.rejects(world.proxy.getInvite({ token }), unknown)
})

test('of many who use one invite at the same moment one succeeds', async () => {
  await using world = await openAuthorityWorld()
  const { token, totp } = await invited(world)
  const attempts = Array.from({ length: 5 }, (_, index) =>
    world.proxy.redeemInvite({ token, password: `${password} ${index}`, oneTimePassword: world.code(totp), clientAddress }),
  )
  const outcomes = await Promise.allSettled(attempts)
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('the code of the enrolment does not log in', async () => {
  await using world = await openAuthorityWorld()
  const { token, totp } = await invited(world)
  const code = world.code(totp)
  await world.proxy.redeemInvite({ token, password, oneTimePassword: code, clientAddress })
  await assert.rejects(world.logIn('alice', totp, { code }), { code: 'LOGIN_REFUSED' })
})

test('an expired invite, a foreign one and none at all are the same', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await invited(world)
  world.clock.step(hour)
  for (const wrong of [token, 'f'.repeat(32), '../users/alice', '%']) await assert.rejects(world.proxy.getInvite({ token: wrong }), unknown)
})

const choices: readonly (readonly [string, string, string | undefined, string])[] = [
  ['a password that is too short', 'elevenchars', undefined, 'PASSWORD_LENGTH_REFUSED'],
  ['a password that is too long', 'a'.repeat(129), undefined, 'PASSWORD_LENGTH_REFUSED'],
  ['a wrong code', password, '000000', 'INVITE_CODE_WRONG'],
  ['no code', password, '', 'INVITE_CODE_WRONG'],
]

test('what is wrong with a choice is said, and the invite is still good', async (context) => {
  await using world = await openAuthorityWorld()
  const { token, totp } = await invited(world)
  const right = world.code(totp)
  for (const [sentence, chosen, code, expected] of choices) {
    await context.test(sentence, () =>
      assert.rejects(world.proxy.redeemInvite({ token, password: chosen, oneTimePassword: code ?? right, clientAddress }), {
        code: expected,
        category: 'bad-input',
      }),
    )
  }
  await world.proxy.redeemInvite({ token, password, oneTimePassword: right, clientAddress })
})

test('twelve and 128 characters are accepted, counted as people count', async () => {
  await using world = await openAuthorityWorld()
  const { token, totp } = await invited(world)
  await world.proxy.redeemInvite({ token, password: '🔑'.repeat(12), oneTimePassword: world.code(totp), clientAddress })
  const reset = await inviteFor(world, 'reset')
  await world.proxy.redeemInvite({
    token: reset.token,
    password: 'a'.repeat(128),
    oneTimePassword: world.code(reset.totp),
    clientAddress,
  })
})

test('a redeemed invite ends the other invites of the user', async () => {
  await using world = await openAuthorityWorld()
  const first = await invited(world)
  const second = await inviteFor(world, 'invite')
  await world.proxy.redeemInvite({ token: second.token, password, oneTimePassword: world.code(second.totp), clientAddress })
  await assert.rejects(world.proxy.getInvite({ token: first.token }), unknown)
})

test('a reset ends earlier invites and gives a link of its own kind', async () => {
  await using world = await openAuthorityWorld()
  const first = await invited(world)
  const reset = await inviteFor(world, 'reset')
  assert.match(reset.url, /\/web\/reset\/[0-9a-f]{32}$/)
  assert.equal(new Date(reset.expires).getTime() - world.clock.now().getTime(), 8 * hour)
  await assert.rejects(world.proxy.getInvite({ token: first.token }), unknown)
})

test('the invite of a deleted user is unknown, and a new user of the name inherits nothing', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await invited(world)
  await world.admin.deleteUser({ name: 'alice' })
  await assert.rejects(world.proxy.getInvite({ token }), unknown)
  await world.admin.createUser({ name: 'alice', roles: ['access'], traits: {} })
  await assert.rejects(world.proxy.getInvite({ token }), unknown)
})

test('a link can be good for 48 hours and no longer, a reset for 24', async () => {
  await using world = await openAuthorityWorld()
  await invited(world)
  await world.admin.createInvite({ user: 'alice', usage: 'invite', ttlMilliseconds: 48 * hour })
  for (const [usage, ttlMilliseconds] of [
    ['invite', 48 * hour + 1],
    ['reset', 24 * hour + 1],
  ] as const) {
    await assert.rejects(world.admin.createInvite({ user: 'alice', usage, ttlMilliseconds }), { code: 'INVITE_TTL_TOO_LONG' })
  }
})

test('an invite for nobody is refused', async () => {
  await using world = await openAuthorityWorld()
  await assert.rejects(world.admin.createInvite({ user: 'nobody', usage: 'invite' }), { code: 'USER_UNKNOWN', category: 'not-found' })
})

test('guessing invites is slow', async () => {
  await using world = await openAuthorityWorld()
  const codes = new Set<string>()
  for (let attempt = 0; attempt < 210; attempt++) {
    const token = attempt.toString(16).padStart(32, '0')
    await world.proxy.getInvite({ token, clientAddress }).catch((error: { code: string }) => codes.add(error.code))
  }
  assert.deepEqual([...codes], ['INVITE_UNKNOWN', 'RATE_LIMITED'])
})
