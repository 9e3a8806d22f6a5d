/** The lab's own certificate authority and the certificate of the Redshift stand-in; both live as long as one run of the lab. */
import { webcrypto } from 'node:crypto'
import { PortunusError } from '#foundation'

export interface LabCertificates {
  readonly authorityPem: string
  readonly certificatePem: string
  readonly privateKeyPem: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const lifetimeDays = 30

/** A server certificate (RFC 5280, and strict enough for openssl verify -x509_strict) for the names, signed by a fresh authority. */
export async function makeCertificates(names: {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}): Promise<LabCertificates> {
  // @peculiar/x509 needs the reflection polyfill to be there first.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto)
  const [authorityKeys, serverKeys] = await Promise.all([newKeys(), newKeys()])
  const now = Date.now()
  const validity = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + lifetimeDays * 86_400_000) }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Portunus lab certificate authority',
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  })
  const server = await x509.X509CertificateGenerator.create({
    subject: 'CN=Portunus lab Redshift stand-in',
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.dns.map((value) => ({ type: 'dns', value }) as const),
        ...names.ip.map((value) => ({ type: 'ip', value }) as const),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(serverKeys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  })
  return {
    authorityPem: `${authority.toString('pem')}\n`,
    certificatePem: `${server.toString('pem')}\n`,
    privateKeyPem: await exportPrivateKey(serverKeys),
  }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if ('privateKey' in keys) return keys
  throw new PortunusError('LAB_KEY_FAILED', 'Cannot make a key pair for the lab: no pair came back')
}

async function exportPrivateKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n')
}
