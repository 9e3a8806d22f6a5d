/** How an explanation of access looks, in tctl and in tsh. */
import type { ResponseOf } from '#authority-api'
import { printJson, printYaml, table } from '#presentation'

export type AccessExplanation = ResponseOf<'explainAccess'>

export interface ExplainedTarget {
  readonly database: string
  readonly databaseUser: string
  readonly databaseName: string
}

/** The decision with its reason and hint, then what each role has to say. */
export function explanationText(explanation: AccessExplanation, target: ExplainedTarget, format: unknown): string {
  switch (format) {
    case 'json':
      return printJson(documentOf(explanation, target))
    case 'yaml':
      return printYaml(documentOf(explanation, target))
    default:
      return plainText(explanation, target)
  }
}

function plainText(explanation: AccessExplanation, { database, databaseUser, databaseName }: ExplainedTarget): string {
  const { user, allowed, grantedBy, reason, hint, isOffline, roles } = explanation
  const verdict = allowed ? `may connect: the role "${grantedBy ?? ''}" grants it` : `may not connect: ${reason ?? 'nothing grants it'}`
  return [
    `"${user}" to "${database}" as "${databaseUser}", database name "${databaseName}": ${verdict}.`,
    ...(hint === undefined ? [] : [`HINT: ${hint}`]),
    ...(isOffline ? ['NOTE: no agent announces the database now.'] : []),
    ...(roles.length === 0 ? [] : ['', table(['Role', 'Labels', 'Database user', 'Database name', 'Denies'], roles.map(rowOf))]),
  ].join('\n')
}

function rowOf({ role, labels, databaseUser, databaseName, denies }: AccessExplanation['roles'][number]): readonly string[] {
  return [role, yesOrNo(labels), yesOrNo(databaseUser), yesOrNo(databaseName), denies?.replace('-', ' ') ?? '']
}

function yesOrNo(matches: boolean): string {
  return matches ? 'yes' : 'no'
}

function documentOf(
  { user, allowed, grantedBy, dimension, reason, hint, isOffline, roles }: AccessExplanation,
  target: ExplainedTarget,
): unknown {
  return {
    user,
    database: target.database,
    db_user: target.databaseUser,
    db_name: target.databaseName,
    allowed,
    ...(allowed ? { granted_by: grantedBy } : { dimension, reason, hint }),
    announced: !isOffline,
    roles: roles.map((role) => ({
      role: role.role,
      labels: role.labels,
      db_user: role.databaseUser,
      db_name: role.databaseName,
      ...(role.denies === undefined ? {} : { denies: role.denies }),
    })),
  }
}
