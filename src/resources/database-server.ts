/** Database servers: the heartbeat of one agent for one database. */
import * as z from 'zod/mini'
import { checkedDatabaseName } from './checked-name.ts'
import { databaseSchema, printDatabase, type Database } from './database.ts'
import { readDocument, type ResourceDocument } from './document.ts'
import { converted, filledText, section, text } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'

export interface DatabaseServer {
  readonly kind: 'db_server'
  readonly version: 'v3'
  /** The name is that of the database. */
  readonly metadata: Metadata
  readonly spec: {
    /** Of the agent's program. */
    readonly version: string
    readonly hostname: string
    readonly hostId: string
    readonly database: Database
  }
}

const serverSchema: z.ZodMiniType<DatabaseServer> = converted(
  z.pipe(
    section({
      kind: z.literal('db_server'),
      version: z.literal('v3'),
      metadata: metadataSchema(checkedDatabaseName),
      spec: z.pipe(
        section({ version: filledText(64), hostname: text(255), host_id: filledText(64), database: databaseSchema }),
        z.transform(({ version, hostname, host_id: hostId, database }) => ({ version, hostname, hostId, database })),
      ),
    }),
    z.transform((server) => server),
  ),
  (server) =>
    server.metadata.name === server.spec.database.metadata.name
      ? { value: server }
      : { expected: 'the same name in metadata and in spec.database' },
)

/** Throws RESOURCE_MALFORMED (bad-input). */
export function parseDatabaseServer(input: unknown): DatabaseServer {
  return readDocument('database server', serverSchema, input)
}

/** The document that `parseDatabaseServer` reads back to the same value. */
export function printDatabaseServer(server: DatabaseServer): ResourceDocument {
  const { version, hostname, hostId, database } = server.spec
  return {
    kind: server.kind,
    version: server.version,
    metadata: printMetadata(server.metadata),
    spec: { version, hostname, host_id: hostId, database: printDatabase(database) },
  }
}
