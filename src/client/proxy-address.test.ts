/** Proxy addresses as people write them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressText, proxyCandidates } from './proxy-address.ts'

const rows = [
  ['a host with a port is taken as it is', 'teleport.example.com:3080', ['teleport.example.com:3080']],
  ['a host alone is tried behind a load balancer, then on the own port', 'localhost', ['localhost:443', 'localhost:3080']],
  ['a URL is a host too', 'https://teleport.example.com:8443/', ['teleport.example.com:8443']],
  ['IPv6 stands in brackets', '[::1]:3080', ['[::1]:3080']],
  ['blanks around do not matter', ' proxy:1 ', ['proxy:1']],
] as const

for (const [sentence, text, expected] of rows) {
  test(sentence, () => assert.deepEqual(proxyCandidates(text).map(addressText), expected))
}

for (const text of ['', 'a b', 'host:0', 'host:65536', 'host:port', 'http://host', 'host/path', '::1:3080', 'user@host']) {
  test(`"${text}" is no address`, () => assert.throws(() => proxyCandidates(text), { code: 'PROXY_ADDRESS_MALFORMED' }))
}
