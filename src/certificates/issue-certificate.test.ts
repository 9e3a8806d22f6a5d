/** Certificates judged by openssl, and requests that are refused. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import * as fc from 'fast-check'
import { certificateUsages, checkCertificateTime, checkCertificateUsage } from './check-certificate.ts'
import { createCertificateAuthority, type CertificateAuthorityMaterial } from './create-certificate-authority.ts'
import { agent, alice, later, now, sampleAuthority, sampleCertificate } from './testing/samples.ts'
import { agentServerName } from './server-names.ts'

let authority: CertificateAuthorityMaterial
let stranger: CertificateAuthorityMaterial

before(async () => {
  authority = await sampleAuthority()
  stranger = await sampleAuthority()
})

const noOpenssl = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not on PATH'

/** What `openssl verify` says, strictly, at the time of the samples. */
function verify(authorityPem: string, pem: string, purpose: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-certificates-'))
  try {
    writeFileSync(join(directory, 'ca.pem'), authorityPem)
    writeFileSync(join(directory, 'leaf.pem'), pem)
    const time = String(Math.floor(now.getTime() / 1000))
    const result = spawnSync(
      'openssl',
      ['verify', '-x509_strict', '-attime', time, '-purpose', purpose, '-CAfile', 'ca.pem', '-no-CApath', 'leaf.pem'],
      { cwd: directory, encoding: 'utf8' },
    )
    return result.status === 0 ? 'OK' : (/error \d+ at \d+ depth lookup: (.*)/.exec(result.stderr)?.[1] ?? result.stderr)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const purposes = [
  { usages: ['client'], sslclient: true, sslserver: false },
  { usages: ['server'], sslclient: false, sslserver: true },
  { usages: ['client', 'server'], sslclient: true, sslserver: true },
] as const

for (const { usages, sslclient, sslserver } of purposes) {
  test(`openssl finds a certificate for ${usages.join(' and ')} good for that and nothing else`, { skip: noOpenssl }, async () => {
    const { pem } = await sampleCertificate(authority, {
      usages,
      identity: agent,
      dnsNames: [agentServerName(agent.hostId, agent.cluster)],
    })
    assert.equal(verify(authority.certificatePem, pem, 'sslclient') === 'OK', sslclient)
    assert.equal(verify(authority.certificatePem, pem, 'sslserver') === 'OK', sslserver)
  })
}

test('openssl accepts the authority itself, and no certificate under a stranger of the same name', { skip: noOpenssl }, async () => {
  const { pem } = await sampleCertificate(authority)
  assert.equal(verify(authority.certificatePem, authority.certificatePem, 'any'), 'OK')
  assert.notEqual(verify(stranger.certificatePem, pem, 'sslclient'), 'OK')
})

test('openssl accepts an authority that outlives 2049 and a hostile label', { skip: noOpenssl }, async () => {
  const old = await createCertificateAuthority({
    type: 'host',
    cluster: 'x, "y"\n\u0000#z',
    notBefore: now,
    notAfter: new Date('2060-01-01T00:00:00.750Z'),
    serial: new Uint8Array(8).fill(0xff),
  })
  const { pem, certificate } = await sampleCertificate(old, {
    commonName: '#a"b\\,+CN=root\n🦀'.repeat(20),
    identity: alice,
    notBefore: now,
  })
  assert.equal(verify(old.certificatePem, pem, 'sslclient'), 'OK')
  assert.equal(new X509Certificate(old.certificatePem).validToDate.toISOString(), '2060-01-01T00:00:00.000Z')
  assert.ok(!certificate.subject.split('\n').includes('CN=root'))
})

test('an authority may sign leaves only, and no leaf may sign', async () => {
  const certificate = new X509Certificate(authority.certificatePem)
  const { certificate: leaf } = await sampleCertificate(authority)
  assert.equal(certificate.ca, true)
  assert.equal(leaf.ca, false)
  assert.ok(leaf.checkIssued(certificate))
  assert.ok(leaf.verify(certificate.publicKey))
  await assert.rejects(sampleCertificate({ ...authority, certificatePem: leaf.toString() }), { code: 'CERTIFICATE_AUTHORITY_REFUSED' })
})

test('openssl reads the critical marks, the path length and the key identifiers', { skip: noOpenssl }, async () => {
  const { pem } = await sampleCertificate(authority)
  const text = (input: string): string => execFileSync('openssl', ['x509', '-noout', '-text'], { input, encoding: 'utf8' })
  assert.match(text(authority.certificatePem), /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  assert.match(text(authority.certificatePem), /Key Usage: critical\s+Certificate Sign, CRL Sign/)
  assert.match(text(pem), /Basic Constraints: critical\s+CA:FALSE/)
  assert.match(text(pem), /X509v3 Key Usage: critical\s+Digital Signature\n/)
  const subjectKey = /Subject Key Identifier:\s+(\S+)/.exec(text(authority.certificatePem))?.[1]
  assert.equal(/Authority Key Identifier:\s+(?:keyid:)?(\S+)/.exec(text(pem))?.[1], subjectKey)
})

test('names and addresses are those that were asked for', async () => {
  const { certificate } = await sampleCertificate(authority, {
    usages: ['server'],
    dnsNames: ['teleport.example.com', '*.teleport.example.com', 'localhost'],
    ipAddresses: ['127.0.0.1', '::1', '2001:db8::a:1'],
  })
  assert.equal(certificate.checkHost('teleport.example.com'), 'teleport.example.com')
  assert.equal(certificate.checkHost('a.teleport.example.com'), '*.teleport.example.com')
  assert.equal(certificate.checkHost('example.com'), undefined)
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(certificate.checkIP('::1'), '::1')
  assert.equal(certificate.checkIP('2001:db8:0:0:0:0:a:1'), '2001:db8:0:0:0:0:a:1')
  assert.equal(certificate.checkIP('127.0.0.2'), undefined)
})

const refusedNames: readonly [string, { dnsNames?: string[]; ipAddresses?: string[]; commonName?: string }][] = [
  ['a DNS name with a comma', { dnsNames: ['a,DNS:b'] }],
  ['an empty DNS name', { dnsNames: [''] }],
  ['a wildcard in the middle', { dnsNames: ['a.*.b'] }],
  ['a name that is an address', { ipAddresses: ['localhost'] }],
  ['an address out of range', { ipAddresses: ['256.0.0.1'] }],
  ['an address with two gaps', { ipAddresses: ['1::2::3'] }],
  ['an address with too many groups', { ipAddresses: ['1:2:3:4:5:6:7:8:9'] }],
  ['an address with a zone', { ipAddresses: ['fe80::1%eth0'] }],
  ['an empty common name', { commonName: '' }],
  ['a common name with a line end', { commonName: 'a\nb' }],
  ['a common name that would be cut', { commonName: 'a'.repeat(65) }],
]

for (const [sentence, names] of refusedNames) {
  test(`${sentence} is refused`, async () => {
    await assert.rejects(sampleCertificate(authority, names), { code: 'CERTIFICATE_NAME_REFUSED', category: 'bad-input' })
  })
}

const publicKeyEncoding = { type: 'spki', format: 'pem' } as const
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const
const rsa = (modulusLength: number): string =>
  generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding, privateKeyEncoding }).publicKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding })

const refusedKeys: readonly [string, string][] = [
  ['a key on another curve', generateKeyPairSync('ec', { namedCurve: 'P-384', publicKeyEncoding, privateKeyEncoding }).publicKey],
  ['a short RSA key', rsa(1024)],
  ['an Ed25519 key', generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding }).publicKey],
  ['a private key', p256.privateKey],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ['a torn key', p256.publicKey.slice(0, 80)],
  ['a very long text', `${p256.publicKey}${'\n'.repeat(5000)}`],
  ['nothing', ''],
]

for (const [sentence, publicKeyPem] of refusedKeys) {
  test(`${sentence} is not certified`, async () => {
    await assert.rejects(sampleCertificate(authority, { publicKeyPem }), { code: 'CERTIFICATE_KEY_REFUSED', category: 'bad-input' })
  })
}

test('an RSA key of 2048 bits is certified', async () => {
  const publicKey = rsa(2048)
  const { certificate } = await sampleCertificate(authority, { publicKeyPem: publicKey })
  assert.equal(certificate.publicKey.export({ type: 'spki', format: 'pem' }), publicKey)
})

test('the serial number is the one passed in, whatever its first bits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 19 }), async (serial) => {
      fc.pre(serial.some((byte) => byte !== 0))
      const { certificate } = await sampleCertificate(authority, { serial })
      assert.equal(BigInt(`0x${certificate.serialNumber}`), BigInt(`0x${Buffer.from(serial).toString('hex')}`))
    }),
    { numRuns: 20 },
  )
})

test('short, long and zero serial numbers are refused', async () => {
  for (const serial of [new Uint8Array(7).fill(1), new Uint8Array(20).fill(1), new Uint8Array(16)]) {
    await assert.rejects(sampleCertificate(authority, { serial }), { code: 'CERTIFICATE_SERIAL_REFUSED' })
  }
})

test('a certificate that would never be valid, or good for nothing, is refused', async () => {
  await assert.rejects(sampleCertificate(authority, { notBefore: now, notAfter: now }), { code: 'CERTIFICATE_VALIDITY_REFUSED' })
  await assert.rejects(sampleCertificate(authority, { notBefore: new Date(Number.NaN) }), { code: 'CERTIFICATE_VALIDITY_REFUSED' })
  await assert.rejects(sampleCertificate(authority, { usages: [] }), { code: 'CERTIFICATE_USAGE_MISSING' })
})

test('the private key of an authority does not show in print', async () => {
  assert.ok(!JSON.stringify(authority).includes('PRIVATE'))
})

test('a certificate is accepted within its time, and at neither side of it', async () => {
  const { certificate } = await sampleCertificate(authority, { notBefore: now, notAfter: later(1000) })
  checkCertificateTime(certificate, now)
  checkCertificateTime(certificate, later(999))
  assert.throws(() => checkCertificateTime(certificate, later(1000)), { code: 'CERTIFICATE_EXPIRED', category: 'unauthenticated' })
  assert.throws(() => checkCertificateTime(certificate, later(-1)), { code: 'CERTIFICATE_NOT_YET_VALID', category: 'unauthenticated' })
})

test('a certificate says which sides of TLS it is for, and is refused on the other', async () => {
  const { certificate } = await sampleCertificate(authority, { usages: ['server'] })
  assert.deepEqual(certificateUsages(certificate), ['server'])
  checkCertificateUsage(certificate, 'server')
  assert.throws(() => checkCertificateUsage(certificate, 'client'), { code: 'CERTIFICATE_USAGE_REFUSED' })
  assert.deepEqual(certificateUsages(new X509Certificate(authority.certificatePem)), [])
})
