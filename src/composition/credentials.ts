/** The credentials of a host as the services of this process read them. */
import type { HostIdentity } from '#certificates'
import type { KeyPairPem } from '#foundation'

/** Read afresh for every handshake, so that a renewal is used at once. */
export interface HostCredentials {
  readonly identity: HostIdentity
  readonly keyPair: () => KeyPairPem
  readonly hostAuthoritiesPem: () => readonly string[]
  readonly userAuthoritiesPem: () => readonly string[]
}
