/** Answers about registered databases: changes by administrators, and what agents choose from. */
import type { Handlers } from '#authority-api'
import type { Database } from '#resources'
import { actorOf } from '../audit-trail.ts'
import { versionOf } from '../dynamic-databases.ts'
import type { AuthorityParts } from '../parts.ts'

type DynamicDatabaseHandlers = Pick<
  Handlers,
  'createDatabase' | 'updateDatabase' | 'deleteDatabase' | 'listDatabaseResources' | 'getDatabasesForAgent'
>

export function dynamicDatabaseHandlers({ dynamicDatabases, audit }: AuthorityParts): DynamicDatabaseHandlers {
  return {
    async createDatabase({ database: wanted }, caller) {
      const database = await dynamicDatabases.create(wanted)
      await audit.record({ event: 'db.create', code: 'TDB03I', ...actorOf(caller), ...factsOf(database) })
      return { database }
    },
    async updateDatabase({ database: wanted }, caller) {
      const database = await dynamicDatabases.update(wanted)
      await audit.record({ event: 'db.update', code: 'TDB04I', ...actorOf(caller), ...factsOf(database) })
      return { database }
    },
    async deleteDatabase({ name }, caller) {
      await dynamicDatabases.delete(name)
      await audit.record({ event: 'db.delete', code: 'TDB05I', ...actorOf(caller), name })
      return {}
    },
    async listDatabaseResources() {
      return { databases: await dynamicDatabases.list() }
    },
    async getDatabasesForAgent({ known }) {
      const databases = await dynamicDatabases.list()
      const version = versionOf(databases)
      return version === known ? { version } : { version, databases }
    },
  }
}

function factsOf({ metadata, spec }: Database) {
  return { name: metadata.name, db_protocol: spec.protocol, db_uri: spec.uri, db_labels: metadata.labels }
}
