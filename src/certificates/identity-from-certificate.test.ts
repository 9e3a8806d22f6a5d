/** Identities through certificates and back, and everything that must not be read as one. */
import assert from 'node:assert/strict'
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import * as fc from 'fast-check'
import { PortunusError } from '#foundation'
import { identityFromCertificate } from './identity-from-certificate.ts'
import { identityFromUri, identityToUri, identityUriPrefix } from './identity-uri.ts'
import { identitySizeBytesMax } from './identity-document.ts'
import type { CertificateAuthorityMaterial } from './create-certificate-authority.ts'
import type { Identity } from './identity.ts'
import { agent, alice, later, sampleAuthority, sampleCertificate } from './testing/samples.ts'
import { loadX509Library } from './x509-library.ts'

let authority: CertificateAuthorityMaterial

before(async () => {
  authority = await sampleAuthority()
})

const route = { service: 'my-redshift', protocol: 'postgres', user: 'alice', name: 'dev' }

const identities: readonly [string, Identity][] = [
  ['a person who logs in', alice],
  [
    'a person at one database',
    { ...alice, usage: 'db', route, clientAddress: '203.0.113.7', previousExpiry: '2026-11-23T00:00:00Z', proxiedBy: agent.hostId },
  ],
  ['a person at a database with nothing chosen', { ...alice, usage: 'db', route: { service: 'x', protocol: 'postgres' } }],
  ['a person with access that was requested', { ...alice, activeRequests: [alice.certificateId] }],
  ['a host', agent],
  ['a name full of separators', { ...alice, user: `a, URI:portunus:identity:e30, "b"\\'c` }],
  ['a name with line ends and controls', { ...alice, user: 'a\r\nCN=admin\u0000\u001b[2J' }],
  ['a name outside the basic plane', { ...alice, user: 'ålice 爱丽丝 🦀', traits: { 'länder, "x"\n': ['\u202eevil', ''] } }],
  ['a trait called as a prototype', { ...alice, traits: JSON.parse('{"__proto__":["x"],"constructor":[]}') as Record<string, string[]> }],
  ['no roles and no traits', { ...alice, roles: [], traits: {} }],
]

for (const [sentence, identity] of identities) {
  test(`${sentence} comes back from a certificate as it went in`, async () => {
    const commonName = identity.kind === 'user' ? identity.user : identity.hostId
    const { certificate } = await sampleCertificate(authority, { identity, commonName, dnsNames: ['a.example.com'] })
    assert.deepEqual(identityFromCertificate(certificate), identity)
  })
}

test('any identity comes back from its URI, which needs no escaping', () => {
  const texts = fc.string({ unit: 'binary', minLength: 1 })
  const user = fc.record({
    kind: fc.constant('user' as const),
    user: texts,
    roles: fc.array(texts),
    traits: fc.dictionary(texts, fc.array(fc.string({ unit: 'binary' }))),
    cluster: texts,
    usage: fc.constant('login' as const),
    certificateId: fc.uuid(),
  })
  fc.assert(
    fc.property(user, (identity) => {
      const uri = identityToUri(identity)
      assert.match(uri, /^portunus:identity:[A-Za-z0-9_-]+$/)
      assert.equal(JSON.stringify(identityFromUri(uri)), JSON.stringify(identity))
    }),
  )
})

test('no text behind the prefix makes the reader fail in another way than it promises', () => {
  const json = fc.json().map((text) => Buffer.from(text).toString('base64url'))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), json), (text) => {
      try {
        identityFromUri(identityUriPrefix + text)
        assert.fail('read as an identity')
      } catch (error) {
        assert.equal((error as Error).name, 'IdentityShapeError')
      }
    }),
  )
})

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const good = { version: 1, ...alice }

const misshapen: readonly [string, string][] = [
  ['an unknown version', encode({ ...good, version: 2 })],
  ['no version', encode(alice)],
  ['an unknown field', encode({ ...good, admin: true })],
  ['an unknown kind', encode({ ...good, kind: 'root' })],
  ['an empty user', encode({ ...good, user: '' })],
  ['a missing cluster', encode({ ...good, cluster: undefined })],
  ['a role that is no text', encode({ ...good, roles: [1] })],
  ['a trait that is no list', encode({ ...good, traits: { a: 'b' } })],
  ['traits in a list', encode({ ...good, traits: [] })],
  ['usage db without a route', encode({ ...good, usage: 'db' })],
  ['a login with a route', encode({ ...good, route })],
  ['a route with an unknown field', encode({ ...good, usage: 'db', route: { ...route, uri: 'x' } })],
  ['a certificate id that is no UUID', encode({ ...good, certificateId: '1' })],
  ['a previous expiry that is no time', encode({ ...good, previousExpiry: 'tomorrow' })],
  ['a host with an unknown role', encode({ version: 1, ...agent, roles: ['Root'] })],
  ['a host with no role', encode({ version: 1, ...agent, roles: [] })],
  ['a host id that is no DNS label', encode({ version: 1, ...agent, hostId: 'a.b' })],
  ['a list', encode([good])],
  ['text that is not JSON', encode('{')],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64url')],
  ['padded base64', `${encode('{"a":1}')}==`],
  ['nothing', ''],
  ['more than the limit', encode({ ...good, user: 'a'.repeat(identitySizeBytesMax) })],
]

for (const [sentence, encoded] of misshapen) {
  test(`${sentence} is not read as an identity`, async () => {
    const certificate = await certificateWithUris([identityUriPrefix + encoded])
    assert.throws(() => identityFromCertificate(certificate), unreadable)
  })
}

test('the sample the cases above were made from is read', async () => {
  assert.deepEqual(identityFromCertificate(await certificateWithUris([identityUriPrefix + encode(good)])), alice)
})

const strange: readonly [string, readonly string[]][] = [
  ['no alternative name at all', []],
  ['a URI of others', ['spiffe://example.com/alice']],
  ['the prefix in other letters', [`Portunus:identity:${encode(good)}`]],
  ['two identities', [identityUriPrefix + encode(good), identityUriPrefix + encode(good)]],
  ['an identity and something hidden behind a comma', [`${identityUriPrefix}${encode(good)}, DNS:x`]],
  ['an identity inside the quotes of another URI', [`x", URI:${identityUriPrefix}${encode(good)}, URI:"y`]],
]

for (const [sentence, uris] of strange) {
  test(`a certificate with ${sentence} has no readable identity`, async () => {
    const certificate = await certificateWithUris(uris)
    assert.throws(() => identityFromCertificate(certificate), unreadable)
  })
}

test('an identity beside quoted entries of other types is found', async () => {
  const certificate = await certificateWithUris(['https://example.com/a,b"c', identityUriPrefix + encode(good), "x'y"])
  assert.deepEqual(identityFromCertificate(certificate), alice)
})

test('an identity that would not be read back is not written', async () => {
  const tooLarge = { ...alice, traits: { a: ['x'.repeat(identitySizeBytesMax)] } }
  await assert.rejects(sampleCertificate(authority, { identity: tooLarge }), {
    code: 'CERTIFICATE_IDENTITY_REFUSED',
    category: 'bad-input',
  })
  await assert.rejects(sampleCertificate(authority, { identity: { ...alice, usage: 'db' } }), { code: 'CERTIFICATE_IDENTITY_REFUSED' })
})

test('the largest identity fits and comes back', async () => {
  const identity = { ...alice, traits: { a: ['x'.repeat(identitySizeBytesMax - JSON.stringify(good).length - 20)] } }
  const { certificate } = await sampleCertificate(authority, { identity })
  assert.deepEqual(identityFromCertificate(certificate), identity)
})

function unreadable(error: unknown): boolean {
  assert.ok(error instanceof PortunusError)
  assert.equal(error.code, 'CERTIFICATE_IDENTITY_UNREADABLE')
  assert.equal(error.category, 'unauthenticated')
  return true
}

/** A certificate with any URIs, which our own issuer would never sign. */
async function certificateWithUris(uris: readonly string[]): Promise<X509Certificate> {
  const library = await loadX509Library()
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const names = uris.map((value) => ({ type: 'url' as const, value }))
  const certificate = await library.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: 'CN=test',
    notBefore: later(-1000),
    notAfter: later(1000),
    keys,
    extensions: names.length === 0 ? [] : [new library.SubjectAlternativeNameExtension(names)],
  })
  return new X509Certificate(certificate.toString('pem'))
}
