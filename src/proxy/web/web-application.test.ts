/** The web API and the pages as a client sees them: statuses, documents, headers, limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { PortunusError } from '#foundation'
import { createWebApplication, type WebApplication, type WebAuthority } from './web-application.ts'

const pem = '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n'
const invite = {
  user: 'alice',
  clusterName: 'example',
  otpUri: 'otpauth://totp/example:alice?secret=ABCDEFGH',
  otpSecret: 'ABCDEFGH',
  expires: '2030-01-01T00:00:00.000Z',
  usage: 'invite',
} as const

/** A small authority: alice has the one good invitation and the one good password. It remembers what it was asked. */
function authorityOfAlice(): WebAuthority & { readonly asked: unknown[] } {
  const asked: unknown[] = []
  const unknownInvite = new PortunusError('INVITE_UNKNOWN', 'Cannot open the invitation: it is used up or out of date', {
    category: 'not-found',
    hint: 'ask for a new link',
  })
  return {
    asked,
    ping: async () => ({ clusterName: 'example', version: '1.2.3', caPins: ['sha256:00'] }),
    async login(request) {
      asked.push(request)
      if (request.password !== 'right') {
        throw new PortunusError('LOGIN_REFUSED', 'Cannot log in "alice": wrong name, password or code', { category: 'unauthenticated' })
      }
      return {
        certificatePem: 'certificate',
        authorities: { host: ['host'], user: ['user'], db: ['db'], dbClient: ['db-client'] },
        clusterName: 'example',
        user: request.user,
        validUntil: '2030-01-01T00:00:00.000Z',
      }
    },
    async getInvite(request) {
      asked.push(request)
      if (request.token !== 'good') throw unknownInvite
      return invite
    },
    async redeemInvite(request) {
      asked.push(request)
      if (request.token !== 'good') throw unknownInvite
      if (request.token === 'good' && request.password === 'break') throw new Error('the database password is hunter2')
      return { user: 'alice' }
    },
    async joinHost(request) {
      asked.push(request)
      return {
        certificatePem: 'certificate',
        hostAuthoritiesPem: ['host'],
        userAuthoritiesPem: ['user'],
        dbAuthoritiesPem: ['db'],
        clusterName: 'example',
      }
    },
  }
}

const pingShape = z.looseObject({
  auth: z.looseObject({ type: z.string(), second_factor: z.string() }),
  proxy: z.looseObject({ ssh: z.looseObject({ public_addr: z.string() }), tls_routing_enabled: z.boolean() }),
  server_version: z.string(),
  cluster_name: z.string(),
  automatic_upgrades: z.boolean(),
  ca_pins: z.array(z.string()),
})
const errorShape = z.object({
  error: z.object({ code: z.string(), category: z.string(), message: z.string(), hint: z.string().optional() }),
})

async function errorOf(response: Response): Promise<z.infer<typeof errorShape>['error']> {
  return errorShape.parse(await response.json()).error
}

interface Site {
  readonly app: WebApplication
  readonly asked: readonly unknown[]
  readonly logged: readonly unknown[]
  readonly time: { milliseconds: number }
  readonly get: (path: string, headers?: Record<string, string>, remoteAddress?: string) => Promise<Response>
  readonly post: (path: string, body: unknown, remoteAddress?: string) => Promise<Response>
}

function site(options: { readonly isSelfMade?: boolean } = {}): Site {
  const authority = authorityOfAlice()
  const logged: unknown[] = []
  const time = { milliseconds: 0 }
  const files: Readonly<Record<string, string>> = { 'index.html': '<!doctype html>', 'assets/app-1.js': 'start()' }
  const app = createWebApplication({
    ...options,
    authority,
    assets: {
      read(path) {
        const text = files[path]
        return text === undefined
          ? undefined
          : { bytes: new TextEncoder().encode(text), contentType: path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8' }
      },
    },
    publicAddress: 'teleport.example.com:3080',
    version: '1.2.3',
    clock: { monotonicMilliseconds: () => time.milliseconds },
    log: { error: (message, fields) => logged.push({ message, ...fields }) },
  })
  const ask = async (path: string, init: RequestInit, remoteAddress = '192.0.2.1'): Promise<Response> =>
    app.request(path, init, { remoteAddress })
  return {
    app,
    asked: authority.asked,
    logged,
    time,
    get: (path, headers = {}, remoteAddress) => ask(path, { headers }, remoteAddress),
    post: (path, body, remoteAddress) =>
      ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }, remoteAddress),
  }
}

test('ping names the cluster, its pins, and how to log in', async () => {
  const response = await site().get('/v1/webapi/ping')
  assert.equal(response.status, 200)
  const document = pingShape.parse(await response.json())
  assert.equal(document.cluster_name, 'example')
  assert.equal(document.server_version, '1.2.3')
  assert.equal(document.auth.type, 'local')
  assert.equal(document.auth.second_factor, 'otp')
  assert.equal(document.proxy.ssh.public_addr, 'teleport.example.com:3080')
  assert.equal(document.proxy.tls_routing_enabled, true)
  assert.equal(document.automatic_upgrades, false)
  assert.deepEqual(document.ca_pins, ['sha256:00'])
})

test('find is ping without the ways to log in', async () => {
  const { get } = site()
  const { auth, ...rest } = pingShape.parse(await (await get('/v1/webapi/ping')).json())
  assert.notEqual(auth, undefined)
  assert.deepEqual(await (await get('/v1/webapi/find')).json(), rest)
})

test('login hands the person to the authority, and the certificate back', async () => {
  const { post, asked } = site()
  const response = await post('/v1/webapi/login', { user: 'alice', password: 'right', otp: '123456', public_key: pem, ttl_seconds: 60 })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), {
    certificate: 'certificate',
    host_authorities: ['host'],
    cluster_name: 'example',
    user: 'alice',
    valid_until: '2030-01-01T00:00:00.000Z',
  })
  assert.deepEqual(asked, [
    { user: 'alice', password: 'right', oneTimePassword: '123456', publicKeyPem: pem, ttlMilliseconds: 60_000, clientAddress: '192.0.2.1' },
  ])
})

test('an invitation is shown and redeemed', async () => {
  const { get, post, asked } = site()
  const shown = await get('/v1/webapi/invites/good')
  assert.deepEqual(await shown.json(), {
    user: 'alice',
    cluster_name: 'example',
    otp_uri: invite.otpUri,
    otp_secret: 'ABCDEFGH',
    expires: invite.expires,
    usage: 'invite',
  })
  const redeemed = await post('/v1/webapi/invites/good', { password: 'correct horse battery', otp: '123456' })
  assert.deepEqual(await redeemed.json(), { user: 'alice' })
  assert.deepEqual(asked.at(-1), {
    token: 'good',
    password: 'correct horse battery',
    oneTimePassword: '123456',
    clientAddress: '192.0.2.1',
  })
})

test('a host joins with its token', async () => {
  const { post, asked } = site()
  const response = await post('/v1/webapi/host/join', { token: 't', host_id: 'h', hostname: 'db-1', roles: ['Db'], public_key: pem })
  assert.deepEqual(await response.json(), {
    certificate: 'certificate',
    host_authorities: ['host'],
    user_authorities: ['user'],
    db_authorities: ['db'],
    cluster_name: 'example',
  })
  assert.deepEqual(asked, [{ token: 't', hostId: 'h', hostname: 'db-1', roles: ['Db'], publicKeyPem: pem, clientAddress: '192.0.2.1' }])
})

const refusals = [
  ['a wrong password is 401', '/v1/webapi/login', { user: 'alice', password: 'wrong', public_key: pem }, 401, 'LOGIN_REFUSED'],
  ['an unknown invitation is 404', '/v1/webapi/invites/bad', { password: 'p', otp: 'o' }, 404, 'INVITE_UNKNOWN'],
  ['a body that is not JSON is 400', '/v1/webapi/login', '{', 400, 'WEB_REQUEST_MALFORMED'],
  ['a missing field is 400', '/v1/webapi/login', { user: 'alice', public_key: pem }, 400, 'WEB_REQUEST_MALFORMED'],
  ['a field of another type is 400', '/v1/webapi/invites/good', { password: ['p'], otp: 'o' }, 400, 'WEB_REQUEST_MALFORMED'],
  [
    'a lifetime of nothing is 400',
    '/v1/webapi/login',
    { user: 'a', password: 'right', public_key: pem, ttl_seconds: 0 },
    400,
    'WEB_REQUEST_MALFORMED',
  ],
  ['a body without end is 413', '/v1/webapi/login', 'x'.repeat(70_000), 413, 'WEB_REQUEST_TOO_LARGE'],
  ['an unknown address is 404', '/v1/webapi/nothing', {}, 404, 'WEB_PATH_UNKNOWN'],
] as const

for (const [sentence, path, body, status, code] of refusals) {
  test(`${sentence}, with a document that says why`, async () => {
    const response = await site().post(path, body)
    assert.equal(response.status, status)
    const error = await errorOf(response)
    assert.equal(error.code, code)
    assert.match(error.message, /^Cannot /)
  })
}

test('a malformed field is named, and its value is not repeated', async () => {
  const response = await site().post('/v1/webapi/login', { user: 'alice', password: { secret: 'hunter2' }, public_key: pem })
  const text = await response.text()
  assert.match(text, /password/)
  assert.doesNotMatch(text, /hunter2/)
})

test('an unexpected failure shows nothing of itself, and is logged', async () => {
  const { post, logged } = site()
  const response = await post('/v1/webapi/invites/good', { password: 'break', otp: '1' })
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /hunter2/)
  assert.equal(logged.length, 1)
})

test('an address that guesses too often waits, and others do not', async () => {
  const { get, time } = site()
  for (let attempt = 0; attempt < 40; attempt++) assert.equal((await get('/v1/webapi/invites/good')).status, 200)
  const refused = await get('/v1/webapi/invites/good')
  assert.equal(refused.status, 429)
  assert.equal(refused.headers.get('retry-after'), '3')
  assert.equal((await errorOf(refused)).code, 'WEB_TOO_MANY_REQUESTS')
  assert.equal((await get('/v1/webapi/invites/good', {}, '192.0.2.2')).status, 200)
  assert.equal((await get('/v1/webapi/ping')).status, 200)
  time.milliseconds += 3000
  assert.equal((await get('/v1/webapi/invites/good')).status, 200)
  assert.equal((await get('/v1/webapi/invites/good')).status, 429)
})

test('the page is one document, and its files are cached for ever', async () => {
  const { get } = site()
  for (const path of ['/web', '/web/', '/web/invite/0123', '/web/reset/0123']) {
    const response = await get(path)
    assert.equal(response.status, 200, path)
    assert.equal(await response.text(), '<!doctype html>')
    assert.equal(response.headers.get('cache-control'), 'no-store')
  }
  const script = await get('/web/assets/app-1.js')
  assert.equal(script.headers.get('content-type'), 'text/javascript')
  assert.match(script.headers.get('cache-control') ?? '', /immutable/)
})

const pagesNotFound = [
  ['/web/assets/app-2.js', '*/*'],
  ['/web/assets/..%2findex.html', '*/*'],
  ['/web/assets/.hidden', '*/*'],
  ['/nowhere', 'application/json'],
  ['/web/invite/', 'text/html'],
  ['/web/nowhere', 'text/html,application/xhtml+xml'],
] as const

for (const [path, accept] of pagesNotFound) {
  test(`${path} is not found (${accept})`, async () => {
    const response = await site().get(path, { accept })
    assert.equal(response.status, 404)
    assert.equal((await response.text()).startsWith('<!doctype html>'), accept.includes('text/html'))
  })
}

test('the way in leads to the landing page', async () => {
  const response = await site().get('/')
  assert.equal(response.status, 302)
  assert.equal(response.headers.get('location'), '/web')
})

test('every answer carries the headers that bind the browser', async () => {
  const { get, post } = site()
  const answers = [
    get('/'),
    get('/web/invite/0123'),
    get('/web/assets/app-1.js'),
    get('/v1/webapi/ping'),
    get('/nowhere'),
    post('/v1/webapi/login', '{'),
  ]
  for (const response of await Promise.all(answers)) {
    const policy = response.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.match(response.headers.get('strict-transport-security') ?? '', /max-age=\d+/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer')
    assert.notEqual(response.headers.get('cache-control'), null)
  }
})

test('where the web certificate is our own, an invitation says the pin to log in with', async () => {
  const answer = await site({ isSelfMade: true }).get('/v1/webapi/invites/good')
  assert.equal(z.looseObject({ login_ca_pin: z.string() }).parse(await answer.json()).login_ca_pin, 'sha256:00')
})
