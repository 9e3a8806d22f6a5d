/** Requests as they arrive: too long, of another shape, unknown; and errors as they come back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError, type Log } from '#foundation'
import { createAuthorityClient, transportTo } from './client.ts'
import { operationNames } from './operations.ts'
import { createAuthorityServer, type Handlers, type Peer } from './server.ts'

const peer: Peer = {
  identity: { kind: 'host', hostId: 'h', hostname: 'h', cluster: 'c', roles: ['Proxy', 'Admin'], certificateId: 'x' },
  remoteAddress: 'local',
}
const logged: string[] = []
const log: Log = { debug() {}, info() {}, warn() {}, error: (message) => void logged.push(message), child: () => log }

function appWith(answers: Partial<Handlers>) {
  const missing = async (): Promise<never> => {
    throw new Error('a secret detail')
  }
  const handlers = { ...Object.fromEntries(operationNames.map((name) => [name, missing])), ...answers } as unknown as Handlers
  return createAuthorityServer(handlers, {
    clusterName: 'c',
    now: () => new Date(),
    subjectOf: async () => ({ user: '', roles: [], traits: {} }),
    log,
    requestBytesMax: 1000,
  })
}

async function send(method: string, path: string, body?: string): Promise<{ status: number; code: string }> {
  const request = new Request(`https://authority${path}`, { method, ...(body === undefined ? {} : { body }) })
  const response = await appWith({}).fetch(request, { peer })
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code }
}

const rows: readonly (readonly [string, readonly [string, string, string?], number, string])[] = [
  ['an unknown path', ['GET', '/v1/nothing'], 404, 'OPERATION_UNKNOWN'],
  ['an unknown method on a known path', ['DELETE', '/v1/users'], 404, 'OPERATION_UNKNOWN'],
  ['a body that is no JSON', ['POST', '/v1/users/delete', '{'], 400, 'REQUEST_MALFORMED'],
  ['an empty body', ['POST', '/v1/users/delete'], 400, 'REQUEST_MALFORMED'],
  ['a body of another shape', ['POST', '/v1/users/delete', '{"name":1}'], 400, 'REQUEST_REFUSED'],
  ['a body that is null', ['POST', '/v1/users/delete', 'null'], 400, 'REQUEST_REFUSED'],
  ['a body that is too long', ['POST', '/v1/users/delete', JSON.stringify({ name: 'a'.repeat(2000) })], 400, 'REQUEST_TOO_LARGE'],
  ['a failure of ours', ['POST', '/v1/users/delete', '{"name":"alice"}'], 500, 'INTERNAL'],
]

for (const [sentence, [method, path, body], status, code] of rows) {
  test(`${sentence} is answered with ${status} ${code}`, async () => {
    assert.deepEqual(await send(method, path, body), { status, code })
  })
}

test('of a request that is refused nothing is read, however long it is', async () => {
  let pulls = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls += 1
        controller.enqueue(new Uint8Array(100))
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request('https://authority/v1/users/delete', { method: 'POST', body, duplex: 'half' })
  const response = await appWith({}).fetch(request, { peer: { identity: undefined, remoteAddress: '192.0.2.1:1' } })
  assert.equal(response.status, 401)
  assert.equal(pulls, 0)
})

test('an unexpected failure is logged and keeps its text to itself', async () => {
  const client = createAuthorityClient(transportTo(appWith({}), peer))
  await assert.rejects(client.deleteUser({ name: 'a' }), (error: Error) => !error.message.includes('secret'))
  assert(logged.includes('operation failed'))
})

test('an error keeps its code, category, hint and details on the way to the client', async () => {
  const thrown = new PortunusError('SOMETHING_WRONG', 'Cannot do "it": it is wrong', {
    category: 'conflict',
    hint: 'do it right',
    sqlState: '28000',
    details: { dimension: 'labels' },
  })
  const client = createAuthorityClient(transportTo(appWith({ deleteUser: () => Promise.reject(thrown) }), peer))
  await assert.rejects(client.deleteUser({ name: 'a' }), {
    code: 'SOMETHING_WRONG',
    message: thrown.message,
    category: 'conflict',
    hint: 'do it right',
    sqlState: '28000',
    details: { dimension: 'labels' },
  })
})

test('fields that no schema names do not leave the server', async () => {
  const answer = { token: 't', roles: ['Db'], expires: '2026-01-01T00:00:00.000Z', valueHash: 'abc' } as const
  const client = createAuthorityClient(transportTo(appWith({ createToken: async () => answer }), peer))
  assert.deepEqual(await client.createToken({ roles: ['Db'] }), { token: 't', roles: ['Db'], expires: '2026-01-01T00:00:00.000Z' })
})

const strangeAnswers: readonly (readonly [string, number, string])[] = [
  ['that is no JSON', 200, '<html>'],
  ['of another shape', 200, '{"clusterName":1}'],
  ['that is an error of another shape', 502, '{"error":"bad gateway"}'],
]

for (const [sentence, status, body] of strangeAnswers) {
  test(`an answer ${sentence} is refused by the client`, async () => {
    const client = createAuthorityClient({ request: async () => ({ status, body }) })
    await assert.rejects(client.ping({}), { code: 'API_RESPONSE_UNREADABLE', category: 'unavailable' })
  })
}
