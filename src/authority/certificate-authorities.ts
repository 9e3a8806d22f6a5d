/** The four authorities of the cluster: made at the first start, kept with sealed keys, opened at every other. */
import * as z from 'zod'
import { createCertificateAuthority, type CertificateAuthorityType } from '#certificates'
import { PortunusError, Secret, type Clock, type Randomness } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import type { SealedBox } from './sealed-box.ts'

export const authorityTypes = ['host', 'user', 'db', 'db_client'] as const satisfies readonly CertificateAuthorityType[]

export interface CertificateAuthority {
  readonly type: CertificateAuthorityType
  readonly certificatePem: string
  readonly privateKeyPem: Secret<string>
}

/** PEM of the certificates to trust, by the use of the authority. */
export interface TrustedAuthorities {
  readonly host: readonly string[]
  readonly user: readonly string[]
  readonly db: readonly string[]
  readonly dbClient: readonly string[]
}

export interface CertificateAuthorities {
  of(type: CertificateAuthorityType): CertificateAuthority
  trusted(): TrustedAuthorities
}

const lifetimeMilliseconds = 3650 * 86_400_000
const serialBytes = 16
/** Clocks of hosts differ a little; a certificate is good from a minute ago. */
export const clockSkewMilliseconds = 60_000

const record = z.object({ certificatePem: z.string(), sealedPrivateKey: z.string() })

export interface CertificateAuthoritiesOptions {
  readonly clusterName: string
  readonly clock: Clock
  readonly randomness: Randomness
  readonly box: SealedBox
}

/** Several authorities may start at once on one store: whoever creates first wins, the others read. */
export async function openCertificateAuthorities(store: Store, options: CertificateAuthoritiesOptions): Promise<CertificateAuthorities> {
  const opened = await Promise.all(authorityTypes.map((type) => openAuthorityOf(store, type, options)))
  const of = (type: CertificateAuthorityType): CertificateAuthority => {
    const found = opened.find((authority) => authority.type === type)
    if (found === undefined) throw new PortunusError('AUTHORITY_MISSING', `Cannot find the authority "${type}": there is none`)
    return found
  }
  return {
    of,
    trusted: () => ({
      host: [of('host').certificatePem],
      user: [of('user').certificatePem],
      db: [of('db').certificatePem],
      dbClient: [of('db_client').certificatePem],
    }),
  }
}

async function openAuthorityOf(
  store: Store,
  type: CertificateAuthorityType,
  options: CertificateAuthoritiesOptions,
): Promise<CertificateAuthority> {
  const { box, clock, randomness } = options
  const records = openCollection(store, { prefix: 'authorities', parse: (input) => record.parse(input), print: (value) => value })
  const purpose = `private key of the ${type} authority`
  if ((await records.get(type)) === undefined) {
    const made = await createCertificateAuthority({
      type,
      cluster: options.clusterName,
      notBefore: later(clock, -clockSkewMilliseconds),
      notAfter: later(clock, lifetimeMilliseconds),
      serial: randomness.bytes(serialBytes),
    })
    const sealedPrivateKey = box.seal(Buffer.from(made.privateKeyPem.reveal()), purpose)
    await records.change(type, (current) =>
      current === undefined ? { value: { certificatePem: made.certificatePem, sealedPrivateKey } } : undefined,
    )
  }
  const kept = await records.get(type)
  if (kept === undefined) throw new PortunusError('AUTHORITY_MISSING', `Cannot open the authority "${type}": the store did not keep it`)
  return {
    type,
    certificatePem: kept.certificatePem,
    privateKeyPem: new Secret(Buffer.from(box.open(kept.sealedPrivateKey, purpose)).toString('utf8')),
  }
}
