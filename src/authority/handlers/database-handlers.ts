/** Answers about databases: heartbeats, lists, certificates. */
import type { Caller, Handlers } from '#authority-api'
import type { DatabaseRoute, HostIdentity } from '#certificates'
import { PortunusError } from '#foundation'
import { distinctDatabases, listAllDatabases, listDatabasesFor } from '../database-listing.ts'
import type { LoggedIn } from '../database-certificates.ts'
import type { IssuedCertificate } from '../issue.ts'
import type { AuthorityParts } from '../parts.ts'

type DatabaseHandlers = Pick<
  Handlers,
  | 'issueDatabaseCertificate'
  | 'issueProxiedCertificate'
  | 'upsertDatabaseServer'
  | 'deleteDatabaseServer'
  | 'listDatabases'
  | 'listDatabaseServers'
>

export function databaseHandlers(parts: AuthorityParts): DatabaseHandlers {
  const { presence, databaseCertificates } = parts
  return {
    async issueDatabaseCertificate({ publicKeyPem, route, ttlMilliseconds }, caller) {
      const request = { publicKeyPem, route: routeOf(route), ttlMilliseconds }
      return answerOf(await databaseCertificates.issue(loggedIn(caller), request))
    },
    async issueProxiedCertificate(request, caller) {
      return answerOf(await databaseCertificates.issueProxied(hostOf(caller), request))
    },
    async upsertDatabaseServer({ server }, caller) {
      return { expires: (await presence.announceDatabase(server, hostOf(caller))).toISOString() }
    },
    async deleteDatabaseServer({ name }, caller) {
      await presence.withdrawDatabase(name, hostOf(caller))
      return {}
    },
    async listDatabases(_request, caller) {
      const databases = distinctDatabases(await presence.databaseServers())
      return { databases: caller.kind === 'user' ? listDatabasesFor(caller.subject, databases) : listAllDatabases(databases) }
    },
    async listDatabaseServers() {
      return { servers: await presence.databaseServers() }
    },
  }
}

function answerOf(issued: IssuedCertificate) {
  return { certificatePem: issued.certificatePem, validUntil: issued.validUntil.toISOString() }
}

function routeOf(route: { service: string; protocol: string; user?: string | undefined; name?: string | undefined }): DatabaseRoute {
  return {
    service: route.service,
    protocol: route.protocol,
    ...(route.user === undefined ? {} : { user: route.user }),
    ...(route.name === undefined ? {} : { name: route.name }),
  }
}

/** The table lets only people in here; this is where the types learn it. */
function loggedIn(caller: Caller): LoggedIn {
  if (caller.kind === 'user' && caller.peer.certificate !== undefined) {
    return { identity: caller.identity, subject: caller.subject, certificate: caller.peer.certificate }
  }
  throw new PortunusError('PERSON_EXPECTED', 'Cannot issue a database certificate: no person calls')
}

function hostOf(caller: Caller): HostIdentity {
  if (caller.kind === 'host') return caller.identity
  throw new PortunusError('HOST_EXPECTED', 'Cannot answer: no host calls')
}
