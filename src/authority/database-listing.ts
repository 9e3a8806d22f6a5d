/** Which databases there are for whom: the live ones, one line per name, with what is open to the person there. */
import {
  allowedDatabaseNames,
  allowedDatabaseUsers,
  compileSubject,
  databaseTarget,
  decideDatabaseVisibility,
  type AccessSubject,
} from '#access'
import type { Database, DatabaseServer } from '#resources'

export interface ListedDatabase {
  readonly database: Database
  readonly allowedUsers: readonly string[]
  readonly deniedUsers: readonly string[]
  readonly allowedNames: readonly string[]
  readonly deniedNames: readonly string[]
}

/** Several agents may serve one database; it is listed once. */
export function distinctDatabases(servers: readonly DatabaseServer[]): readonly Database[] {
  const byName = new Map<string, Database>()
  for (const { spec } of servers) if (!byName.has(spec.database.metadata.name)) byName.set(spec.database.metadata.name, spec.database)
  return [...byName.values()]
}

/** What a person sees: databases whose labels a role matches. */
export function listDatabasesFor(subject: AccessSubject, databases: readonly Database[]): readonly ListedDatabase[] {
  const compiled = compileSubject(subject)
  return databases
    .map((database) => ({ database, target: databaseTarget(database) }))
    .filter(({ target }) => decideDatabaseVisibility(compiled, target).allowed)
    .map(({ database, target }) => {
      const users = allowedDatabaseUsers(compiled, target)
      const names = allowedDatabaseNames(compiled, target)
      return {
        database,
        allowedUsers: users.allowed,
        deniedUsers: users.denied,
        allowedNames: names.allowed,
        deniedNames: names.denied,
      }
    })
}

/** What a host sees: everything, and nobody's permissions. */
export function listAllDatabases(databases: readonly Database[]): readonly ListedDatabase[] {
  return databases.map((database) => ({ database, allowedUsers: [], deniedUsers: [], allowedNames: [], deniedNames: [] }))
}
