/** May somebody do this to resources of this kind? By the rules of their roles, deny first. */
import type { Rule } from '#resources'
import type { AccessDecision } from './decision.ts'
import * as refusal from './refusals.ts'
import { compileSubject, type Subject } from './subject.ts'

export interface OperationRequest {
  readonly resource: string
  readonly verb: string
  /** The session in question, where the resource is one; a condition about it is not met without. */
  readonly session?: { readonly participants: readonly string[] }
}

type Condition = 'none' | 'participates' | 'unknown'

/**
 * Whether the rules of the subject's roles let them do it. A rule with a `where` that is not understood never grants,
 * and in a deny half always denies. `readnosecrets` is part of `read`.
 */
export function decideOperation(subject: Subject, request: OperationRequest): AccessDecision {
  const { roles, user } = compileSubject(subject)
  if (roles.length === 0) return refusal.noRoles(user)
  const denying = roles.find((role) => role.deny.rules.some((rule) => denies(rule, { request, user })))
  if (denying !== undefined) return refusal.deniedOperation(denying.name, request)
  const granting = roles.find((role) => role.allow.rules.some((rule) => grants(rule, { request, user })))
  return granting === undefined ? refusal.operation(request) : { allowed: true, grantedBy: granting.name }
}

/** What the `where` of a rule says; `unknown` is what we do not evaluate. */
export function conditionOf(rule: Rule): Condition {
  if (rule.where === undefined) return 'none'
  return /^\s*contains\(\s*session\.participants\s*,\s*user\.metadata\.name\s*\)\s*$/.test(rule.where) ? 'participates' : 'unknown'
}

interface Question {
  readonly request: OperationRequest
  readonly user: string
}

function grants(rule: Rule, { request, user }: Question): boolean {
  if (!names(rule.resources, request.resource)) return false
  const isRead = request.verb === 'readnosecrets' && rule.verbs.includes('read')
  if (!names(rule.verbs, request.verb) && !isRead) return false
  const condition = conditionOf(rule)
  return condition === 'none' || (condition === 'participates' && (request.session?.participants.includes(user) ?? false))
}

function denies(rule: Rule, { request, user }: Question): boolean {
  if (!names(rule.resources, request.resource)) return false
  // Whoever may not see a resource without its secrets may not see it with them, and the other way about.
  const reads = ['read', 'readnosecrets']
  const isRead = reads.includes(request.verb) && rule.verbs.some((verb) => reads.includes(verb))
  if (!names(rule.verbs, request.verb) && !isRead) return false
  return conditionOf(rule) !== 'participates' || (request.session?.participants.includes(user) ?? true)
}

function names(list: readonly string[], wanted: string): boolean {
  return list.includes(wanted) || list.includes('*')
}
