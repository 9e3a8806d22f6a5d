/** Who is there: the heartbeats of agents and proxies, each good for ten minutes. */
import * as z from 'zod'
import type { HostIdentity } from '#certificates'
import { PortunusError, type Clock } from '#foundation'
import { parseDatabaseServer, printDatabaseServer, type DatabaseServer } from '#resources'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'

const announcementMilliseconds = 10 * 60_000

const proxyRecord = z.object({ hostId: z.string(), hostname: z.string(), publicAddress: z.string(), announced: z.string() })

export type ProxyPresence = z.output<typeof proxyRecord>

export interface Presence {
  /** Throws DATABASE_SERVER_FOREIGN, DATABASE_NAME_TAKEN. */
  announceDatabase(server: DatabaseServer, host: HostIdentity): Promise<Date>
  withdrawDatabase(name: string, host: HostIdentity): Promise<void>
  /** By database name, then by host id. */
  databaseServers(): Promise<readonly DatabaseServer[]>
  announceProxy(publicAddress: string, host: HostIdentity): Promise<Date>
  /** The one announced last comes first. */
  proxies(): Promise<readonly ProxyPresence[]>
}

export function openPresence(store: Store, clock: Clock): Presence {
  const servers = openCollection<DatabaseServer>(store, {
    prefix: 'database-servers',
    parse: parseDatabaseServer,
    print: printDatabaseServer,
  })
  const proxies = openCollection<ProxyPresence>(store, {
    prefix: 'proxies',
    parse: (input) => proxyRecord.parse(input),
    print: (value) => value,
  })
  return {
    async announceDatabase(server, host) {
      if (server.spec.hostId !== host.hostId) throw foreignServer(server, host)
      refuseTakenName(server, await servers.list())
      const expires = later(clock, announcementMilliseconds)
      const announced = { ...server, metadata: { ...server.metadata, expires: expires.toISOString() } }
      await servers.put(serverId(host.hostId, server.metadata.name), announced, { expires })
      return expires
    },
    async withdrawDatabase(name, host) {
      await servers.delete(serverId(host.hostId, name))
    },
    async databaseServers() {
      const keyOf = (server: DatabaseServer): string => `${server.metadata.name}\n${server.spec.hostId}`
      return (await servers.list()).toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
    },
    async announceProxy(publicAddress, host) {
      const expires = later(clock, announcementMilliseconds)
      const presence = { hostId: host.hostId, hostname: host.hostname, publicAddress, announced: clock.now().toISOString() }
      await proxies.put(host.hostId, presence, { expires })
      return expires
    },
    async proxies() {
      return (await proxies.list()).toSorted((left, right) => (left.announced > right.announced ? -1 : 1))
    },
  }
}

function serverId(hostId: string, name: string): string {
  return `${hostId}/${name}`
}

function foreignServer(server: DatabaseServer, host: HostIdentity): PortunusError {
  return new PortunusError(
    'DATABASE_SERVER_FOREIGN',
    `Cannot announce the database "${server.metadata.name}" for host "${server.spec.hostId}": the certificate is of host "${host.hostId}"`,
    { category: 'access-denied', hint: 'announce databases with the host id of the certificate' },
  )
}

/** One name is one target. Otherwise a connection would reach one database or the other by chance. */
function refuseTakenName(server: DatabaseServer, others: readonly DatabaseServer[]): void {
  const { name } = server.metadata
  const { uri } = server.spec.database.spec
  const taken = others.find(
    (other) => other.metadata.name === name && other.spec.hostId !== server.spec.hostId && other.spec.database.spec.uri !== uri,
  )
  if (taken === undefined) return
  throw new PortunusError(
    'DATABASE_NAME_TAKEN',
    `Cannot announce the database "${name}" at "${uri}": host "${taken.spec.hostname}" announces that name at "${taken.spec.database.spec.uri}"`,
    { category: 'conflict', hint: 'give one of the two databases another name, or stop the other agent first' },
  )
}
