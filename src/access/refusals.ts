/** The wording of refusals: which dimension failed, and what would grant it. */
import { quote } from '#resources'
import type { AccessRefusal, DatabaseTarget } from './decision.ts'
import type { Candidate, DatabaseRequest } from './decide-database.ts'
import type { Entry } from './entries.ts'
import type { CompiledRole } from './subject.ts'

const labelsShownMax = 3

export function noRoles(user: string): AccessRefusal {
  return {
    allowed: false,
    dimension: 'no-roles',
    reason: 'you have no role that still exists',
    hint: `ask an administrator to run: tctl users update --set-roles=access ${plain(user)}`,
  }
}

export function emptyUser(): AccessRefusal {
  return { allowed: false, dimension: 'database-user', reason: 'no database user was named', hint: 'name one with --db-user' }
}

export function emptyName(): AccessRefusal {
  return { allowed: false, dimension: 'database-name', reason: 'no database name was given', hint: 'give one with --db-name' }
}

export function longUser(lengthMax: number): AccessRefusal {
  const reason = `the name of the database user is longer than ${lengthMax} characters`
  return { allowed: false, dimension: 'database-user', reason, hint: 'name another one with --db-user' }
}

export function longName(lengthMax: number): AccessRefusal {
  const reason = `the database name is longer than ${lengthMax} characters`
  return { allowed: false, dimension: 'database-name', reason, hint: 'give another one with --db-name' }
}

export function labels(roles: readonly CompiledRole[], database: DatabaseTarget): AccessRefusal {
  const unevaluated = roles.find((role) => role.allow.hasLabelsExpression)
  const aside = unevaluated === undefined ? '' : ` (db_labels_expression of the role ${quote(unevaluated.name)} is not evaluated)`
  return {
    allowed: false,
    dimension: 'labels',
    reason: `no role of yours matches the labels of ${quote(database.name)}${aside}`,
    hint: `ask for a role with db_labels: ${labelsText(database)}`,
  }
}

/** No single role matches labels, user and name: says which of them is the obstacle. */
export function nobodyGrants(candidates: readonly Candidate[], { database, databaseUser, databaseName }: DatabaseRequest): AccessRefusal {
  const here = candidates.filter((candidate) => candidate.labels)
  if (here.length === 0)
    return labels(
      candidates.map(({ role }) => role),
      database,
    )
  if (!here.some((candidate) => candidate.user)) return nobodyAllowsUser(candidates, { database, databaseUser })
  if (!here.some((candidate) => candidate.name)) return nobodyAllowsName(candidates, { database, databaseName })
  return {
    allowed: false,
    dimension: 'database-name',
    reason: `no single role lets you use the database user ${quote(databaseUser)} together with the database name ${quote(databaseName)}`,
    hint: `ask for a role with db_users: [${plain(databaseUser)}] and db_names: [${plain(databaseName)}]`,
  }
}

function nobodyAllowsUser(
  candidates: readonly Candidate[],
  { database, databaseUser }: { readonly database: DatabaseTarget; readonly databaseUser: string },
): AccessRefusal {
  return {
    allowed: false,
    dimension: 'database-user',
    reason: `${nobody(
      database,
      candidates.some((candidate) => candidate.user),
    )} lets you use the database user ${quote(databaseUser)}`,
    hint: `ask for a role with db_users: [${plain(databaseUser)}]`,
  }
}

function nobodyAllowsName(
  candidates: readonly Candidate[],
  { database, databaseName }: { readonly database: DatabaseTarget; readonly databaseName: string },
): AccessRefusal {
  return {
    allowed: false,
    dimension: 'database-name',
    reason: `${nobody(
      database,
      candidates.some((candidate) => candidate.name),
    )} lets you use the database name ${quote(databaseName)}`,
    hint: `ask for a role with db_names: [${plain(databaseName)}]`,
  }
}

function nobody(database: DatabaseTarget, allowedElsewhere: boolean): string {
  return allowedElsewhere ? `no role that matches the labels of ${quote(database.name)}` : 'no role'
}

export function deniedLabels(role: CompiledRole, database: DatabaseTarget): AccessRefusal {
  const aside = role.deny.hasLabelsExpression ? ', by a db_labels_expression that is not evaluated' : ''
  return {
    allowed: false,
    dimension: 'denied-labels',
    reason: `the role ${quote(role.name)} denies databases with the labels of ${quote(database.name)}${aside}`,
    hint: `ask an administrator about spec.deny.db_labels of the role ${plain(role.name)}`,
  }
}

export function deniedUser(entry: Entry, databaseUser: string): AccessRefusal {
  return {
    allowed: false,
    dimension: 'denied-database-user',
    reason: `the role ${quote(entry.role)} denies the database user ${quote(databaseUser)}${byEntry(entry)}`,
    hint: `ask an administrator about spec.deny.db_users: [${plain(entry.written)}] of the role ${plain(entry.role)}`,
  }
}

export function deniedName(entry: Entry, databaseName: string): AccessRefusal {
  return {
    allowed: false,
    dimension: 'denied-database-name',
    reason: `the role ${quote(entry.role)} denies the database name ${quote(databaseName)}${byEntry(entry)}`,
    hint: `ask an administrator about spec.deny.db_names: [${plain(entry.written)}] of the role ${plain(entry.role)}`,
  }
}

function byEntry(entry: Entry): string {
  return entry.unresolved === undefined ? '' : ` by the entry ${quote(entry.written)}: ${entry.unresolved}`
}

export function sessionMfa(role: string): AccessRefusal {
  return {
    allowed: false,
    dimension: 'session-mfa',
    reason: `the role ${quote(role)} wants a second factor for every session`,
    hint: 'connect with tsh db connect or tsh proxy db --tunnel, which ask for it',
  }
}

export function operation({ verb, resource }: { readonly verb: string; readonly resource: string }): AccessRefusal {
  return {
    allowed: false,
    dimension: 'operation',
    reason: `no role lets you ${verb} ${quote(resource)} resources`,
    hint: `ask for a role with rules: [{resources: [${plain(resource)}], verbs: [${plain(verb)}]}]`,
  }
}

export function deniedOperation(role: string, { verb, resource }: { readonly verb: string; readonly resource: string }): AccessRefusal {
  return {
    allowed: false,
    dimension: 'operation',
    reason: `the role ${quote(role)} denies to ${verb} ${quote(resource)} resources`,
    hint: `ask an administrator about spec.deny.rules of the role ${plain(role)}`,
  }
}

/** Labels as a role would have to name them; three are enough to find one's way. */
function labelsText({ labels }: DatabaseTarget): string {
  const entries = Object.entries(labels).filter(([key]) => !/^teleport\.(?:dev|internal|hidden)\//.test(key))
  if (entries.length === 0) return '{"*": "*"}'
  return `{${entries
    .slice(0, labelsShownMax)
    .map(([key, value]) => `${plain(key)}: ${plain(value)}`)
    .join(', ')}}`
}

/** The text as YAML and a shell take it: bare where it can be, else in quotes. */
function plain(text: string): string {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_./@:-]*$/u.test(text) && text.length <= 64 && !/: |:$/.test(text) ? text : quote(text)
}
