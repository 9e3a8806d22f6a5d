/** What an identity lacks of a plan, and what its policies of our making have too much. */
import { grantsOf, grantsOfDocument, type Grant } from './grants.ts'
import type { LivePermissions, LivePolicy, LiveStatement } from './live-policy.ts'
import type { IdentityPlan } from './plan.ts'
import { isPartOf } from './planned-policies.ts'

export interface MissingGrant extends Grant {
  readonly reason: string
}

export interface ExtraGrant extends Grant {
  readonly policy: string
}

export interface PermissionComparison {
  readonly missing: readonly MissingGrant[]
  /** In a policy of the plan, and no longer needed. */
  readonly extra: readonly ExtraGrant[]
}

/** Attached policies that earlier, larger plans of the same name have left behind. */
export function leftoverPolicies(plan: IdentityPlan, attached: readonly string[]): readonly string[] {
  const first = plan.policies[0]?.name
  const planned = new Set(plan.policies.map(({ name }) => name))
  return first === undefined ? [] : attached.filter((name) => !planned.has(name) && isPartOf(first, name))
}

/** Compares a plan with live permissions, as IAM evaluates them: any Deny wins, a boundary must allow too, and silence denies. */
export function comparePermissions(plan: IdentityPlan, live: LivePermissions): PermissionComparison {
  const needed = plan.policies.flatMap(({ document }) => grantsOfDocument(document))
  const first = plan.policies[0]?.name
  return {
    missing: needed.flatMap((grant) => {
      const reason = whyNot(grant, live)
      return reason === undefined ? [] : [{ ...grant, reason }]
    }),
    extra: live.policies.filter(({ name }) => first !== undefined && isPartOf(first, name)).flatMap((policy) => extraOf(policy, needed)),
  }
}

function whyNot(grant: Grant, { policies, boundary }: LivePermissions): string | undefined {
  const deniedBy = policies.find(({ statements }) =>
    statements.some((statement) => statement.effect === 'Deny' && speaksOf(statement, grant)),
  )
  if (deniedBy !== undefined) return `policy "${deniedBy.name}" denies it`
  const allowing = policies.filter((policy) => allows(policy, grant))
  if (allowing.length === 0) return 'no policy allows it'
  if (!allowing.some((policy) => allows(policy, grant, { unconditionally: true }))) {
    return `policy "${allowing[0]?.name ?? ''}" allows it under a condition only`
  }
  return boundary === undefined || allows(boundary, grant) ? undefined : `the permissions boundary "${boundary.name}" does not allow it`
}

function allows(policy: LivePolicy, grant: Grant, options: { readonly unconditionally?: boolean } = {}): boolean {
  return policy.statements.some(
    (statement) =>
      statement.effect === 'Allow' && !(options.unconditionally === true && statement.isConditional) && speaksOf(statement, grant),
  )
}

function speaksOf(statement: LiveStatement, { action, resource }: Grant): boolean {
  const isAction = (pattern: string): boolean => covers(pattern.toLowerCase(), action.toLowerCase())
  const isResource = (pattern: string): boolean => covers(pattern, resource)
  return (
    (statement.notActions.length > 0 ? !statement.notActions.some(isAction) : statement.actions.some(isAction)) &&
    (statement.notResources.length > 0 ? !statement.notResources.some(isResource) : statement.resources.some(isResource))
  )
}

function extraOf(policy: LivePolicy, needed: readonly Grant[]): readonly ExtraGrant[] {
  const given = policy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ actions, resources }) => grantsOf(actions, resources))
  return given
    .filter(
      (grant) =>
        !needed.some((need) => covers(need.action.toLowerCase(), grant.action.toLowerCase()) && covers(need.resource, grant.resource)),
    )
    .map((grant) => ({ ...grant, policy: policy.name }))
}

/** Whether every text the second pattern stands for is one of the first: a `*` takes wildcards as the characters they are written with. */
export function covers(pattern: string, text: string): boolean {
  let patternIndex = 0
  let textIndex = 0
  let star = -1
  let resume = 0
  while (textIndex < text.length) {
    const symbol = pattern[patternIndex]
    if (symbol === '*') {
      star = patternIndex++
      resume = textIndex
    } else if (symbol === text[textIndex] || (symbol === '?' && text[textIndex] !== '*')) {
      patternIndex++
      textIndex++
    } else if (star >= 0) {
      patternIndex = star + 1
      textIndex = ++resume
    } else {
      return false
    }
  }
  while (pattern[patternIndex] === '*') patternIndex++
  return patternIndex === pattern.length
}
