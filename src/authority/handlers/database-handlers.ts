/** Answers about databases: heartbeats, lists, certificates. */
import type { Caller, Handlers, OperationName } from '#authority-api'
import type { DatabaseRoute } from '#certificates'
import { PortunusError } from '#foundation'
import { actorOf, failureOf } from '../audit-trail.ts'
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
      const issue = () => databaseCertificates.issueProxied(hostOf(caller), request)
      return answerOf(await recordingRefusal(issue, { operation: 'issueProxiedCertificate', caller, parts }))
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

/** A proxy that speaks for somebody it may not speak for is remembered, though the table let it ask. */
async function recordingRefusal<Result>(
  action: () => Promise<Result>,
  { operation, caller, parts }: { readonly operation: OperationName; readonly caller: Caller; readonly parts: AuthorityParts },
): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof PortunusError && (error.category === 'access-denied' || error.category === 'unauthenticated')) {
      const body = { event: 'access.denied', code: 'TPA01W', ...actorOf(caller), operation, resource: 'db', ...failureOf(error) } as const
      await parts.audit.record(body)
    }
    throw error
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
