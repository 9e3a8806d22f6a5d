/** How a proxy's web certificate is verified: public authorities, the profile's own, a pin, or not at all. */
import { PortunusError, type Address, type TlsConnectOptions } from '#foundation'
import { matchesPin, parseCaPin } from '#certificates'
import type { ClientWorld } from './ports.ts'
import { addressText } from './proxy-address.ts'

export type WebTrust =
  /** Public roots and SSL_CERT_FILE, then these authorities of the profile. */
  | { readonly kind: 'known'; readonly authoritiesPem: readonly string[] }
  /** Only an authority with one of these pins, wherever it was seen. */
  | { readonly kind: 'pinned'; readonly pins: readonly string[] }
  /** Nothing is verified: the person said `--insecure`. */
  | { readonly kind: 'insecure' }

/** One way to open TLS, and whether it leans on the public authorities. */
export interface WebTlsAttempt {
  readonly tls: Omit<TlsConnectOptions, 'alpn'>
  readonly vouchedBy: 'public' | 'cluster'
}

/** The ways to try, in order. With pins, looks at the presented chain first; throws CA_PIN_MALFORMED or CA_PIN_MISMATCH. */
export async function webTlsAttempts(world: ClientWorld, address: Address, trust: WebTrust): Promise<readonly WebTlsAttempt[]> {
  const serverName = address.host
  switch (trust.kind) {
    case 'insecure':
      return [{ tls: { serverName, insecure: true }, vouchedBy: 'cluster' }]
    case 'pinned':
      return [{ tls: { serverName, authoritiesPem: [await pinnedAuthority(world, address, trust.pins)] }, vouchedBy: 'cluster' }]
    case 'known': {
      const publicly: WebTlsAttempt = { tls: { serverName }, vouchedBy: 'public' }
      if (trust.authoritiesPem.length === 0) return [publicly]
      return [publicly, { tls: { serverName, authoritiesPem: trust.authoritiesPem }, vouchedBy: 'cluster' }]
    }
  }
  trust satisfies never
}

/**
 * The certificate of the presented chain that has the pin. The chain itself is not believed: the caller connects again
 * and trusts this one certificate only, with the host name checked in full.
 */
async function pinnedAuthority(world: ClientWorld, address: Address, pins: readonly string[]): Promise<string> {
  const wanted = pins.map(parseCaPin)
  const connection = await world.network.dial(address, { signal: world.clock.deadline(dialMillisecondsMax) })
  const chain = await world.presentedChain(connection, address.host)
  const found = chain.map((certificate) => certificate.toString()).find((pem) => wanted.some((pin) => matchesPin(pem, pin)))
  if (found !== undefined) return found
  throw new PortunusError(
    'CA_PIN_MISMATCH',
    `Cannot trust the proxy "${addressText(address)}": no certificate it presented has the pin "${wanted.join('", "')}"`,
    {
      category: 'unavailable',
      hint: 'compare the pin with the one "tctl status" prints on the auth host; leave --ca-pin out when a public authority vouches for the proxy',
    },
  )
}

export const dialMillisecondsMax = 10_000

/** An untrusted proxy, said so that a person with a self-made certificate knows the two ways on. */
export function proxyUntrusted(address: Address, cause: PortunusError): PortunusError {
  const where = addressText(address)
  return new PortunusError('PROXY_UNTRUSTED', `Cannot trust the proxy "${where}": its certificate is signed by an unknown authority`, {
    category: 'unavailable',
    cause,
    hint: `for a self-made certificate take the pin that "tctl status" prints: tsh login --proxy=${where} --ca-pin=sha256:<hex>; for a test only: tsh login --proxy=${where} --insecure`,
  })
}
