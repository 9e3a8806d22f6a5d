/** The buckets: how they empty, fill and forget, and whose they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimit, networkOf } from './rate-limit.ts'

test('a burst is served at once, then one request for each refilled token', () => {
  const time = { milliseconds: 1000 }
  const limit = createRateLimit({ perMinute: 60, burst: 2, clock: { monotonicMilliseconds: () => time.milliseconds } })
  const ask = (): string => limit.take('192.0.2.1').kind
  assert.deepEqual([ask(), ask(), ask()], ['taken', 'taken', 'refused'])
  time.milliseconds += 999
  assert.deepEqual(limit.take('192.0.2.1'), { kind: 'refused', waitSeconds: 1 })
  time.milliseconds += 1
  assert.deepEqual([ask(), ask()], ['taken', 'refused'])
  time.milliseconds += 3_600_000
  assert.deepEqual([ask(), ask(), ask()], ['taken', 'taken', 'refused'])
})

test('the addresses of one network share a bucket', () => {
  const limit = createRateLimit({ perMinute: 1, burst: 1, clock: { monotonicMilliseconds: () => 0 } })
  assert.equal(limit.take('2001:db8::1').kind, 'taken')
  assert.equal(limit.take('2001:db8::2').kind, 'refused')
  assert.equal(limit.take('2001:db8:0:1::1').kind, 'taken')
})

const rows = [
  ['an IPv4 address is itself', '192.0.2.1', '192.0.2.1'],
  ['a port is left out', '192.0.2.1:5432', '192.0.2.1'],
  ['a port after brackets is left out', '[2001:db8:1:2::5]:5432', '2001:db8:1:2::/64'],
  ['an IPv4 address in IPv6 clothes has a port too', '[::ffff:192.0.2.1]:5432', '192.0.2.1'],
  ['an IPv4 address in IPv6 clothes is the IPv4 address', '::ffff:192.0.2.1', '192.0.2.1'],
  ['an IPv6 address is its /64', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['a shortened IPv6 address is its /64', '2001:db8::5', '2001:db8:0:0::/64'],
  ['a link-local address leaves its zone out', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['the loopback address', '::1', '0:0:0:0::/64'],
] as const

for (const [sentence, address, network] of rows) {
  test(sentence, () => assert.equal(networkOf(address), network))
}
