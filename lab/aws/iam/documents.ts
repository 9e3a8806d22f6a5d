/** Policy documents as they arrive at IAM: checked, measured, and given back. */
import { asArray } from '../policy.ts'
import type { PolicyDocument, PolicyStatement } from '../policy.ts'
import { malformedDocument } from './errors.ts'

/** IAM User Guide, "IAM and AWS STS quotas": characters without white space. */
export const documentLimits = { managed: 6144, inlineOfUser: 2048, inlineOfRole: 10_240, trust: 2048 } as const

/** What IAM counts. */
export function sizeOf(json: string): number {
  return json.replaceAll(/\s/g, '').length
}

/** Throws MalformedPolicyDocument for what is no identity policy. */
export function checkIdentityPolicy(json: string): void {
  for (const statement of statementsOf(json)) {
    if (statement.Principal !== undefined) throw malformedDocument('Policy document should not specify a principal.')
    const resources = [...asArray(statement.Resource), ...asArray(statement.NotResource)]
    if (resources.length === 0) throw malformedDocument('Policy statement must contain resources.')
    for (const resource of resources) checkResource(resource)
  }
}

/** Throws MalformedPolicyDocument for what is no trust policy. */
export function readTrustPolicy(json: string): PolicyDocument {
  const statements = statementsOf(json)
  for (const statement of statements) {
    if (statement.Principal === undefined) throw malformedDocument('Policy statement must contain a principal.')
    if (statement.Resource !== undefined) throw malformedDocument('Has prohibited field Resource')
    const named = statement.Principal === '*' ? [] : asArray(statement.Principal['AWS'])
    for (const principal of named) {
      if (principal === '*' || /^\d{12}$/.test(principal) || /^arn:[a-z-]+:(?:iam|sts)::\d{12}:[\w+=,.@/-]+$/.test(principal)) continue
      throw malformedDocument(`Invalid principal in policy: "AWS":"${principal}"`)
    }
  }
  return { Version: '2012-10-17', Statement: statements }
}

/** As IAM gives documents back (RFC 3986). */
export function urlEncoded(json: string): string {
  return encodeURIComponent(json).replaceAll(/[!'()*]/g, (symbol) => `%${symbol.charCodeAt(0).toString(16).toUpperCase()}`)
}

function statementsOf(json: string): readonly PolicyStatement[] {
  const document = parsed(json)
  const found: unknown = fieldOf(document, 'Statement')
  const statements: readonly unknown[] = Array.isArray(found) ? found : [found]
  const version = fieldOf(document, 'Version')
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') throw malformedDocument('Syntax errors in policy.')
  return statements.map(readStatement)
}

function readStatement(value: unknown): PolicyStatement {
  const effect = fieldOf(value, 'Effect')
  const isWhole = isStatement(value) && (effect === 'Allow' || effect === 'Deny')
  if (!isWhole) throw malformedDocument('Syntax errors in policy.')
  const actions = [...asArray(value.Action), ...asArray(value.NotAction)]
  if (actions.length === 0) throw malformedDocument('Policy statement must contain actions.')
  if (actions.some((action) => action !== '*' && !/^[\w-]+:[\w*?]+$/.test(action))) {
    throw malformedDocument('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  }
  return value
}

const statementKeys = new Set(['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'])

function isStatement(value: unknown): value is PolicyStatement {
  return typeof value === 'object' && value !== null && Object.keys(value).every((key) => statementKeys.has(key))
}

function checkResource(resource: string): void {
  if (resource === '*') return
  const [arn, , , , account, ...rest] = resource.split(':')
  if (arn !== 'arn' || rest.length === 0) throw malformedDocument(`Resource ${resource} must be in ARN format or "*".`)
  if (account !== undefined && !/^(?:|aws|[\d*?]+)$/.test(account)) throw malformedDocument('The policy failed legacy parsing')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw malformedDocument('Syntax errors in policy.')
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
