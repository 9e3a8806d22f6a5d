/** Join tokens: static ones, those without an end, changes, and how often one may try. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthorityClient } from '#authority-api'
import { generateKeyPair } from '#certificates'
import { Secret } from '#foundation'
import { clientAddress, hostIds, openAuthorityWorld, type AuthorityWorld } from './testing/authority-world.ts'

const { publicKeyPem } = await generateKeyPair()

function join(world: AuthorityWorld, token: string, proxy: AuthorityClient = world.proxy) {
  return proxy.joinHost({ token, hostId: hostIds.agent, hostname: 'agent', roles: ['Db'], publicKeyPem, clientAddress })
}

/** The administrator and a proxy of an authority that was started with these tokens. */
async function withStaticTokens(world: AuthorityWorld, staticTokens: Parameters<AuthorityWorld['reopen']>[0] & object) {
  const authority = await world.reopen(staticTokens)
  const clientOf = async (role: 'Admin' | 'Proxy'): Promise<AuthorityClient> => {
    const { identity } = await authority.issueLocalHost({ roles: [role], hostname: 'h', hostId: hostIds.proxy })
    return authority.clientFor({ identity, remoteAddress: 'local' })
  }
  return { admin: await clientOf('Admin'), proxy: await clientOf('Proxy') }
}

const value = 'static-token-of-the-file'

test('a token of the configuration lets hosts join as long as it stands there', async () => {
  await using world = await openAuthorityWorld()
  const staticTokens = [
    { roles: ['Db', 'Node'], value: new Secret(value) },
    { roles: ['Node'], value: new Secret('for-nothing-we-have') },
  ] as const
  const { admin, proxy } = await withStaticTokens(world, { staticTokens })
  world.clock.step(86_400_000)
  await join(world, value, proxy)
  const { tokens } = await admin.listTokens({})
  assert.deepEqual(tokens, [{ maskedValue: `${'*'.repeat(18)}e-file`, roles: ['Db'], labels: {}, isStatic: true }])
  for (const change of [admin.deleteToken({ value }), admin.updateToken({ value, roles: ['Db'] })]) {
    await assert.rejects(change, { code: 'TOKEN_STATIC', category: 'conflict' })
  }
  await assert.rejects(admin.createToken({ roles: ['Proxy'], value }), { code: 'TOKEN_EXISTS' })
  const after = await withStaticTokens(world, {})
  await assert.rejects(join(world, value, after.proxy), { code: 'JOIN_TOKEN_REFUSED' })
})

test('a token without an end lasts until it is deleted, and stands last in the list', async () => {
  await using world = await openAuthorityWorld()
  const { token, expires } = await world.admin.createToken({ roles: ['Db'], unlimited: true })
  assert.equal(expires, undefined)
  await world.admin.createToken({ roles: ['Db'], value: 'short-lived', ttlMilliseconds: 3_600_000 })
  assert.deepEqual(
    (await world.admin.listTokens({})).tokens.map((one) => one.expires === undefined),
    [false, true],
  )
  world.clock.step(86_400_000)
  await join(world, token)
  await world.admin.deleteToken({ value: token })
  await assert.rejects(join(world, token), { code: 'JOIN_TOKEN_REFUSED' })
})

test('a token is changed by its whole value only, and the change is in the audit log without it', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Proxy'] })
  await assert.rejects(join(world, token), { code: 'JOIN_ROLE_REFUSED' })
  await world.admin.updateToken({ value: token, roles: ['Db'], labels: { team: 'data' }, ttlMilliseconds: 3_600_000 })
  world.clock.step(3_599_000)
  await join(world, token)
  const [event] = await world.audited('token.update')
  assert.partialDeepStrictEqual(event, { code: 'TPT03I', roles: ['Db'] })
  assert(!JSON.stringify(event).includes(token))
  world.clock.step(1_000)
  await assert.rejects(world.admin.updateToken({ value: token, roles: ['Db'] }), { code: 'TOKEN_UNKNOWN' })
  await assert.rejects(world.admin.updateToken({ value: 'never-was-there', roles: ['Db'] }), { code: 'TOKEN_UNKNOWN' })
})

test('who guesses tokens is held back after a while, and every guess before is in the audit log', async () => {
  await using world = await openAuthorityWorld()
  const outcomes: string[] = []
  for (let guess = 0; guess < 250; guess++) {
    outcomes.push(
      await join(world, `guess-${guess}-xxxxxxxx`).then(
        () => 'joined',
        (error: { code: string }) => error.code,
      ),
    )
  }
  assert.deepEqual([...new Set(outcomes)], ['JOIN_TOKEN_REFUSED', 'RATE_LIMITED'])
  const refused = outcomes.filter((code) => code === 'JOIN_TOKEN_REFUSED').length
  assert.equal((await world.auditStore.search({ types: ['join'], limit: 1000 })).length, refused)
  world.clock.step(60_000)
  await assert.rejects(join(world, 'another-guess'), { code: 'JOIN_TOKEN_REFUSED' })
})
