/** Who calls, in the type the answer needs. The table has let nobody else in; here the types learn it. */
import type { Caller } from '#authority-api'
import type { HostIdentity } from '#certificates'
import { PortunusError } from '#foundation'
import type { LoggedIn } from '../database-certificates.ts'

export function hostOf(caller: Caller): HostIdentity {
  if (caller.kind === 'host') return caller.identity
  throw new PortunusError('HOST_EXPECTED', 'Cannot answer: no host calls')
}

export function personOf(caller: Caller): LoggedIn {
  if (caller.kind === 'user' && caller.peer.certificate !== undefined) {
    return { identity: caller.identity, subject: caller.subject, certificate: caller.peer.certificate }
  }
  throw new PortunusError('PERSON_EXPECTED', 'Cannot answer: no person calls')
}

/** The address without its port: a client has many ports. */
export function addressOf(clientAddress: string): string {
  return clientAddress.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([^:]*):\d+$/, '$1')
}
