/** Join tokens and hosts: who gets in, as what, and what a host may tell. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { auditEvent } from '#audit-events'
import { generateKeyPair, identityFromCertificate } from '#certificates'
import type { PortunusError } from '#foundation'
import type { SystemRole } from '#resources'
import { clientAddress, databaseServer, hostIds, openAuthorityWorld, type AuthorityWorld } from './testing/authority-world.ts'

const { publicKeyPem } = await generateKeyPair()

function join(
  world: AuthorityWorld,
  token: string,
  change: { readonly hostId?: string; readonly roles?: readonly string[]; readonly publicKeyPem?: string } = {},
) {
  return world.proxy.joinHost({
    token,
    hostId: hostIds.agent,
    hostname: 'agent.example.com',
    roles: ['Db'],
    publicKeyPem,
    clientAddress,
    ...change,
  })
}

test('a token lets several hosts join until it expires', async () => {
  await using world = await openAuthorityWorld()
  const { token, roles, expires } = await world.admin.createToken({ roles: ['Db'] })
  assert.match(token, /^[0-9a-f]{32}$/)
  assert.deepEqual(roles, ['Db'])
  assert.equal(new Date(expires ?? 0).getTime() - world.clock.now().getTime(), 30 * 60_000)
  await join(world, token)
  const joined = await join(world, token, { hostId: hostIds.other, roles: ['db'] })
  const certificate = new X509Certificate(joined.certificatePem)
  const identity = identityFromCertificate(certificate)
  assert.partialDeepStrictEqual(identity, { kind: 'host', hostId: hostIds.other, roles: ['Db'], cluster: 'test.example.com' })
  assert.deepEqual(joined.userAuthoritiesPem, world.authority.trustedAuthorities().user)
  assert.equal(certificate.checkHost(`${hostIds.other}.agent.portunus.internal`), `${hostIds.other}.agent.portunus.internal`)
  assert.equal(certificate.checkHost('authority.portunus.internal'), undefined)
})

test('an expired token and an unknown one are refused in the same words, and recorded', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  world.clock.step(30 * 60_000)
  const messages = new Set<string>()
  for (const wrong of [token, 'f'.repeat(32), '../tokens']) {
    await assert.rejects(join(world, wrong), (error: PortunusError) => {
      assert.deepEqual([error.code, error.category], ['JOIN_TOKEN_REFUSED', 'access-denied'])
      messages.add(error.message)
      return true
    })
  }
  assert.equal(messages.size, 1)
  const [event] = await world.audited('join')
  assert.partialDeepStrictEqual(event, { code: 'TJ001W', host_id: hostIds.agent, success: false, error_code: 'JOIN_TOKEN_REFUSED' })
})

const roleRows: readonly (readonly [string, readonly string[], string])[] = [
  ['a role that is not in the token', ['Proxy'], 'JOIN_ROLE_REFUSED'],
  ['one role more than the token has', ['Db', 'Proxy'], 'JOIN_ROLE_REFUSED'],
  ['the administrator', ['Admin'], 'JOIN_ROLE_REFUSED'],
  ['the authority', ['Auth'], 'JOIN_ROLE_REFUSED'],
  ['a role nobody has heard of', ['King'], 'SYSTEM_ROLE_UNKNOWN'],
  ['no role', [], 'REQUEST_REFUSED'],
]

test('a db token does not let a host join as', async (context) => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  for (const [sentence, roles, code] of roleRows) {
    await context.test(sentence, () => assert.rejects(join(world, token, { roles }), { code }))
  }
})

const hostIdRows: readonly string[] = ['agent', '00000000-0000-4000-8000-00000000000G', 'a.b', '../x', `${hostIds.agent}.evil.example.com`]

test('the id of a host that has joined is taken, whatever token somebody has', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  const { token: other } = await world.admin.createToken({ roles: ['Db', 'Proxy'] })
  await join(world, token)
  const taken = { code: 'HOST_ID_TAKEN', category: 'already-exists' }
  await assert.rejects(join(world, token), taken)
  await assert.rejects(join(world, other, { roles: ['Proxy'] }), taken)
  const [first, , last] = await world.audited('join')
  assert.partialDeepStrictEqual([first, last], [{ success: true }, { success: false, error_code: 'HOST_ID_TAKEN' }])
})

test('of two that join with one id at the same moment one gets a certificate', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  const results = await Promise.allSettled([join(world, token), join(world, token)])
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('a join that fails leaves the id free', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  await assert.rejects(join(world, token, { publicKeyPem: 'no key' }))
  await join(world, token)
})

test('a host id that is no UUID is refused', async (context) => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  for (const hostId of hostIdRows) {
    await context.test(JSON.stringify(hostId), () => assert.rejects(join(world, token, { hostId }), { code: 'HOST_ID_MALFORMED' }))
  }
})

const unsupported: readonly SystemRole[] = ['Admin', 'Auth', 'Node']

test('there is no token of type', async (context) => {
  await using world = await openAuthorityWorld()
  for (const role of unsupported) {
    await context.test(role, () =>
      assert.rejects(world.admin.createToken({ roles: [role] }), { code: 'TOKEN_ROLE_UNSUPPORTED', category: 'unsupported' }),
    )
  }
})

test('lists show tokens masked, the next to end first', async () => {
  await using world = await openAuthorityWorld()
  const { token: later } = await world.admin.createToken({ roles: ['Db'], ttlMilliseconds: 3_600_000, labels: { team: 'data' } })
  const { token: sooner } = await world.admin.createToken({ roles: ['Proxy'] })
  const { tokens } = await world.admin.listTokens({})
  assert.deepEqual(
    tokens.map(({ maskedValue, roles, labels }) => [maskedValue, roles, labels]),
    [
      ['*'.repeat(24) + sooner.slice(24), ['Proxy'], {}],
      ['*'.repeat(24) + later.slice(24), ['Db'], { team: 'data' }],
    ],
  )
  const audit = JSON.stringify(await world.auditStore.search())
  assert(!audit.includes(sooner) && !audit.includes(later))
})

test('a deleted token lets nobody in; the masked text deletes nothing', async () => {
  await using world = await openAuthorityWorld()
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  const { tokens } = await world.admin.listTokens({})
  await assert.rejects(world.admin.deleteToken({ value: tokens[0]?.maskedValue ?? '' }), { code: 'TOKEN_UNKNOWN' })
  await world.admin.deleteToken({ value: token })
  await assert.rejects(join(world, token), { code: 'JOIN_TOKEN_REFUSED' })
  await assert.rejects(world.admin.deleteToken({ value: token }), { code: 'TOKEN_UNKNOWN' })
})

test('a chosen value is taken once, and has eight characters at least', async () => {
  await using world = await openAuthorityWorld()
  await world.admin.createToken({ roles: ['Db'], value: 'my-own-token' })
  await join(world, 'my-own-token')
  await assert.rejects(world.admin.createToken({ roles: ['Db'], value: 'my-own-token' }), { code: 'TOKEN_EXISTS' })
  await assert.rejects(world.admin.createToken({ roles: ['Db'], value: 'short' }), { code: 'TOKEN_VALUE_REFUSED' })
})

test('a host renews as itself', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  const renewed = identityFromCertificate(new X509Certificate((await agent.renewHost({ publicKeyPem })).certificatePem))
  assert.partialDeepStrictEqual(renewed, { kind: 'host', hostId: hostIds.agent, roles: ['Db'] })
})

test('an agent cannot do what only a proxy may', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  const { token } = await world.admin.createToken({ roles: ['Db'] })
  const refused = { code: 'OPERATION_REFUSED', category: 'access-denied' }
  await assert.rejects(agent.login({ user: 'alice', password: 'x', publicKeyPem, clientAddress }), refused)
  await assert.rejects(agent.getInvite({ token }), refused)
  await assert.rejects(agent.issueProxiedCertificate({ clientCertificatePem: 'x', publicKeyPem, clientAddress }), refused)
  await assert.rejects(agent.upsertProxy({ publicAddress: 'evil.example.com:443' }), refused)
  await assert.rejects(agent.createToken({ roles: ['Proxy'] }), refused)
})

test('an agent tells its own sessions and nothing else', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  const stamp = { uid: '11111111-2222-4333-8444-555555555555', time: world.clock.now(), clusterName: 'test.example.com' }
  const own = auditEvent(
    { event: 'db.session.end', code: 'TDB01I', user: 'alice', db_service: 'my-redshift', server_id: hostIds.agent },
    stamp,
  )
  await agent.appendAuditEvents({ events: [own] })
  await agent.appendAuditEvents({ events: [own] })
  assert.equal((await world.audited('db.session.end')).length, 1)
  const foreign = { code: 'AUDIT_EVENT_FOREIGN', category: 'access-denied' }
  await assert.rejects(agent.appendAuditEvents({ events: [{ ...own, server_id: hostIds.other }] }), foreign)
  const { server_id: _, ...anonymous } = own
  await assert.rejects(agent.appendAuditEvents({ events: [{ ...anonymous, uid: '2', event: own.event }] }), foreign)
  await assert.rejects(world.proxy.appendAuditEvents({ events: [own] }), foreign)
  await assert.rejects(agent.appendAuditEvents({ events: [{ ...own, cluster_name: 'other.example.com' }] }), foreign)
  await assert.rejects(agent.appendAuditEvents({ events: [{ ...own, event: 'user.login' }] }), foreign)
  assert.deepEqual(await world.audited('user.login'), [])
})

test('an agent announces databases of its own, for ten minutes', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  await agent.upsertDatabaseServer({ server: databaseServer() })
  await assert.rejects(agent.upsertDatabaseServer({ server: databaseServer({ hostId: hostIds.other }) }), {
    code: 'DATABASE_SERVER_FOREIGN',
  })
  const namesNow = async () => (await world.proxy.listDatabaseServers({})).servers.map((server) => server.metadata.name)
  assert.deepEqual(await namesNow(), ['my-redshift'])
  world.clock.step(9 * 60_000)
  await agent.upsertDatabaseServer({ server: databaseServer() })
  world.clock.step(9 * 60_000)
  assert.deepEqual(await namesNow(), ['my-redshift'])
  world.clock.step(60_000)
  assert.deepEqual(await namesNow(), [])
})

test('an agent withdraws its own announcement and not that of another', async () => {
  await using world = await openAuthorityWorld()
  const [agent, other] = [await world.host('Db'), await world.host('Db', hostIds.other)]
  await agent.upsertDatabaseServer({ server: databaseServer() })
  await other.upsertDatabaseServer({ server: databaseServer({ hostId: hostIds.other }) })
  await other.deleteDatabaseServer({ name: 'my-redshift' })
  const { servers } = await world.proxy.listDatabaseServers({})
  assert.deepEqual(
    servers.map((server) => server.spec.hostId),
    [hostIds.agent],
  )
})

test('one name is one target: another agent cannot announce it elsewhere', async () => {
  await using world = await openAuthorityWorld()
  const [agent, other] = [await world.host('Db'), await world.host('Db', hostIds.other)]
  await agent.upsertDatabaseServer({ server: databaseServer() })
  const elsewhere = databaseServer({ hostId: hostIds.other, uri: 'evil.example.com:5439' })
  await assert.rejects(other.upsertDatabaseServer({ server: elsewhere }), { code: 'DATABASE_NAME_TAKEN', category: 'conflict' })
  await agent.deleteDatabaseServer({ name: 'my-redshift' })
  await other.upsertDatabaseServer({ server: elsewhere })
})
