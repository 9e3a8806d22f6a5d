/** What is wrong or doubtful in a role: entries that can never grant, and some that grant more than they look like. */
import { PortunusError } from '#foundation'
import { quote, type Role, type RoleConditions } from '#resources'
import { conditionOf } from './decide-operation.ts'
import { compilePattern } from './pattern.ts'
import { requestProblems } from './request-problems.ts'
import { parseTemplate } from './template.ts'

/** An error makes the role useless or over-strict in part; a warning names something that is rarely meant. */
export interface RoleProblem {
  readonly severity: 'error' | 'warning'
  /** Like `spec.allow.db_users[0]`. */
  readonly path: string
  readonly text: string
}

const verbs = ['*', 'list', 'create', 'read', 'readnosecrets', 'update', 'delete', 'rotate', 'use']

/** Everything worth saying about a role before it is stored; empty when all is well. */
export function roleProblems(role: Role): readonly RoleProblem[] {
  return (['allow', 'deny'] as const).flatMap((side) => conditionProblems(role.spec[side], `spec.${side}`))
}

function conditionProblems(conditions: RoleConditions, path: string): readonly RoleProblem[] {
  return [
    ...listProblems(conditions.dbUsers, `${path}.db_users`),
    ...listProblems(conditions.dbNames, `${path}.db_names`),
    ...labelProblems(conditions, path),
    ...ruleProblems(conditions, path),
    ...requestProblems(conditions, path, listProblems),
  ]
}

function listProblems(entries: readonly string[], path: string): readonly RoleProblem[] {
  return entries.flatMap((entry, index) => entryProblems(entry, `${path}[${index}]`))
}

function entryProblems(entry: string, path: string): readonly RoleProblem[] {
  try {
    const template = parseTemplate(entry)
    if (template.kind === 'template') {
      compilePattern([{ kind: 'author', text: template.prefix }, { kind: 'unknown' }, { kind: 'author', text: template.suffix }])
      return []
    }
    const pattern = compilePattern([{ kind: 'author', text: entry }])
    return pattern.kind === 'expression' && isHalfAnchored(entry) ? [halfAnchored(entry, path)] : []
  } catch (error) {
    if (!(error instanceof PortunusError)) throw error
    return [{ severity: 'error', path, text: error.message }]
  }
}

/** `^a|b$` means "begins with a, or ends with b". */
function isHalfAnchored(entry: string): boolean {
  let depth = 0
  for (const [character] of entry.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()|]/gs)) {
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '|' && depth === 0) return true
  }
  return false
}

function halfAnchored(entry: string, path: string): RoleProblem {
  const inside = entry.slice(1, -1)
  return {
    severity: 'warning',
    path,
    text: `${quote(entry)} is anchored on one side of each choice only; ^(${inside})$ is anchored on both`,
  }
}

function labelProblems({ dbLabels, dbLabelsExpression }: RoleConditions, path: string): readonly RoleProblem[] {
  const problems: RoleProblem[] = []
  const keys = Object.keys(dbLabels)
  for (const key of keys)
    problems.push(...entryProblemsOfKey(key, path), ...listProblems(dbLabels[key] ?? [], `${path}.db_labels[${quote(key)}]`))
  const star = dbLabels['*']
  const isEverything = star?.length === 1 && star[0] === '*'
  if (isEverything && keys.length > 1) {
    problems.push({
      severity: 'warning',
      path: `${path}.db_labels`,
      text: '"*": "*" matches every database, the other labels mean nothing',
    })
  } else if (star !== undefined && !isEverything) {
    problems.push({
      severity: 'warning',
      path: `${path}.db_labels`,
      text: 'the key "*" is a label of that name, unless its value is "*" alone',
    })
  }
  if (dbLabelsExpression !== undefined) {
    const effect = path.endsWith('deny') ? 'the role denies every database' : 'the role grants no database'
    problems.push({ severity: 'error', path: `${path}.db_labels_expression`, text: `expressions are not evaluated: ${effect}` })
  }
  return problems
}

function entryProblemsOfKey(key: string, path: string): readonly RoleProblem[] {
  return key.includes('{{') || key.includes('}}') ? entryProblems(key, `${path}.db_labels[${quote(key)}]`) : []
}

function ruleProblems({ rules }: RoleConditions, path: string): readonly RoleProblem[] {
  return rules.flatMap((rule, index) => {
    const at = `${path}.rules[${index}]`
    const problems: RoleProblem[] = rule.verbs
      .filter((verb) => !verbs.includes(verb))
      .map((verb) => ({ severity: 'warning', path: `${at}.verbs`, text: `no operation has the verb ${quote(verb)}` }))
    if (conditionOf(rule) === 'unknown') {
      problems.push({ severity: 'error', path: `${at}.where`, text: `the condition ${quote(rule.where ?? '')} is not evaluated` })
    }
    return problems
  })
}
