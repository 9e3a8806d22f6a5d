/** How large IAM lets policies be, how large ours are, and how a large one becomes several. */
import type { PolicyDocument, PolicyStatement } from '../policy.ts'
import { listOf, statementOf, statementsOf, type Grant } from './grants.ts'

/** IAM User Guide, "IAM and AWS STS quotas". White space does not count. */
export const iamLimits = {
  managedPolicyCharacters: 6144,
  inlineUserCharacters: 2048,
  inlineRoleCharacters: 10_240,
  /** Per user or role, unless AWS has raised the quota. */
  attachedPolicies: 10,
  policyVersions: 5,
  policyNameCharacters: 128,
} as const

/** The size IAM counts: the document without white space. */
export function policyCharacters(document: PolicyDocument): number {
  return JSON.stringify(document).replaceAll(/\s/g, '').length
}

export interface SplitPolicy {
  readonly documents: readonly PolicyDocument[]
  /** Of one document that says all of it, were there no limit. */
  readonly characters: number
  /** Set when single clusters were replaced by all clusters of their region and account, because there were too many to name. */
  readonly compacted: boolean
}

/**
 * The documents that allow the grants, each within the limit of a managed policy. When they would be more than an identity
 * may hold, the clusters of one region and account are named together (`dbuser:*`).
 */
export function splitPolicy(grants: readonly Grant[]): SplitPolicy {
  const statements = statementsOf(grants)
  const characters = policyCharacters(documentOf(statements))
  const documents = documentsOf(statements)
  if (documents.length <= iamLimits.attachedPolicies) return { documents, characters, compacted: false }
  const compact = statementsOf(grants.map(compacted))
  return { documents: documentsOf(compact), characters, compacted: true }
}

/** Fills document after document; a statement with many resources goes on in the next. */
function documentsOf(statements: readonly PolicyStatement[]): readonly PolicyDocument[] {
  const documents: PolicyDocument[] = []
  let full: PolicyStatement[] = []
  for (const statement of statements) {
    const actions = listOf(statement.Action)
    let resources: string[] = []
    for (const resource of listOf(statement.Resource)) {
      if (!fits([...full, statementOf(actions, [...resources, resource])])) {
        documents.push(documentOf([...full, ...(resources.length === 0 ? [] : [statementOf(actions, resources)])]))
        full = []
        resources = []
      }
      resources.push(resource)
    }
    full.push(statementOf(actions, resources))
  }
  return full.length === 0 ? documents : [...documents, documentOf(full)]
}

function fits(statements: readonly PolicyStatement[]): boolean {
  return policyCharacters(documentOf(statements)) <= iamLimits.managedPolicyCharacters
}

function documentOf(statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function compacted(grant: Grant): Grant {
  return { ...grant, resource: grant.resource.replace(/^(arn:[^:]+:redshift:[^:]*:[^:]*:(?:dbuser|dbname)):.+$/, '$1:*') }
}
