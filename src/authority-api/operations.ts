/** The table: every operation of the authority, its request, its response and who may call it. Nothing else opens a door. */
import type * as z from 'zod'
import type { Operation } from './operation.ts'
import { accessRequestOperations } from './operations/access-requests.ts'
import { auditOperations } from './operations/audit.ts'
import { clusterOperations } from './operations/cluster.ts'
import { databaseOperations } from './operations/databases.ts'
import { dynamicDatabaseOperations } from './operations/dynamic-databases.ts'
import { explanationOperations } from './operations/explanations.ts'
import { hostOperations } from './operations/hosts.ts'
import { lockOperations } from './operations/locks.ts'
import { preferenceOperations } from './operations/preferences.ts'
import { roleOperations } from './operations/roles.ts'
import { sessionOperations } from './operations/sessions.ts'
import { signInOperations } from './operations/sign-in.ts'
import { userOperations } from './operations/users.ts'

export const operations = {
  ...clusterOperations,
  ...signInOperations,
  ...userOperations,
  ...roleOperations,
  ...preferenceOperations,
  ...hostOperations,
  ...databaseOperations,
  ...dynamicDatabaseOperations,
  ...explanationOperations,
  ...lockOperations,
  ...accessRequestOperations,
  ...sessionOperations,
  ...auditOperations,
} as const satisfies Record<string, Operation>

type Operations = typeof operations

export type OperationName = keyof Operations
export type RequestOf<Name extends OperationName> = z.output<Operations[Name]['request']>
export type ResponseOf<Name extends OperationName> = z.output<Operations[Name]['response']>

export const operationNames: readonly OperationName[] = Object.keys(operations).filter((name): name is OperationName => name in operations)

/** The operation as plain data, for code that treats all of them alike. */
export function operationOf(name: OperationName): Operation {
  return operations[name]
}
