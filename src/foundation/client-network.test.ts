/** Addresses and the networks they stand for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientNetwork } from './client-network.ts'

const rows: readonly (readonly [string, string])[] = [
  ['192.0.2.7:40001', '192.0.2.0/24'],
  ['192.0.2.250', '192.0.2.0/24'],
  ['[::ffff:192.0.2.7]:1', '192.0.2.0/24'],
  ['[2001:db8:0:1::7]:443', '2001:db8:0:1::/64'],
  ['2001:0DB8:0000:0001:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['[::1]:5', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['', ''],
]
for (const [address, network] of rows) {
  test(`the network of ${JSON.stringify(address)} is ${JSON.stringify(network)}`, () => {
    assert.equal(clientNetwork(address), network)
  })
}
