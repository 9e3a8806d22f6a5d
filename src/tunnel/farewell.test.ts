/** Last words over real sockets: they arrive whatever the peer is doing, and a peer that stays is closed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Connection } from '#foundation'
import { nodeNetwork } from '#world'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { endWith, leaveInTime } from './farewell.ts'

async function connected(): Promise<{ readonly near: Connection; readonly far: Connection }> {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve)
  const far = await nodeNetwork.dial(listener.address)
  const near = await accepted.promise
  near.stream.once('close', () => void listener[Symbol.asyncDispose]())
  return { near, far }
}

test('the last words arrive at a peer that is still talking, and then both are closed', async () => {
  const { near, far } = await connected()
  far.stream.write(Buffer.alloc(500_000))
  await once(near.stream, 'readable')
  endWith(near.stream, 'farewell', new SteppedClock())
  assert.equal((await buffer(far.stream)).toString(), 'farewell')
  far.stream.end()
  await once(near.stream, 'close')
})

test('a peer that does not close is closed after ten seconds', async () => {
  const clock = new SteppedClock()
  const { near, far } = await connected()
  endWith(near.stream, 'farewell', clock)
  assert.equal((await buffer(far.stream)).toString(), 'farewell')
  clock.step(9_999)
  assert.equal(near.stream.destroyed, false)
  clock.step(1)
  assert.equal(near.stream.destroyed, true)
  far.stream.destroy()
})

test('a connection that has ended already leaves no timer', async () => {
  const clock = new SteppedClock()
  const { near, far } = await connected()
  near.stream.end('said before')
  endWith(near.stream, 'too late', clock)
  assert.equal((await buffer(far.stream)).toString(), 'said before')
  far.stream.end()
  await once(near.stream, 'close')
  leaveInTime(near.stream, clock)
  assert.equal(clock.waiting(), 0)
})
