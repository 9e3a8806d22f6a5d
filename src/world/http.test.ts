/** HTTP servers and clients over connections that are already open: answers find their questions, and a lost connection is noticed. */
import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import { describe, test } from 'node:test'
import type { TlsConnection } from '#foundation'
import { openHttp2Client, type Http2Client } from './http2-client.ts'
import { openHttpServer, serveHttp2, type FetchHandler } from './http-server.ts'
import { memoryPair } from './memory-pair.ts'
import { makeAuthority, makeCredential } from './testing/certificates.ts'
import { pairs } from './testing/connection-pair.ts'
import { nodeTls } from './tls.ts'

/** The part of a TLS session that HTTP looks at. */
function secure(stream: TlsConnection['stream'], alpn: string | undefined): TlsConnection {
  return { stream, alpn, remoteAddress: 'memory', peerCertificate: undefined, exportKeyingMaterial: () => new Uint8Array(0) }
}

interface Rig {
  readonly client: Http2Client
  readonly clientEnd: TlsConnection['stream']
  readonly serverEnd: TlsConnection['stream']
}

function openRig(handler: FetchHandler<string>, environment = 'somebody'): Rig {
  const [server, client] = memoryPair('memory')
  serveHttp2(server.stream, handler, environment)
  return { client: openHttp2Client(secure(client.stream, 'portunus-proxy/1')), clientEnd: client.stream, serverEnd: server.stream }
}

const never = (): Promise<Response> => new Promise(() => {})

describe('HTTP/2', () => {
  test('a request arrives with its method, path and body, and its answer comes back with its status', async () => {
    const { client } = openRig(async (request, environment) =>
      Response.json(
        { method: request.method, path: new URL(request.url).pathname, body: await request.text(), environment },
        { status: 418 },
      ),
    )
    const answer = await client.request({ method: 'POST', path: '/v1/tickets', body: '{"a":1}' })
    assert.equal(answer.status, 418)
    assert.deepEqual(JSON.parse(answer.body), { method: 'POST', path: '/v1/tickets', body: '{"a":1}', environment: 'somebody' })
    await client[Symbol.asyncDispose]()
  })

  test('a request without a body is answered too, and so is one without an answer to speak of', async () => {
    const { client } = openRig((request) => new Response(null, { status: request.method === 'GET' ? 204 : 500 }))
    assert.deepEqual(await client.request({ method: 'GET', path: '/' }), { status: 204, body: '' })
    await client[Symbol.asyncDispose]()
  })

  test('many requests at once get their own answers, in whatever order these come', async () => {
    const waiting: (() => void)[] = []
    const { client } = openRig(async (request) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (waiting.length === 40) for (const go of waiting.reverse()) go()
      })
      return new Response(new URL(request.url).pathname)
    })
    const paths = Array.from({ length: 40 }, (_, index) => `/${index}`)
    const answers = await Promise.all(paths.map((path) => client.request({ method: 'GET', path })))
    assert.deepEqual(
      answers.map(({ body }) => body),
      paths,
    )
    await client[Symbol.asyncDispose]()
  })

  test('bodies of megabytes go both ways whole', async () => {
    const body = 'äöü'.repeat(700_000)
    const { client } = openRig(async (request) => new Response(await request.text()))
    assert.equal((await client.request({ method: 'POST', path: '/', body })).body, body)
    await client[Symbol.asyncDispose]()
  })

  test('an answer without end is refused', async () => {
    const chunk = new Uint8Array(1 << 20)
    const { client } = openRig(() => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })))
    await assert.rejects(client.request({ method: 'GET', path: '/' }), { code: 'API_UNREACHABLE', message: /too long/ })
    await client[Symbol.asyncDispose]()
  })

  test('a handler that throws fails its own request and no other', async () => {
    const { client } = openRig((request) => {
      if (request.url.endsWith('/bad')) throw new Error('a mistake')
      return new Response('fine')
    })
    const [bad, good] = await Promise.all(['/bad', '/good'].map((path) => client.request({ method: 'GET', path })))
    assert.deepEqual([bad?.status, good?.status], [500, 200])
    await client[Symbol.asyncDispose]()
  })

  test('a request that is aborted fails alone', async () => {
    const { client } = openRig((request) => (request.url.endsWith('/slow') ? never() : new Response('fine')))
    const controller = new AbortController()
    const slow = client.request({ method: 'GET', path: '/slow', signal: controller.signal })
    assert.equal((await client.request({ method: 'GET', path: '/quick' })).body, 'fine')
    controller.abort()
    await assert.rejects(slow, { code: 'API_UNREACHABLE' })
    await assert.rejects(client.request({ method: 'GET', path: '/', signal: AbortSignal.abort() }), { code: 'API_UNREACHABLE' })
    assert.equal(client.isOpen, true)
    await client[Symbol.asyncDispose]()
  })
})

describe('a lost HTTP/2 connection', () => {
  const losses: readonly (readonly [string, (rig: Rig) => void])[] = [
    ['breaks off at the server', ({ serverEnd }) => void serverEnd.destroy()],
    ['breaks off with an error', ({ clientEnd }) => void clientEnd.destroy(new Error('reset'))],
    ['is ended by the server', ({ serverEnd }) => void serverEnd.end()],
    ['brings something that is not HTTP/2', ({ serverEnd }) => void serverEnd.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ]
  for (const [how, lose] of losses) {
    test(`that ${how} fails what waits and what comes, and tells whoever wants to know`, async () => {
      const rig = openRig(() => {
        setImmediate(lose, rig)
        return never()
      })
      const closed = new Promise<void>((resolve) => rig.client.onClose(resolve))
      assert.equal(rig.client.isOpen, true)
      const waiting = [1, 2].map(() => rig.client.request({ method: 'GET', path: '/' }))
      for (const result of await Promise.allSettled(waiting)) {
        assert.ok(result.status === 'rejected')
        assert.equal(result.reason.code, 'API_UNREACHABLE')
        assert.equal(result.reason.category, 'unavailable')
      }
      await closed
      assert.equal(rig.client.isOpen, false)
      await assert.rejects(rig.client.request({ method: 'GET', path: '/' }), { code: 'API_UNREACHABLE' })
      await new Promise<void>((resolve) => rig.client.onClose(resolve))
    })
  }

  test('that ends right after an answer has given it', async () => {
    const rig = openRig(() => {
      setTimeout(() => rig.serverEnd.end(), 5)
      return new Response('the last word')
    })
    assert.equal((await rig.client.request({ method: 'GET', path: '/' })).body, 'the last word')
    await new Promise<void>((resolve) => rig.client.onClose(resolve))
  })

  test('is closed by the server when the client leaves', async () => {
    const rig = openRig(never)
    rig.client.request({ method: 'GET', path: '/' }).catch(() => {})
    setImmediate(() => rig.clientEnd.end())
    await new Promise((resolve) => rig.serverEnd.once('close', resolve))
  })
})

test('the end of either side is noticed at once over real TLS, although TCP could go on half open', async () => {
  const authority = await makeAuthority()
  const server = await makeCredential(authority, { dnsNames: ['server.test'], usages: ['server'] })
  for (const leaver of ['client', 'server'] as const) {
    using pair = await pairs['over TCP']()
    const [accepted, connected] = await Promise.all([
      nodeTls.acceptor({ identity: () => server, alpn: ['h2'] }).accept(pair.server),
      nodeTls.connect(pair.client, { serverName: 'server.test', authoritiesPem: [authority.certificatePem], alpn: ['h2'] }),
    ])
    serveHttp2(accepted.stream, () => new Response('fine'), 'somebody')
    const client = openHttp2Client(connected)
    assert.equal((await client.request({ method: 'GET', path: '/' })).body, 'fine')
    const [leaving, staying] = leaver === 'client' ? [pair.client, accepted] : [pair.server, connected]
    const closed = new Promise((resolve) => staying.stream.once('close', resolve))
    leaving.stream.destroy()
    await closed
    await new Promise<void>((resolve) => client.onClose(resolve))
  }
})

test('disposing a client lets a request finish, and waits for none for ever', async () => {
  const quick = openRig(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return new Response('in time')
  })
  const answering = quick.client.request({ method: 'GET', path: '/' })
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([quick.client[Symbol.asyncDispose](), answering.then(({ body }) => assert.equal(body, 'in time'))])
  const slow = openRig(never)
  const hanging = assert.rejects(slow.client.request({ method: 'GET', path: '/' }), { code: 'API_UNREACHABLE' })
  await slow.client[Symbol.asyncDispose]()
  await hanging
})

describe('one server for connections of different people', () => {
  test('tells them apart, over HTTP/1.1 and HTTP/2 alike', async () => {
    await using server = openHttpServer<string>((_request, environment) => new Response(environment))
    const ask = async (environment: string, alpn: string | undefined): Promise<string> => {
      const [near, far] = memoryPair('memory')
      server.serve(secure(near.stream, alpn), environment)
      if (alpn === 'h2') return (await openHttp2Client(secure(far.stream, alpn)).request({ method: 'GET', path: '/' })).body
      return await getOverHttp1(far.stream)
    }
    const answers = await Promise.all([ask('alice', 'http/1.1'), ask('bob', 'h2'), ask('carol', undefined), ask('dave', 'h2')])
    assert.deepEqual(answers, ['alice', 'bob', 'carol', 'dave'])
  })

  test('that is disposed closes them all', async () => {
    const server = openHttpServer<string>(never)
    const closed = ['http/1.1', 'h2'].map((alpn) => {
      const [near, far] = memoryPair('memory')
      server.serve(secure(near.stream, alpn), 'somebody')
      return new Promise((resolve) => far.stream.once('close', resolve))
    })
    await server[Symbol.asyncDispose]()
    await Promise.all(closed)
  })

  test('closes a connection that speaks no HTTP', async () => {
    await using server = openHttpServer<string>(never)
    for (const alpn of ['http/1.1', 'h2']) {
      const [near, far] = memoryPair('memory')
      server.serve(secure(near.stream, alpn), 'somebody')
      far.stream.resume()
      far.stream.write('SSH-2.0-nonsense\r\n\r\n')
      await new Promise((resolve) => near.stream.once('close', resolve))
    }
  })
})

describe('a stranger who speaks HTTP/2 over TCP', () => {
  const limits = { idleMilliseconds: 120, requestMilliseconds: 200, stalledMilliseconds: 300 }

  /** A connection to a server with these limits, and how long it lasted. */
  async function connect(handler: FetchHandler<string>) {
    const pair = await pairs['over TCP']()
    const server = openHttpServer<string>(handler, limits)
    server.serve(secure(pair.server.stream, 'h2'), 'somebody')
    const begunAt = performance.now()
    const session = http2.connect('http://test', { createConnection: () => pair.client.stream })
    session.on('error', () => {})
    const closed = new Promise<number>((resolve) => session.once('close', () => resolve(performance.now() - begunAt)))
    return { session, closed, [Symbol.dispose]: () => pair[Symbol.dispose]() }
  }

  test('and asks nothing is sent away, before and after a request', async () => {
    using silent = await connect(() => new Response('never asked'))
    assert.ok((await silent.closed) >= 100)
    using asking = await connect(() => new Response('yes'))
    const stream = asking.session.request({ ':path': '/' })
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    assert.equal(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR)
    assert.ok((await asking.closed) >= 100)
  })

  test('and sends the body of a request drop by drop does not get to its end', async () => {
    using slow = await connect(async (request) => new Response(await request.text()))
    const stream = slow.session.request({ ':path': '/', ':method': 'POST' })
    stream.on('error', () => {})
    const drops = setInterval(() => stream.write('x'), 40)
    await new Promise((resolve) => stream.once('close', resolve))
    clearInterval(drops)
    assert.equal(stream.rstCode, http2.constants.NGHTTP2_CANCEL)
    await slow.closed
  })

  test('and does not read the answer does not keep it waiting', async () => {
    using deaf = await connect(() => new Response(new Uint8Array(8 << 20)))
    const stream = deaf.session.request({ ':path': '/' })
    stream.on('error', () => {})
    await deaf.closed
  })
})

function getOverHttp1(stream: TlsConnection['stream']): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = http.get({ createConnection: () => stream, headers: { host: 'test', connection: 'close' } }, (incoming) => {
      let body = ''
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
      incoming.once('end', () => resolve(body))
    })
    outgoing.once('error', reject)
  })
}
