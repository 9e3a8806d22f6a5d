/** The kinds `db` (registered in the cluster) and `db_server` (as agents announce them). */
import { databaseKindOf, locateCluster } from '#aws-model'
import { parseDatabase, printDatabase, printDatabaseServer } from '#resources'
import { anyRevision, named, type ResourceKind } from './kind.ts'

export const databaseServerKind: ResourceKind = {
  kind: 'db_server',
  words: ['db_servers'],
  list: async (authority) => named((await authority.listDatabaseServers({})).servers, printDatabaseServer),
}

export const databaseKind: ResourceKind = {
  kind: 'db',
  words: ['dbs', 'database', 'databases'],
  list: async (authority) => named((await authority.listDatabaseResources({})).databases, printDatabase),
  prepare(document) {
    const database = parseDatabase(document)
    if (databaseKindOf(database) === 'redshift') locateCluster(database)
    const { name } = database.metadata
    return {
      name,
      async create(authority) {
        await authority.createDatabase({ database: anyRevision(database, { replace: true }) })
        return { sentence: `database "${name}" has been created` }
      },
      async update(authority, options) {
        await authority.updateDatabase({ database: anyRevision(database, options) })
        return { sentence: `database "${name}" has been updated` }
      },
    }
  },
  async remove(authority, name) {
    await authority.deleteDatabase({ name })
    return { sentence: `database "${name}" has been deleted` }
  },
}
