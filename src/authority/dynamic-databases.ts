/** Databases that administrators register in the cluster; agents choose from them by label. */
import { createHash } from 'node:crypto'
import { PortunusError } from '#foundation'
import { parseDatabase, printDatabase, type Database } from '#resources'
import type { Store } from '#storage'
import { kept, openKeptResources, refuseStale } from './kept-resources.ts'

export interface DynamicDatabases {
  /** Throws DATABASE_EXISTS. */
  create(database: Database): Promise<Database>
  /** Throws DATABASE_MISSING, RESOURCE_REVISION_CHANGED. */
  update(database: Database): Promise<Database>
  /** Throws DATABASE_MISSING. */
  delete(name: string): Promise<void>
  list(): Promise<readonly Database[]>
}

const originLabel = 'teleport.dev/origin'

export function openDynamicDatabases(store: Store): DynamicDatabases {
  const databases = openKeptResources<Database>(store, { prefix: 'databases', parse: parseDatabase, print: printDatabase })
  return {
    async create(database) {
      const { value, expires } = kept(withOrigin(database))
      const { name } = database.metadata
      return await databases.create(name, value, { expires }).catch((error: unknown) => {
        throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? databaseExists(name) : error
      })
    },
    async update(database) {
      const { name } = database.metadata
      const updated = await databases.change(name, (current) => {
        if (current === undefined) throw databaseMissing(name)
        refuseStale('db', database.metadata, current.metadata)
        return kept(withOrigin(database))
      })
      return updated ?? database
    },
    async delete(name) {
      if (!(await databases.delete(name))) throw databaseMissing(name)
    },
    list: () => databases.list(),
  }
}

/** Changes with every change of any of them. */
export function versionOf(databases: readonly Database[]): string {
  const hash = createHash('sha256')
  for (const { metadata } of databases) hash.update(`${metadata.name} ${metadata.revision ?? ''}\n`)
  return hash.digest('hex')
}

/** Where a database comes from is for the cluster to say. */
function withOrigin(database: Database): Database {
  const { metadata } = database
  return { ...database, metadata: { ...metadata, labels: { ...metadata.labels, [originLabel]: 'dynamic' } } }
}

function databaseExists(name: string): PortunusError {
  return new PortunusError('DATABASE_EXISTS', `Cannot create the database "${name}": a database of that name exists`, {
    category: 'already-exists',
    hint: 'choose another name, or replace it with: tctl create -f',
  })
}

function databaseMissing(name: string): PortunusError {
  return new PortunusError('DATABASE_MISSING', `Cannot find the database "${name}": no database of that name is registered`, {
    category: 'not-found',
    hint: 'see the registered databases with: tctl get db',
  })
}
