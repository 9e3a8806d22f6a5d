/** Why somebody may connect to a database or may not: the decision, and what each role by itself has to say. */
import type { AccessDecision, AccessSubject } from './decision.ts'
import { decideDatabaseAccess, type DatabaseRequest } from './decide-database.ts'
import { findEntry } from './entries.ts'
import { matchesLabels } from './labels.ts'
import { namesOfDatabaseUser } from './role-arn.ts'
import { compileSubject, type CompiledRole } from './subject.ts'

/** One role against one database, database user and database name. A role grants when all three match and none denies. */
export interface RoleExplanation {
  readonly role: string
  readonly labels: boolean
  readonly databaseUser: boolean
  readonly databaseName: boolean
  /** What it denies, to whoever holds it; undefined when nothing. */
  readonly denies: 'labels' | 'database-user' | 'database-name' | undefined
}

export interface AccessExplanation {
  readonly decision: AccessDecision
  /** In the order in which the subject holds them. */
  readonly roles: readonly RoleExplanation[]
}

/** The decision is the one that counts at a connection; the roles beside it say how it came about. */
export function explainDatabaseAccess(subject: AccessSubject, request: DatabaseRequest): AccessExplanation {
  const { roles } = compileSubject(subject)
  return {
    decision: decideDatabaseAccess(subject, request),
    roles: roles.map((role, index) => ({ ...matchesOf(role, request), denies: deniesAlone(subject, index, request) })),
  }
}

function matchesOf(role: CompiledRole, { database, databaseUser, databaseName }: DatabaseRequest): Omit<RoleExplanation, 'denies'> {
  const names = namesOfDatabaseUser(databaseUser, database.aws)
  return {
    role: role.name,
    labels: matchesLabels(role.allow.labels, database.labels),
    databaseUser: findEntry(role.allow.databaseUsers, names.certain) !== undefined,
    databaseName: findEntry(role.allow.databaseNames, [databaseName]) !== undefined,
  }
}

/** Asked of the decision itself, with this role alone, so that it cannot say anything else than the decision does. */
function deniesAlone(subject: AccessSubject, index: number, request: DatabaseRequest): RoleExplanation['denies'] {
  const decision = decideDatabaseAccess({ ...subject, roles: subject.roles.slice(index, index + 1) }, request)
  if (decision.allowed) return undefined
  switch (decision.dimension) {
    case 'denied-labels':
      return 'labels'
    case 'denied-database-user':
      return 'database-user'
    case 'denied-database-name':
      return 'database-name'
    default:
      return undefined
  }
}
