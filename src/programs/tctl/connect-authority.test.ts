/** Whom tctl speaks as: the order of the credentials, and one word for each way of having none. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateKeyPair } from '#certificates'
import { nodeFiles } from '#world'
import { Secret as OtpSecret, TOTP } from 'otpauth'
import { openTctlCluster, type TctlCluster } from './testing/tctl-cluster.ts'

const password = 'correct horse battery'

/** Logs the editor erin in and leaves a profile as tsh does. Its proxy is the authority's own port. */
async function logInWithTsh(cluster: TctlCluster, role = 'editor'): Promise<void> {
  const [proxy, admin] = [await cluster.host('Proxy'), await cluster.host('Admin')]
  await admin.createUser({ name: 'erin', roles: [role], traits: {} })
  const { token } = await admin.createInvite({ user: 'erin', usage: 'invite' })
  const { otpSecret } = await proxy.getInvite({ token })
  const totp = new TOTP({ secret: OtpSecret.fromBase32(otpSecret) })
  const clientAddress = '192.0.2.1:1'
  const code = (): string => totp.generate({ timestamp: cluster.clock.now().getTime() })
  await proxy.redeemInvite({ token, password, oneTimePassword: code(), clientAddress })
  cluster.clock.step(30_000)
  const { publicKeyPem, privateKeyPem } = await generateKeyPair()
  const login = await proxy.login({
    user: 'erin',
    password,
    oneTimePassword: code(),
    publicKeyPem,
    clientAddress,
    ttlMilliseconds: 3_600_000,
  })
  const home = join(cluster.directory, 'home', '.tsh')
  const keys = join(home, 'keys', '127.0.0.1')
  await nodeFiles.writeText(join(home, 'current-profile'), '127.0.0.1\n')
  const address = `127.0.0.1:${cluster.address.port}`
  await nodeFiles.writeText(join(home, '127.0.0.1.yaml'), `web_proxy_addr: ${address}\nuser: erin\ncluster: ${login.clusterName}\n`)
  await nodeFiles.writeText(join(keys, 'erin.crt'), login.certificatePem)
  await nodeFiles.writeText(join(keys, 'erin.key'), privateKeyPem)
  await nodeFiles.writeText(join(keys, 'cas', `${login.clusterName}.pem`), login.authorities.host.join('\n'))
}

test('a configuration with an Auth Service wins over a login of tsh', async () => {
  await using cluster = await openTctlCluster()
  await logInWithTsh(cluster, 'access')
  assert.equal((await cluster.tctl('users', 'ls')).exit, 0)
})

test('TELEPORT_CONFIG_FILE names the configuration as well', async () => {
  await using cluster = await openTctlCluster()
  const environment = { TELEPORT_CONFIG_FILE: join(cluster.directory, 'teleport.yaml') }
  assert.equal((await cluster.tctlPlain(['users', 'ls'], environment)).answer, 'No users found')
})

test('a configuration without an Auth Service leads to the login of tsh', async () => {
  await using cluster = await openTctlCluster()
  await logInWithTsh(cluster)
  const path = join(cluster.directory, 'agent.yaml')
  await nodeFiles.writeText(path, 'version: v3\nauth_service:\n  enabled: "no"\nproxy_service:\n  enabled: "no"\n')
  const { answer, exit } = await cluster.tctlPlain(['-c', path, 'users', 'ls'])
  assert.deepEqual([answer.split('\n').at(-1), exit], ['erin editor', 0])
  const { events } = await (await cluster.host('Admin')).searchAuditEvents({ types: ['access.denied'] })
  assert.deepEqual(events, [])
})

test('what the person may not do is refused with the reason', async () => {
  await using cluster = await openTctlCluster()
  await logInWithTsh(cluster, 'access')
  const { told, exit } = await cluster.tctlPlain(['users', 'ls'])
  assert.match(told, /^ERROR: Cannot call "listUsers" as "erin": /)
  assert.equal(exit, 1)
  assert.equal((await cluster.tctlPlain(['status'])).exit, 0)
})

test('an expired login says how to log in again', async () => {
  await using cluster = await openTctlCluster()
  await logInWithTsh(cluster)
  cluster.clock.step(3_600_000)
  const { told, exit } = await cluster.tctlPlain(['status'])
  assert.match(told, /login expired\nHINT: log in again with: tsh login --proxy=127\.0\.0\.1:\d+ --user=erin$/)
  assert.equal(exit, 1)
})

test('without file and login the host is looked at, and is no Auth Service', async () => {
  await using cluster = await openTctlCluster()
  const { told, exit } = await cluster.tctlPlain(['status'])
  assert.match(
    told,
    /^ERROR: Cannot find an Auth Service on this host: there is no "\/var\/lib\/teleport\/host_uuid"\nHINT: start one with: teleport start/,
  )
  assert.equal(exit, 1)
})

test('a host without an identity for the administrator', async () => {
  await using cluster = await openTctlCluster()
  await rm(join(cluster.directory, 'data', 'admin'), { recursive: true })
  const { told } = await cluster.tctl('status')
  assert.match(told, /^ERROR: Cannot act as administrator of this host: there is no ".*\/data\/admin\/identity\.crt"/)
})

test('a host whose data may not be read', async () => {
  await using cluster = await openTctlCluster()
  for (const name of ['host_uuid', 'identity.key']) {
    const { told } = await cluster.tctlWithoutPermission(name, ['-c', join(cluster.directory, 'teleport.yaml'), 'status'])
    assert.match(
      told,
      new RegExp(`^ERROR: Cannot use the Auth Service of this host: ".*${name}" is not readable\nHINT: run tctl with sudo`),
    )
  }
})

test('a default configuration that may not be read matters only where there is no login of tsh', async () => {
  await using cluster = await openTctlCluster()
  const { told, exit } = await cluster.tctlWithoutPermission('teleport.yaml', ['status'])
  assert.match(told, /^ERROR: Cannot read "\/etc\/teleport\.yaml": permission denied/)
  assert.equal(exit, 1)
  await logInWithTsh(cluster)
  assert.equal((await cluster.tctlWithoutPermission('teleport.yaml', ['status'])).exit, 0)
})

test('a configuration file that is not there, or not understood', async () => {
  await using cluster = await openTctlCluster()
  const missing = await cluster.tctlPlain(['-c', '/nowhere/teleport.yaml', 'status'])
  assert.deepEqual([missing.told.split('\n')[0], missing.exit], ['ERROR: Cannot read "/nowhere/teleport.yaml": no such file', 1])
  const path = join(cluster.directory, 'broken.yaml')
  await nodeFiles.writeText(path, 'auth_service:\n  enable: "yes"\n')
  const broken = await cluster.tctlPlain(['-c', path, 'status'])
  assert(broken.told.includes(`${path}:2:3`), broken.told)
  assert.equal(broken.exit, 1)
})

test('an Auth Service that does not answer', async () => {
  await using cluster = await openTctlCluster()
  const { told, exit } = await cluster.tctl('--auth-server=127.0.0.1:1', 'status')
  assert.match(told, /^ERROR: Cannot reach the Auth Service at "127\.0\.0\.1:1": /)
  assert.match(told, /\nHINT: check that teleport runs on this host/)
  assert.equal(exit, 1)
  const both = await cluster.tctl('--auth-server=127.0.0.1:1', `--auth-server=127.0.0.1:${cluster.address.port}`, 'status')
  assert.equal(both.exit, 0)
})

test('an Auth Service of another cluster is not believed', async () => {
  await using cluster = await openTctlCluster()
  await using stranger = await openTctlCluster()
  const { told, exit } = await cluster.tctl(`--auth-server=127.0.0.1:${stranger.address.port}`, 'status')
  assert.match(told, /^ERROR: Cannot reach the Auth Service/)
  assert.equal(exit, 1)
})
