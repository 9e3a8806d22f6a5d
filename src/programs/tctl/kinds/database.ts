/** The kinds `db` and `db_server`. */
import { printDatabase, printDatabaseServer } from '#resources'
import { named, type ResourceKind } from './kind.ts'

export const databaseServerKind: ResourceKind = {
  kind: 'db_server',
  words: ['db_servers'],
  list: async (authority) => named((await authority.listDatabaseServers({})).servers, printDatabaseServer),
}

export const databaseKind: ResourceKind = {
  kind: 'db',
  words: ['dbs', 'database', 'databases'],
  // Several agents may announce one database.
  async list(authority) {
    const { servers } = await authority.listDatabaseServers({})
    const databases = new Map(servers.map(({ spec }) => [spec.database.metadata.name, spec.database]))
    return named([...databases.values()], printDatabase)
  },
}
