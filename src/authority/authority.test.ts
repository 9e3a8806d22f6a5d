/** The authority as it starts: made once, opened again, refused with what does not belong to it. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { authorityServerName, caPin, identityFromCertificate, proxyServerName } from '#certificates'
import { hostIds, openAuthorityWorld, password } from './testing/authority-world.ts'

test('the first start makes four authorities and the preset roles, the second finds them', async () => {
  await using world = await openAuthorityWorld()
  const status = await world.admin.getStatus({})
  assert.deepEqual(
    status.authorities.map(({ type }) => type),
    ['host', 'user', 'db', 'db_client'],
  )
  const { roles } = await world.admin.listRoles({})
  assert.deepEqual(roles.map((role) => role.metadata.name).toSorted(), ['access', 'auditor', 'editor', 'requester', 'reviewer'])
  const again = await world.reopen()
  assert.deepEqual(again.trustedAuthorities(), world.authority.trustedAuthorities())
})

test('the pins of the status are those of the host authority that a client sees', async () => {
  await using world = await openAuthorityWorld()
  const { authorities } = await world.admin.getStatus({})
  const [host] = world.authority.trustedAuthorities().host
  assert.deepEqual(authorities[0]?.pins, [caPin(host ?? '')])
  assert.deepEqual((await world.proxy.ping({})).caPins, [caPin(host ?? '')])
})

test('another secret key does not open the authorities', async () => {
  await using world = await openAuthorityWorld()
  await assert.rejects(world.reopen({ secretKey: new Uint8Array(32).fill(8) }), { code: 'SECRET_UNREADABLE' })
})

test('another cluster name is refused', async () => {
  await using world = await openAuthorityWorld()
  await assert.rejects(world.reopen({ clusterName: 'other.example.com' }), { code: 'CLUSTER_NAME_CHANGED' })
})

test('a preset that lost a rule gets it back, a rule that was narrowed on purpose stays', async () => {
  await using world = await openAuthorityWorld()
  const item = await world.store.get('roles/editor')
  const editor = JSON.parse(item?.value ?? '') as { spec: { allow: { rules: { resources: string[]; verbs: string[] }[] } } }
  editor.spec.allow.rules = [{ resources: ['user'], verbs: ['list'] }]
  await world.store.put('roles/editor', JSON.stringify(editor))
  const again = await world.reopen()
  const { identity } = await again.issueLocalHost({ roles: ['Admin'], hostname: 'h' })
  const { roles } = await again.clientFor({ identity, remoteAddress: 'local' }).listRoles({})
  const repaired = roles.find((role) => role.metadata.name === 'editor')
  const verbsOf = (resource: string): readonly string[] =>
    repaired?.spec.allow.rules.filter((rule) => rule.resources.includes(resource)).flatMap((rule) => rule.verbs) ?? []
  assert.deepEqual(verbsOf('user'), ['list'])
  assert(verbsOf('token').includes('create'))
})

test('nothing secret lies in the store in clear', async () => {
  await using world = await openAuthorityWorld()
  const { token: joinToken } = await world.admin.createToken({ roles: ['Db'] })
  await world.admin.createUser({ name: 'bob', roles: ['access'], traits: {} })
  const { token: inviteToken } = await world.admin.createInvite({ user: 'bob', usage: 'invite' })
  const { otpSecret } = await world.proxy.getInvite({ token: inviteToken })
  await world.enrol('alice')
  const everything = JSON.stringify(await world.store.list(''))
  for (const secret of [joinToken, inviteToken, otpSecret, password, 'PRIVATE KEY']) assert(!everything.includes(secret), secret)
  assert(everything.includes('$argon2id$v=19$m=19456,t=2,p=1$'))
})

test('the certificates of this process name its endpoints', async () => {
  await using world = await openAuthorityWorld()
  const issued = await world.authority.issueLocalHost({ roles: ['Auth', 'Proxy', 'Db'], hostname: 'h', hostId: hostIds.agent })
  const certificate = new X509Certificate(issued.certificatePem)
  for (const name of [authorityServerName, proxyServerName, `${hostIds.agent}.agent.portunus.internal`]) {
    assert.equal(certificate.checkHost(name), name)
  }
  assert(certificate.verify(new X509Certificate(world.authority.trustedAuthorities().host[0] ?? '').publicKey))
})

test('the web certificate carries its authority and no identity', async () => {
  await using world = await openAuthorityWorld()
  const web = await world.authority.webCertificate({ dnsNames: ['localhost', 'proxy.example.com'], ipAddresses: ['127.0.0.1', '::1'] })
  const [leafPem = '', authorityPem] = web.certificatePem.split(/(?<=-----END CERTIFICATE-----\n)/)
  const leaf = new X509Certificate(leafPem)
  assert.equal(leaf.checkHost('proxy.example.com'), 'proxy.example.com')
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(authorityPem?.trim(), world.authority.trustedAuthorities().host[0]?.trim())
  assert.throws(() => identityFromCertificate(leaf), { code: 'CERTIFICATE_IDENTITY_UNREADABLE' })
})

test('a certificate whose identity is of another kind than its authority is no peer', async () => {
  await using world = await openAuthorityWorld()
  await using stranger = await openAuthorityWorld()
  const { certificatePem } = await stranger.authority.issueLocalHost({ roles: ['Admin'], hostname: 'h' })
  const certificate = new X509Certificate(certificatePem)
  assert.equal(stranger.authority.peerOf(certificate, 'x').identity?.kind, 'host')
  // The same seed gives both worlds the same names; only the keys differ.
  assert.throws(() => world.authority.peerOf(certificate, 'x'), { code: 'PEER_REFUSED' })
})

test('a key that is too weak gets no certificate', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  await assert.rejects(agent.renewHost({ publicKeyPem: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' }), {
    code: 'CERTIFICATE_KEY_REFUSED',
  })
})
