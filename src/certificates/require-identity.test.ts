/** Which certificates a door lets in: the right kind, cluster, time and side of TLS. */
import assert from 'node:assert/strict'
import type { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import type { CertificateAuthorityMaterial } from './create-certificate-authority.ts'
import type { CertificateRequest } from './issue-certificate.ts'
import { requireAgentCertificate, requireHostIdentity, requireUserIdentity } from './require-identity.ts'
import { agentServerName } from './server-names.ts'
import { agent, alice, later, now, sampleAuthority, sampleCertificate } from './testing/samples.ts'

let authority: CertificateAuthorityMaterial

before(async () => {
  authority = await sampleAuthority()
})

async function certificate(request: Partial<CertificateRequest>): Promise<X509Certificate> {
  return (await sampleCertificate(authority, request)).certificate
}

const demand = { cluster: 'example.com', now }
const route = { service: 'my-redshift', protocol: 'postgres' }
const inDatabase = { ...alice, usage: 'db', route } as const

test('a person is let in by the usage the door asks for', async () => {
  assert.deepEqual(requireUserIdentity(await certificate({ identity: alice }), { ...demand, usages: ['login'] }), alice)
  assert.deepEqual(requireUserIdentity(await certificate({ identity: inDatabase }), { ...demand, usages: ['login', 'db'] }), inDatabase)
})

test('a host is let in by its role', async () => {
  assert.deepEqual(requireHostIdentity(await certificate({ identity: agent }), { ...demand, role: 'Db' }), agent)
})

const refusedPeople: readonly [string, string, Partial<CertificateRequest> | undefined][] = [
  ['no certificate', 'CERTIFICATE_KIND_REFUSED', undefined],
  ['a certificate of another usage', 'CERTIFICATE_KIND_REFUSED', { identity: inDatabase }],
  ['a host', 'CERTIFICATE_KIND_REFUSED', { identity: agent }],
  ['a person of another cluster', 'CERTIFICATE_KIND_REFUSED', { identity: { ...alice, cluster: 'other.com' } }],
  ['a server certificate', 'CERTIFICATE_USAGE_REFUSED', { identity: alice, usages: ['server'] }],
  ['a certificate without an identity', 'CERTIFICATE_IDENTITY_UNREADABLE', {}],
  ['an expired certificate', 'CERTIFICATE_EXPIRED', { identity: alice, notBefore: later(-2000), notAfter: later(-1000) }],
  ['a certificate of tomorrow', 'CERTIFICATE_NOT_YET_VALID', { identity: alice, notBefore: later(1000), notAfter: later(2000) }],
]

for (const [sentence, code, request] of refusedPeople) {
  test(`a door for logins refuses ${sentence}`, async () => {
    const peer = request === undefined ? undefined : await certificate(request)
    assert.throws(() => requireUserIdentity(peer, { ...demand, usages: ['login'] }), { code, category: 'unauthenticated' })
  })
}

test('a door for hosts refuses people, and hosts of another role', async () => {
  for (const identity of [alice, { ...agent, roles: ['Proxy'] as const }]) {
    const peer = await certificate({ identity })
    assert.throws(() => requireHostIdentity(peer, { ...demand, role: 'Db' }), { code: 'CERTIFICATE_KIND_REFUSED' })
  }
})

const name = agentServerName(agent.hostId, agent.cluster)
const promised = { ...demand, hostId: agent.hostId }

test('a client takes the very agent it was promised', async () => {
  requireAgentCertificate(await certificate({ identity: agent, dnsNames: [name], usages: ['server'] }), promised)
})

const refusedAgents: readonly [string, string, Partial<CertificateRequest>][] = [
  ['another host', 'CERTIFICATE_KIND_REFUSED', { identity: { ...agent, hostId: 'other' }, dnsNames: [name] }],
  ['a host without the name', 'CERTIFICATE_KIND_REFUSED', { identity: agent }],
  ['a host of another cluster', 'CERTIFICATE_KIND_REFUSED', { identity: { ...agent, cluster: 'other.com' }, dnsNames: [name] }],
  ['a proxy', 'CERTIFICATE_KIND_REFUSED', { identity: { ...agent, roles: ['Proxy'] }, dnsNames: [name] }],
  ['a person', 'CERTIFICATE_KIND_REFUSED', { identity: alice, dnsNames: [name] }],
  ['a client certificate', 'CERTIFICATE_USAGE_REFUSED', { identity: agent, dnsNames: [name], usages: ['client'] }],
]

for (const [sentence, code, request] of refusedAgents) {
  test(`a client does not take ${sentence} for its agent`, async () => {
    const peer = await certificate({ usages: ['server'], ...request })
    assert.throws(() => requireAgentCertificate(peer, promised), { code })
  })
}
