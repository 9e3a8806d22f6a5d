/** The pieces requests and responses are made of, with their limits. Resources cross in the form they have in YAML. */
import * as z from 'zod'
import {
  parseAccessRequest,
  parseAuthPreference,
  parseDatabase,
  parseDatabaseServer,
  parseLock,
  parseRole,
  parseUser,
  printAccessRequest,
  printAuthPreference,
  printDatabase,
  printDatabaseServer,
  printLock,
  printRole,
  printUser,
  type AccessRequest,
  type AuthPreference,
  type Database,
  type DatabaseServer,
  type Lock,
  type Role,
  type SystemRole,
  type User,
} from '#resources'
import type { AuditEvent } from '#audit-events'

export const nothing = z.object({})

/** Long enough for every certificate, key and name we know; short enough to be no weapon. */
export const shortText = z.string().min(1).max(512)
export const pemText = z.string().min(1).max(32_768)
export const pemList = z.array(pemText).readonly()
export const names = z.array(shortText).max(1000).readonly()
export const time = z.iso.datetime({ offset: true })
export const ttlMilliseconds = z.int().positive()
export const traits = z.record(z.string().min(1).max(256), z.array(z.string().max(2048)).max(1000).readonly()).readonly()
export const labels = z.record(z.string().min(1).max(256), z.string().max(2048)).readonly()
/** Passwords and codes are read as they are; whether they are good enough is the authority's word. */
export const sentSecret = z.string().max(1024)

export const systemRole: z.ZodType<SystemRole, SystemRole> = z.enum(['Auth', 'Proxy', 'Db', 'Discovery', 'Node', 'App', 'Kube', 'Admin'])

export const authorities = z.object({ host: pemList, user: pemList, db: pemList, dbClient: pemList })

export const databaseRoute = z.object({
  service: shortText,
  protocol: shortText,
  user: shortText.optional(),
  name: shortText.optional(),
})

function resource<Value>(parse: (input: unknown) => Value, print: (value: Value) => unknown) {
  return z.codec(z.unknown(), z.custom<Value>(), { decode: (input) => parse(input), encode: (value) => print(value) })
}

export const user = resource<User>(parseUser, printUser)
export const role = resource<Role>(parseRole, printRole)
export const lock = resource<Lock>(parseLock, printLock)
export const accessRequest = resource<AccessRequest>(parseAccessRequest, printAccessRequest)
export const authPreference = resource<AuthPreference>(parseAuthPreference, printAuthPreference)
export const database = resource<Database>(parseDatabase, printDatabase)
export const databaseServer = resource<DatabaseServer>(parseDatabaseServer, printDatabaseServer)

const auditEventFields = z.looseObject({
  event: shortText,
  code: shortText,
  uid: shortText,
  time,
  cluster_name: shortText,
})

/** Events keep fields this version does not know: agents may be newer than the authority. */
export const auditEvent: z.ZodType<AuditEvent, AuditEvent> = auditEventFields
