/** Operations about the databases that administrators register in the cluster, instead of in the file of an agent. */
import * as z from 'zod'
import { host, rule, type Operation } from '../operation.ts'
import { database, nothing, shortText } from '../schemas.ts'

const written = z.object({ database })

export const dynamicDatabaseOperations = {
  createDatabase: {
    method: 'POST',
    path: '/v1/database-resources/create',
    needs: [rule('db', 'create')],
    request: z.object({ database }),
    response: written,
  },
  /** With `metadata.revision` only if the database still has that revision. */
  updateDatabase: {
    method: 'POST',
    path: '/v1/database-resources/update',
    needs: [rule('db', 'update')],
    request: z.object({ database }),
    response: written,
  },
  deleteDatabase: {
    method: 'POST',
    path: '/v1/database-resources/delete',
    needs: [rule('db', 'delete')],
    request: z.object({ name: shortText }),
    response: nothing,
  },
  listDatabaseResources: {
    method: 'GET',
    path: '/v1/database-resources',
    needs: [rule('db', 'list')],
    request: nothing,
    response: z.object({ databases: z.array(database).readonly() }),
  },
  /** What agents choose from. `known` is the version of the answer before; nothing comes back while it still holds. */
  getDatabasesForAgent: {
    method: 'POST',
    path: '/v1/database-resources/get',
    needs: [host('Db')],
    request: z.object({ known: shortText.optional() }),
    response: z.object({ version: z.string(), databases: z.array(database).readonly().optional() }),
  },
} as const satisfies Record<string, Operation>
