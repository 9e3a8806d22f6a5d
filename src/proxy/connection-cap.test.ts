/** Who may hold how many connections, and when one stops counting. */
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { Connection } from '#foundation'
import { openConnectionCap } from './connection-cap.ts'

let port = 1000
const from = (host: string): Connection => ({ stream: new PassThrough(), remoteAddress: `${host}:${port++}` })
const options = { connectionsMax: 2, loopbackMax: 3 }

test('an address has so many places, another has its own', () => {
  const cap = openConnectionCap(options)
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '[2001:db8::1]', '[2001:db8::2]', '[2001:db8::3]'].map((host) =>
      cap.enter(from(host)),
    ),
    [true, true, false, true, true, true, false],
  )
})

test('programs on the machine have more', () => {
  const cap = openConnectionCap(options)
  assert.deepEqual(
    Array.from({ length: 4 }, () => cap.enter(from('127.0.0.1'))),
    [true, true, true, false],
  )
})

test('a place is free again once its connection has closed, or has proved whose it is, and only once', async () => {
  const cap = openConnectionCap(options)
  const first = from('192.0.2.1')
  const second = from('192.0.2.1')
  assert.ok(cap.enter(first) && cap.enter(second))
  cap.leave(first)
  cap.leave(first)
  first.stream.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([cap.enter(from('192.0.2.1')), cap.enter(from('192.0.2.1'))], [true, false])
  second.stream.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([cap.enter(from('192.0.2.1')), cap.enter(from('192.0.2.1'))], [true, false])
})
