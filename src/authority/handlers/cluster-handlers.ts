/** Answers about the cluster: its name, authorities, proxies and audit log. */
import type { Handlers } from '#authority-api'
import { caPin } from '#certificates'
import { authorityTypes } from '../certificate-authorities.ts'
import type { AuthorityParts } from '../parts.ts'
import { hostOf } from './callers.ts'

/** Unless the request names one. */
const searchLimit = 100

type ClusterHandlers = Pick<
  Handlers,
  'ping' | 'getStatus' | 'getAuthorities' | 'upsertProxy' | 'listProxies' | 'searchAuditEvents' | 'verifyAudit'
>

export function clusterHandlers(parts: AuthorityParts): ClusterHandlers {
  const { authorities, presence, auditStore } = parts
  const { clusterName, version } = parts.configuration
  return {
    async ping() {
      return { clusterName, version, caPins: authorities.trusted().host.map(caPin) }
    },
    async getStatus() {
      return {
        clusterName,
        version,
        authorities: authorityTypes.map((type) => ({
          type,
          rotation: 'never updated',
          pins: [caPin(authorities.of(type).certificatePem)],
        })),
      }
    },
    async getAuthorities() {
      return authorities.trusted()
    },
    async upsertProxy({ publicAddress }, caller) {
      return { expires: (await presence.announceProxy(publicAddress, hostOf(caller))).toISOString() }
    },
    async listProxies() {
      return { proxies: await presence.proxies() }
    },
    async searchAuditEvents(request) {
      const found = await auditStore.search({ ...request, limit: request.limit ?? searchLimit })
      return { events: found.map(({ event }) => event) }
    },
    verifyAudit: () => auditStore.verify(),
  }
}
