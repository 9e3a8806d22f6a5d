/** May somebody see a database, and may they connect to it as a database user and by a database name? */
import type { AccessDecision, DatabaseTarget } from './decision.ts'
import { findEntry, type Entry, type EntryList } from './entries.ts'
import { matchesLabels } from './labels.ts'
import * as refusal from './refusals.ts'
import { isArnOfRole, namesOfDatabaseUser, type UserNames } from './role-arn.ts'
import { compileSubject, type CompiledRole, type CompiledSubject, type Subject } from './subject.ts'

export interface DatabaseRequest {
  readonly database: DatabaseTarget
  readonly databaseUser: string
  /** The logical database, as the startup packet names it. */
  readonly databaseName: string
}

/** Longer names exist in no database we know; bounding them bounds the work of patterns. */
export const databaseUserLengthMax = 2048

/** Whether a database stands in this person's lists: by labels alone, whatever database users they have there. */
export function decideDatabaseVisibility(subject: Subject, database: DatabaseTarget): AccessDecision {
  const { roles, user } = compileSubject(subject)
  if (roles.length === 0) return refusal.noRoles(user)
  const denied = deniedByLabels(roles, database)
  if (denied !== undefined) return denied
  const granting = roles.find((role) => matchesLabels(role.allow.labels, database.labels))
  return granting === undefined ? refusal.labels(roles, database) : { allowed: true, grantedBy: granting.name }
}

/**
 * Whether a person may connect. Every deny is looked at first: deny labels whatever the user, denied users and names whatever
 * the labels. Then one and the same role must match the labels, the database user and the database name.
 * A granting role that wants a second factor for the session wants it even where another role grants without.
 */
export function decideDatabaseAccess(subject: Subject, request: DatabaseRequest): AccessDecision {
  const compiled = compileSubject(subject)
  const { database, databaseUser, databaseName } = request
  const unusable = refuseUnusable(request)
  if (unusable !== undefined) return unusable
  if (compiled.roles.length === 0) return refusal.noRoles(compiled.user)
  const names = namesOfDatabaseUser(databaseUser, database.aws)
  const denied = deniedByLabels(compiled.roles, database) ?? deniedByEntries(compiled, { ...request, names })
  if (denied !== undefined) return denied
  const candidates = compiled.roles.map((role): Candidate => ({
    role,
    labels: matchesLabels(role.allow.labels, database.labels),
    user: findEntry(role.allow.databaseUsers, names.certain) !== undefined,
    name: findEntry(role.allow.databaseNames, [databaseName]) !== undefined,
  }))
  return decideAmong(compiled, { candidates, request })
}

/** The entry of any role that denies the database user, label-blind. */
export function denyingUser(subject: CompiledSubject, names: UserNames): Entry | undefined {
  const list = subject.all.deny.databaseUsers
  return findEntry(list, names.possible) ?? arnEntry(list, names.roleInAnyAccount)
}

/** The entry of any role that denies the database name, label-blind. */
export function denyingName(subject: CompiledSubject, name: string): Entry | undefined {
  return findEntry(subject.all.deny.databaseNames, [name])
}

/** One role, and which of the three things it must match it does. */
export interface Candidate {
  readonly role: CompiledRole
  readonly labels: boolean
  readonly user: boolean
  readonly name: boolean
}

function decideAmong(
  subject: CompiledSubject,
  { candidates, request }: { readonly candidates: readonly Candidate[]; readonly request: DatabaseRequest },
): AccessDecision {
  const granting = candidates.filter(({ labels, user, name }) => labels && user && name)
  const [first] = granting
  if (first === undefined) return refusal.nobodyGrants(candidates, request)
  const demanding = granting.find(({ role }) => role.requireSessionMfa)
  if (demanding !== undefined && !subject.sessionMfaVerified) return refusal.sessionMfa(demanding.role.name)
  return { allowed: true, grantedBy: first.role.name }
}

function refuseUnusable({ databaseUser, databaseName }: DatabaseRequest): AccessDecision | undefined {
  if (databaseUser === '') return refusal.emptyUser()
  if (databaseName === '') return refusal.emptyName()
  if (databaseUser.length > databaseUserLengthMax) return refusal.longUser(databaseUserLengthMax)
  if (databaseName.length > databaseUserLengthMax) return refusal.longName(databaseUserLengthMax)
  return undefined
}

/** The refusal where deny labels of any role match the database. */
export function deniedByLabels(roles: readonly CompiledRole[], database: DatabaseTarget): AccessDecision | undefined {
  const denying = roles.find((role) => matchesLabels(role.deny.labels, database.labels))
  return denying === undefined ? undefined : refusal.deniedLabels(denying, database)
}

function deniedByEntries(subject: CompiledSubject, request: DatabaseRequest & { readonly names: UserNames }): AccessDecision | undefined {
  const user = denyingUser(subject, request.names)
  if (user !== undefined) return refusal.deniedUser(user, request.databaseUser)
  const name = denyingName(subject, request.databaseName)
  return name === undefined ? undefined : refusal.deniedName(name, request.databaseName)
}

function arnEntry(list: EntryList, role: string | undefined): Entry | undefined {
  if (role === undefined) return undefined
  for (const [text, entry] of list.exact) if (isArnOfRole(text, role)) return entry
  return undefined
}
