/** Finding a proxy, trusting it, and logging in, over real TLS. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Secret, type Address } from '#foundation'
import { isSameCluster, logIn } from './login.ts'
import { readLogin } from './stored-login.ts'
import { cluster, goodCode, goodPassword, openTestCluster, testWorld, type TestCluster } from '../../test/worlds/small-cluster.ts'
import { openWebApi } from './web-api.ts'
import type { WebTrust } from './web-trust.ts'

const path = await mkdtemp(join(tmpdir(), 'login-'))
after(() => rm(path, { recursive: true }))

const running = await openTestCluster()
after(() => running[Symbol.asyncDispose]())
const stranger = await openTestCluster()
after(() => stranger[Symbol.asyncDispose]())

function addressOf(testCluster: TestCluster, host = 'localhost'): Address {
  return { host, port: testCluster.port }
}

const trusts: readonly (readonly [string, WebTrust, string])[] = [
  ['a self-made certificate is not trusted', { kind: 'known', authoritiesPem: [] }, 'PROXY_UNTRUSTED'],
  ["a stranger's authority does not help", { kind: 'known', authoritiesPem: [stranger.hostAuthorityPem] }, 'PROXY_UNTRUSTED'],
  ["the profile's authority vouches for it", { kind: 'known', authoritiesPem: [running.hostAuthorityPem] }, 'cluster'],
  ['the right pin does', { kind: 'pinned', pins: [running.pin] }, 'cluster'],
  ['one of two pins suffices', { kind: 'pinned', pins: [stranger.pin, running.pin.toUpperCase().replace('SHA', 'sha')] }, 'cluster'],
  ['another pin does not', { kind: 'pinned', pins: [stranger.pin] }, 'CA_PIN_MISMATCH'],
  ['a text that is no pin', { kind: 'pinned', pins: ['sha256:12'] }, 'CA_PIN_MALFORMED'],
  ['--insecure asks nothing', { kind: 'insecure' }, 'cluster'],
]

for (const [sentence, trust, expected] of trusts) {
  test(sentence, async () => {
    const attempt = openWebApi(testWorld, [addressOf(running)], trust)
    if (expected !== expected.toUpperCase()) assert.equal((await attempt).vouchedBy, expected)
    else await assert.rejects(attempt, { code: expected })
  })
}

test('with a pin the host name is still checked', async () => {
  const other = addressOf(running, 'localhost.localdomain')
  const network: typeof testWorld.network = { ...testWorld.network, dial: () => testWorld.network.dial(addressOf(running)) }
  const httpsJson: typeof testWorld.httpsJson = async (request) => {
    const connection = await network.dial(request.address)
    await testWorld.tls.connect(connection, request.tls)
    return { status: 500, json: undefined }
  }
  const attempt = openWebApi({ ...testWorld, network, httpsJson }, [other], { kind: 'pinned', pins: [running.pin] })
  await assert.rejects(attempt, { code: 'TLS_SERVER_NAME_MISMATCH' })
})

test('the hint of an untrusted proxy names both ways on', async () => {
  await assert.rejects(
    openWebApi(testWorld, [addressOf(running)], { kind: 'known', authoritiesPem: [] }),
    (error: Error & { hint: string }) => {
      assert.match(error.hint, /--ca-pin=sha256:/)
      assert.match(error.hint, /--insecure/)
      return true
    },
  )
})

test('of several addresses the first that answers is taken', async () => {
  const web = await openWebApi(testWorld, [{ host: 'localhost', port: await closedPort() }, addressOf(running)], { kind: 'insecure' })
  assert.equal(web.address.port, running.port)
})

test('where none answers, the failure says so', async () => {
  await assert.rejects(openWebApi(testWorld, [{ host: 'localhost', port: await closedPort() }], { kind: 'insecure' }), {
    code: 'NETWORK_DIAL_FAILED',
  })
})

test('a server that is no proxy is told from one', async () => {
  const server = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  await assert.rejects(openWebApi(testWorld, [{ host: '127.0.0.1', port: address.port }], { kind: 'insecure' }), { code: 'TLS_FAILED' })
  server.close()
})

const credentials = { user: 'alice', password: new Secret(goodPassword), oneTimePassword: new Secret(goodCode), ttlSeconds: undefined }

test('a login is kept, and knows its cluster again', async () => {
  const directory = { files: testWorld.files, path: join(path, 'kept') }
  const web = await openWebApi(testWorld, [addressOf(running)], { kind: 'pinned', pins: [running.pin] })
  assert.equal(web.secondFactor, 'otp')
  const login = await logIn(directory, web, credentials)
  assert.equal(login.profile.cluster, cluster)
  assert.equal(login.held.identity.usage, 'login')
  assert.deepEqual((await readLogin(directory))?.held.keyPair, login.held.keyPair)
  assert.equal(isSameCluster(login, web), true)
  assert.equal(isSameCluster(login, await openWebApi(testWorld, [addressOf(stranger)], { kind: 'insecure' })), false)
})

test('a wrong password is refused in the words of the cluster, and nothing is kept', async () => {
  const directory = { files: testWorld.files, path: join(path, 'refused') }
  const web = await openWebApi(testWorld, [addressOf(running)], { kind: 'insecure' })
  await assert.rejects(logIn(directory, web, { ...credentials, password: new Secret('wrong') }), {
    code: 'LOGIN_REFUSED',
    category: 'unauthenticated',
  })
  assert.equal(await readLogin(directory), undefined)
})

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return address !== null && typeof address === 'object' ? address.port : 1
}
