/** Whether the TLS server at the far end of a relay is an agent of the cluster: the proxy in between is not asked. */
import type { X509Certificate } from 'node:crypto'
import { PortunusError } from '#foundation'
import { agentServerName, identityFromCertificate } from '#certificates'

export interface ExpectedAgent {
  readonly cluster: string
  /** The agent the ticket names, if it names one. */
  readonly hostId: string | undefined
}

/**
 * Throws AGENT_UNTRUSTED unless the certificate (its chain to the host authority is verified by TLS) is one of a Database
 * Service of this cluster, under the name that only agents get.
 */
export function checkAgent(certificate: X509Certificate, expected: ExpectedAgent): void {
  const identity = identityFromCertificate(certificate)
  if (identity.kind !== 'host' || !identity.roles.includes('Db')) throw untrusted('its certificate is not one of a Database Service')
  if (identity.cluster !== expected.cluster) throw untrusted(`it belongs to the cluster "${identity.cluster}"`)
  if (expected.hostId !== undefined && identity.hostId !== expected.hostId) throw untrusted('it is another one than the ticket names')
  const name = agentServerName(identity.hostId, identity.cluster)
  if (certificate.checkHost(name, { subject: 'never', wildcards: false }) === undefined) {
    throw untrusted(`its certificate is not for "${name}"`)
  }
}

function untrusted(state: string): PortunusError {
  return new PortunusError('AGENT_UNTRUSTED', `Cannot trust the Database Service behind the proxy: ${state}`, {
    category: 'unavailable',
    sqlState: '08001',
    hint: 'tell an administrator: the proxy led to something that is not the agent it named',
  })
}
