/** The names our TLS endpoints carry in their certificates; they are never looked up in DNS. */

export const authorityServerName = 'authority.portunus.internal'
export const proxyServerName = 'proxy.portunus.internal'

/** The name of an agent. Host ids are unique in the world, so the cluster is not part of it. */
export function agentServerName(hostId: string, _cluster: string): string {
  return `${hostId}.agent.portunus.internal`
}
