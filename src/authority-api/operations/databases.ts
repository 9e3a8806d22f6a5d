/** Operations about databases: who announces them, who sees them, and the certificates that open them. */
import * as z from 'zod'
import { anyUser, host, rule, throughProxy, type Operation } from '../operation.ts'
import { database, databaseRoute, databaseServer, names, nothing, pemText, shortText, time, ttlMilliseconds } from '../schemas.ts'

const certificate = z.object({ certificatePem: z.string(), validUntil: time })

export const databaseOperations = {
  /** Good for opening the one database of the route, and never longer than the login it came from. */
  issueDatabaseCertificate: {
    method: 'POST',
    path: '/v1/certificates/database',
    needs: [anyUser],
    request: z.object({ publicKeyPem: pemText, route: databaseRoute, ttlMilliseconds: ttlMilliseconds.optional() }),
    response: certificate,
  },
  /** A proxy that ended a client's TLS speaks for that client, for minutes, and says so in the certificate. */
  issueProxiedCertificate: {
    method: 'POST',
    path: '/v1/certificates/proxied',
    needs: [throughProxy],
    request: z.object({ clientCertificatePem: pemText, publicKeyPem: pemText, clientAddress: shortText }),
    response: certificate,
  },
  upsertDatabaseServer: {
    method: 'POST',
    path: '/v1/database-servers/upsert',
    needs: [host('Db')],
    request: z.object({ server: databaseServer }),
    response: z.object({ expires: time }),
  },
  deleteDatabaseServer: {
    method: 'POST',
    path: '/v1/database-servers/delete',
    needs: [host('Db')],
    request: z.object({ name: shortText }),
    response: nothing,
  },
  /** For a user: what the user may see, with the database users and names open to the user there. For a host: everything. */
  listDatabases: {
    method: 'GET',
    path: '/v1/databases',
    needs: [anyUser, host('Proxy'), host('Admin')],
    request: nothing,
    response: z.object({
      databases: z
        .array(z.object({ database, allowedUsers: names, deniedUsers: names, allowedNames: names, deniedNames: names }))
        .readonly(),
    }),
  },
  listDatabaseServers: {
    method: 'GET',
    path: '/v1/database-servers',
    needs: [host('Proxy'), rule('db', 'list')],
    request: nothing,
    response: z.object({ servers: z.array(databaseServer).readonly() }),
  },
} as const satisfies Record<string, Operation>
