/** Pins of authorities, compared with what openssl computes. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { caPin, matchesPin, parseCaPin } from './ca-pin.ts'
import { sampleAuthority } from './testing/samples.ts'

test('a pin matches its own authority in any letters, and no other', async () => {
  const authority = await sampleAuthority('host')
  const other = await sampleAuthority('host')
  const pin = caPin(authority.certificatePem)
  assert.match(pin, /^sha256:[0-9a-f]{64}$/)
  assert.ok(matchesPin(authority.certificatePem, pin))
  assert.ok(matchesPin(authority.certificatePem, ` ${pin.toUpperCase().replace('SHA256', 'sha256')} `))
  assert.ok(!matchesPin(other.certificatePem, pin))
})

test(
  'openssl computes the same pin',
  { skip: spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not on PATH' },
  async () => {
    const { certificatePem } = await sampleAuthority('host')
    const publicKey = execFileSync('openssl', ['x509', '-pubkey', '-noout'], { input: certificatePem })
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'der'], { input: publicKey })
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der, encoding: 'utf8' }).split(' ')[0]
    assert.equal(caPin(certificatePem), `sha256:${digest}`)
  },
)

for (const text of [
  '',
  'sha256:',
  'sha256:abc',
  `sha1:${'a'.repeat(64)}`,
  'a'.repeat(64),
  `sha256:${'g'.repeat(64)}`,
  `sha256:${'a'.repeat(65)}`,
]) {
  test(`the text "${text.slice(0, 12)}" of ${text.length} characters is no pin`, () => {
    assert.throws(() => parseCaPin(text), { code: 'CA_PIN_MALFORMED', category: 'bad-input' })
  })
}
