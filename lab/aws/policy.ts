/** IAM policy documents and what they say about one request. Pure; it knows no users and no roles. */
import { matchesWildcard } from './wildcard.ts'

export type OneOrMany<T> = T | readonly T[]

export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  /** Only in trust policies. */
  readonly Principal?: '*' | Readonly<Record<string, OneOrMany<string>>>
  readonly Action?: OneOrMany<string>
  readonly NotAction?: OneOrMany<string>
  readonly Resource?: OneOrMany<string>
  readonly NotResource?: OneOrMany<string>
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany<string>>>>>
}

export interface PolicyDocument {
  readonly Version: '2012-10-17' | '2008-10-17'
  readonly Statement: OneOrMany<PolicyStatement>
}

/** A document that was checked when it was stored. */
export function storedDocument(json: string): PolicyDocument {
  const document: PolicyDocument = JSON.parse(json)
  return document
}

export interface PolicyQuestion {
  readonly action: string
  /** Absent for trust policies, which have no resource. */
  readonly resource?: string
  readonly context: Readonly<Record<string, string>>
}

export type PolicyVerdict = 'explicit-deny' | 'allow' | 'implicit-deny'

/** The verdict of several documents together: any Deny wins over every Allow, and silence denies. */
export function evaluatePolicies(documents: readonly PolicyDocument[], question: PolicyQuestion): PolicyVerdict {
  const matching = documents.flatMap((document) => asArray(document.Statement)).filter((statement) => statementMatches(statement, question))
  if (matching.some((statement) => statement.Effect === 'Deny')) return 'explicit-deny'
  return matching.some((statement) => statement.Effect === 'Allow') ? 'allow' : 'implicit-deny'
}

/** Whether a statement speaks about the question at all, its principal aside. */
export function statementMatches(statement: PolicyStatement, question: PolicyQuestion): boolean {
  return (
    mentions(statement.Action, statement.NotAction, question.action, matchesAction) &&
    (question.resource === undefined || mentions(statement.Resource, statement.NotResource, question.resource, matchesWildcard)) &&
    conditionsHold(statement, question.context)
  )
}

export function asArray<T>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return []
  return isMany(value) ? value : [value]
}

// Array.isArray does not narrow readonly arrays out of a union.
function isMany<T>(value: OneOrMany<T>): value is readonly T[] {
  return Array.isArray(value)
}

function mentions(
  wanted: OneOrMany<string> | undefined,
  unwanted: OneOrMany<string> | undefined,
  value: string,
  matches: (pattern: string, value: string) => boolean,
): boolean {
  if (unwanted !== undefined) return !asArray(unwanted).some((pattern) => matches(pattern, value))
  return asArray(wanted).some((pattern) => matches(pattern, value))
}

/** Action names ignore case (IAM JSON policy reference, "Action"). */
function matchesAction(pattern: string, action: string): boolean {
  return matchesWildcard(pattern.toLowerCase(), action.toLowerCase())
}

type StringTest = (wanted: string, present: string) => boolean

const sameText: StringTest = (wanted, present) => wanted === present
const sameTextIgnoringCase: StringTest = (wanted, present) => wanted.toLowerCase() === present.toLowerCase()

const positiveOperators: Readonly<Record<string, StringTest>> = {
  StringEquals: sameText,
  StringEqualsIgnoreCase: sameTextIgnoringCase,
  StringLike: matchesWildcard,
  ArnEquals: matchesWildcard,
  ArnLike: matchesWildcard,
  Bool: sameTextIgnoringCase,
}

const negativeOperators: Readonly<Record<string, StringTest>> = {
  StringNotEquals: sameText,
  StringNotEqualsIgnoreCase: sameTextIgnoringCase,
  StringNotLike: matchesWildcard,
  ArnNotEquals: matchesWildcard,
  ArnNotLike: matchesWildcard,
}

function conditionsHold(statement: PolicyStatement, context: Readonly<Record<string, string>>): boolean {
  const lowerCaseContext = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const holds = conditionHolds(operator, asArray(wanted), lowerCaseContext.get(key.toLowerCase()))
      // An operator the lab does not know errs towards refusal: such an Allow never matches, such a Deny always may.
      if (!(holds ?? statement.Effect === 'Deny')) return false
    }
  }
  return true
}

function conditionHolds(operator: string, wanted: readonly string[], present: string | undefined): boolean | undefined {
  const optional = operator.endsWith('IfExists')
  const name = optional ? operator.slice(0, -'IfExists'.length) : operator
  if (name === 'Null') return wanted.some((value) => (value === 'true') === (present === undefined))
  const positive = positiveOperators[name]
  if (positive !== undefined) return present === undefined ? optional : wanted.some((value) => positive(value, present))
  const negative = negativeOperators[name]
  // A missing key satisfies a negated operator (IAM JSON policy reference, "Condition operators").
  if (negative !== undefined) return present === undefined || !wanted.some((value) => negative(value, present))
  return undefined
}
