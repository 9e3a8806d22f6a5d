/** Answers to and about hosts: join tokens, joining, renewal, audit events they ship. */
import type { AuditEvent } from '#audit-events'
import type { Caller, Handlers } from '#authority-api'
import { PortunusError } from '#foundation'
import { actorOf } from '../audit-trail.ts'
import type { IssuedCertificate } from '../issue.ts'
import type { AuthorityParts } from '../parts.ts'
import { addressOf, hostOf } from './callers.ts'

type HostHandlers = Pick<
  Handlers,
  'createToken' | 'updateToken' | 'listTokens' | 'deleteToken' | 'joinHost' | 'renewHost' | 'appendAuditEvents'
>

export function hostHandlers(parts: AuthorityParts): HostHandlers {
  const { tokens, hosts, audit } = parts
  return {
    async createToken(request, caller) {
      const token = await tokens.create({
        roles: request.roles,
        ttlMilliseconds: request.unlimited === true ? 'unlimited' : request.ttlMilliseconds,
        value: request.value,
        labels: request.labels ?? {},
      })
      const expires = token.expires?.toISOString()
      const { maskedValue: name, roles } = token
      await audit.record({ event: 'token.create', code: 'TPT01I', ...actorOf(caller), name, roles, expires })
      return { token: token.value, roles, expires }
    },
    async updateToken({ value, roles: wanted, labels = {}, ttlMilliseconds }, caller) {
      const {
        maskedValue: name,
        roles,
        expires,
      } = await tokens.update(value, { roles: wanted, labels, ttlMilliseconds: ttlMilliseconds ?? 'unlimited' })
      await audit.record({ event: 'token.update', code: 'TPT03I', ...actorOf(caller), name, roles, expires: expires?.toISOString() })
      return {}
    },
    async listTokens() {
      return { tokens: (await tokens.list()).map((token) => ({ ...token, expires: token.expires?.toISOString() })) }
    },
    async deleteToken({ value }, caller) {
      const { maskedValue: name, roles } = await tokens.delete(value)
      await audit.record({ event: 'token.delete', code: 'TPT02I', ...actorOf(caller), name, roles })
      return {}
    },
    async joinHost(request) {
      parts.strangers.take(addressOf(request.clientAddress))
      return credentialsOf(await hosts.join(request), parts)
    },
    async renewHost({ publicKeyPem }, caller) {
      return credentialsOf(await hosts.renew(hostOf(caller), publicKeyPem), parts)
    },
    async appendAuditEvents({ events }, caller) {
      for (const event of events) refuseForeignEvent(event, caller, parts.configuration.clusterName)
      await parts.auditStore.append(events)
      return {}
    },
  }
}

function credentialsOf(issued: IssuedCertificate, parts: AuthorityParts) {
  const trusted = parts.authorities.trusted()
  return {
    certificatePem: issued.certificatePem,
    hostAuthoritiesPem: trusted.host,
    userAuthoritiesPem: trusted.user,
    dbAuthoritiesPem: trusted.db,
    clusterName: parts.configuration.clusterName,
  }
}

const shippedPrefixes = ['db.', 'client.', 'session.']

/** A host tells what happened on its connections; what the authority itself does, only the authority records. */
function refuseForeignEvent(event: AuditEvent, caller: Caller, clusterName: string): void {
  const isShipped = shippedPrefixes.some((prefix) => event.event.startsWith(prefix))
  const isOwn =
    caller.kind === 'host' && (event['server_id'] === caller.identity.hostId || (event['server_id'] === undefined && !isAgentOnly(caller)))
  if (isShipped && isOwn && event.cluster_name === clusterName) return
  throw new PortunusError('AUDIT_EVENT_FOREIGN', `Cannot accept the event "${event.event}": it is not the host's to tell`, {
    category: 'access-denied',
  })
}

function isAgentOnly(caller: Extract<Caller, { kind: 'host' }>): boolean {
  return !caller.identity.roles.includes('Proxy')
}
