/** Answers about databases: heartbeats, lists, certificates. */
import type { Handlers } from '#authority-api'
import type { DatabaseRoute } from '#certificates'
import { distinctDatabases, listAllDatabases, listDatabasesFor } from '../database-listing.ts'
import type { IssuedCertificate } from '../issue.ts'
import type { AuthorityParts } from '../parts.ts'
import { hostOf, personOf } from './callers.ts'

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
      return answerOf(await databaseCertificates.issue(personOf(caller), request))
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
