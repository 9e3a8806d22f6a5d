/** The certificate a proxy shows to browsers when the configuration names none: signed by the host authority. */
import { generateKeyPair, issueCertificate } from '#certificates'
import { Secret, type Clock, type Randomness } from '#foundation'
import { clockSkewMilliseconds, type CertificateAuthorities } from './certificate-authorities.ts'
import { later } from './context.ts'

/** Browsers refuse certificates for more than 398 days. */
const webTtlMilliseconds = 365 * 86_400_000
const serialBytes = 16

export interface WebCertificateRequest {
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

export interface WebCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: Secret<string>
}

/** The leaf and the authority that signed it. It names no identity, so it opens nothing. */
export async function makeWebCertificate(
  request: WebCertificateRequest,
  options: { readonly authorities: CertificateAuthorities; readonly clock: Clock; readonly randomness: Randomness },
): Promise<WebCertificate> {
  const authority = options.authorities.of('host')
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const leaf = await issueCertificate({
    authority,
    publicKeyPem,
    commonName: 'portunus web',
    dnsNames: request.dnsNames,
    ipAddresses: request.ipAddresses,
    notBefore: later(options.clock, -clockSkewMilliseconds),
    notAfter: later(options.clock, webTtlMilliseconds),
    serial: options.randomness.bytes(serialBytes),
    usages: ['server'],
  })
  return { certificatePem: `${leaf.trimEnd()}\n${authority.certificatePem.trimEnd()}\n`, privateKeyPem: new Secret(privateKeyPem) }
}
