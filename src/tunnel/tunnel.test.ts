/** Control channel and dial-back between a real hub and a real agent, over memory and real TLS. */
import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Connection, TlsConnection } from '#foundation'
import {
  dialBackPrefaceLengthBytes,
  openTunnelHub,
  readDialId,
  retryDelayMilliseconds,
  runAgentTunnel,
  startsDialBack,
  verifyDialBackPreface,
  writeDialBackPreface,
  type CancelCall,
} from './door.ts'
import { memoryPair, nodeClock, nodeRandomness, openHttp2Client, serveHttp2 } from '#world'

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** The part of a TLS connection that the tunnel uses; both ends of a pair export the same key. */
function secure(connection: Connection, session: string): TlsConnection {
  return {
    stream: connection.stream,
    remoteAddress: connection.remoteAddress,
    peerCertificate: undefined,
    alpn: 'portunus-tunnel/1',
    exportKeyingMaterial: (length, label) =>
      new Uint8Array(createHash('sha512').update(`${session} ${label}`).digest().subarray(0, length)),
  }
}

interface Rig extends AsyncDisposable {
  readonly hub: ReturnType<typeof openTunnelHub>
  readonly cancels: CancelCall[]
  readonly stop: AbortController
}

/** An agent that echoes what arrives on a dialled-back connection. */
async function openRig(dial?: (hub: Rig['hub']) => Promise<Connection>): Promise<Rig> {
  const hub = openTunnelHub({ openControlClient: openHttp2Client, clock: nodeClock, randomness: nodeRandomness, log: silent })
  const cancels: CancelCall[] = []
  const stop = new AbortController()
  const dialInMemory = async (): Promise<Connection> => {
    const [ours, theirs] = memoryPair('agent')
    theirs.stream.once('readable', () => {
      const preface: unknown = theirs.stream.read(dialBackPrefaceLengthBytes)
      assert.ok(preface instanceof Uint8Array)
      hub.acceptDialBack(theirs, preface)
    })
    return ours
  }
  const connected = Promise.withResolvers<void>()
  const running = runAgentTunnel(
    {
      async connectControl() {
        const session = randomUUID()
        const [ours, theirs] = memoryPair('agent')
        setImmediate(() => hub.addControlChannel('host-1', secure(theirs, session)))
        return secure(ours, session)
      },
      dialProxy: () => (dial === undefined ? dialInMemory() : dial(hub)),
      serveControl: (connection, handler) => serveHttp2(connection.stream, (request) => handler(request), {}),
      onConnection: ({ stream }) => void stream.pipe(stream),
      async onCancel(call) {
        cancels.push(call)
        return call.processId === 42
      },
      onState: (state) => (state === 'connected' ? connected.resolve() : undefined),
      clock: nodeClock,
      randomness: nodeRandomness,
      log: silent,
    },
    stop.signal,
  )
  await connected.promise
  while (!hub.isConnected('host-1')) await new Promise((resolve) => setImmediate(resolve))
  return {
    hub,
    cancels,
    stop,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await hub[Symbol.asyncDispose]()
    },
  }
}

test('a dialled connection carries bytes to the agent and back', async () => {
  await using rig = await openRig()
  for (let round = 0; round < 3; round++) {
    const connection = await rig.hub.dial('host-1')
    connection.stream.end(`hello ${round}`)
    assert.equal((await buffer(connection.stream)).toString(), `hello ${round}`)
  }
})

test('open connections are counted, so that load can be shared', async () => {
  await using rig = await openRig()
  const first = await rig.hub.dial('host-1')
  await rig.hub.dial('host-1')
  assert.equal(rig.hub.openConnections('host-1'), 2)
  first.stream.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(rig.hub.openConnections('host-1'), 1)
})

test('a cancel reaches the agent, which says whether the key was its own', async () => {
  await using rig = await openRig()
  assert.equal(await rig.hub.cancel({ processId: 42, secretKeyHex: '01020304', clientAddress: 'a:1', user: 'alice' }), true)
  assert.equal(await rig.hub.cancel({ processId: 7, secretKeyHex: '01020304', clientAddress: 'a:1' }), false)
  assert.deepEqual(rig.cancels[0], { processId: 42, secretKeyHex: '01020304', clientAddress: 'a:1', user: 'alice' })
})

test('an agent that is not connected is unreachable, with a hint', async () => {
  await using rig = await openRig()
  await assert.rejects(rig.hub.dial('host-2'), { code: 'TUNNEL_AGENT_UNREACHABLE', sqlState: '57P03' })
})

test('an agent whose own dial fails is unreachable at once, not after a deadline', async () => {
  await using rig = await openRig(() => Promise.reject(new Error('no route')))
  const startedAt = performance.now()
  await assert.rejects(rig.hub.dial('host-1'), { code: 'TUNNEL_AGENT_UNREACHABLE' })
  assert.ok(performance.now() - startedAt < 5_000)
})

test('a lost control channel is opened again by itself', async () => {
  await using rig = await openRig()
  await rig.hub[Symbol.asyncDispose]()
  while (!rig.hub.isConnected('host-1')) await new Promise((resolve) => setTimeout(resolve, 20))
  const connection = await rig.hub.dial('host-1')
  connection.stream.end('again')
  assert.equal((await buffer(connection.stream)).toString(), 'again')
})

test('a dial-back that nobody asked for, or that was altered, is closed', async () => {
  await using rig = await openRig()
  const key = randomBytes(32)
  for (const preface of [writeDialBackPreface(randomBytes(16), key), new Uint8Array(dialBackPrefaceLengthBytes)]) {
    const [ours, theirs] = memoryPair('stranger')
    rig.hub.acceptDialBack(ours, preface)
    assert.ok(ours.stream.destroyed)
    theirs.stream.destroy()
  }
})

test('a dial-back with the right id is taken once, and only with the right signature', async () => {
  const taken: boolean[] = []
  await using rig = await openRig(async (hub) => {
    const [ours, theirs] = memoryPair('agent')
    theirs.stream.once('readable', () => {
      const preface: unknown = theirs.stream.read(dialBackPrefaceLengthBytes)
      assert.ok(preface instanceof Uint8Array)
      const forged = Uint8Array.from(preface)
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
      for (const [connection, shown] of [
        [memoryPair('stranger')[0], forged],
        [theirs, preface],
        [memoryPair('replayer')[0], preface],
      ] as const) {
        hub.acceptDialBack(connection, shown)
        taken.push(!connection.stream.destroyed)
      }
    })
    return ours
  })
  const connection = await rig.hub.dial('host-1')
  connection.stream.end('hello')
  assert.equal((await buffer(connection.stream)).toString(), 'hello')
  assert.deepEqual(taken.slice(0, 3), [false, true, false])
})

test('a preface is verified in full: any changed byte is refused', () => {
  const key = randomBytes(32)
  const id = randomBytes(16)
  const preface = writeDialBackPreface(id, key)
  assert.equal(preface.length, dialBackPrefaceLengthBytes)
  assert.ok(startsDialBack(preface))
  assert.deepEqual(readDialId(preface), new Uint8Array(id))
  assert.ok(verifyDialBackPreface(preface, key))
  const expected = createHmac('sha256', key).update(preface.subarray(0, 21)).digest()
  assert.deepEqual(Buffer.from(preface.subarray(21)), expected)
  for (let index = 0; index < preface.length; index++) {
    const altered = Uint8Array.from(preface)
    altered[index] = (altered[index] ?? 0) ^ 1
    assert.ok(!verifyDialBackPreface(altered, key), `byte ${index}`)
  }
})

test('the pause before another attempt grows, is jittered and has a ceiling', () => {
  const delays = [0, 1, 5, 50].map((attempt) =>
    [0, 0.999].map((fraction) => Math.round(retryDelayMilliseconds(attempt, { fraction: () => fraction }))),
  )
  assert.deepEqual(delays, [
    [250, 500],
    [500, 1000],
    [8000, 15992],
    [15000, 29985],
  ])
})
