/** Subjects made ready for many questions: templates filled, patterns compiled, once per subject instead of once per database. */
import type { RoleConditions, Rule, Traits } from '#resources'
import type { AccessSubject } from './decision.ts'
import { compileEntries, type EntryList, type Side } from './entries.ts'
import { compileLabels, type LabelMatcher } from './labels.ts'

export interface CompiledConditions {
  readonly labels: LabelMatcher
  /** The role has a labels expression, which is not evaluated. */
  readonly hasLabelsExpression: boolean
  readonly databaseUsers: EntryList
  readonly databaseNames: EntryList
  readonly rules: readonly Rule[]
}

export interface CompiledRole {
  readonly name: string
  readonly allow: CompiledConditions
  readonly deny: CompiledConditions
  readonly requireSessionMfa: boolean
}

/** Made by `compileSubject` only. */
export interface CompiledSubject {
  readonly kind: 'compiled-subject'
  readonly user: string
  readonly roles: readonly CompiledRole[]
  readonly sessionMfaVerified: boolean
}

export type Subject = AccessSubject | CompiledSubject

/** The subject in the form that every decision takes as well; worth it from the second question on. */
export function compileSubject(subject: Subject): CompiledSubject {
  if ('kind' in subject) return subject
  return {
    kind: 'compiled-subject',
    user: subject.user,
    sessionMfaVerified: subject.sessionMfaVerified ?? false,
    roles: subject.roles.map(({ metadata, spec }) => ({
      name: metadata.name,
      allow: compileConditions(spec.allow, { side: 'allow', traits: subject.traits }),
      deny: compileConditions(spec.deny, { side: 'deny', traits: subject.traits }),
      requireSessionMfa: spec.options.requireSessionMfa ?? false,
    })),
  }
}

function compileConditions(conditions: RoleConditions, options: { readonly side: Side; readonly traits: Traits }): CompiledConditions {
  const expression = conditions.dbLabelsExpression
  return {
    labels: compileLabels(conditions.dbLabels, { ...options, expression }),
    hasLabelsExpression: expression !== undefined,
    databaseUsers: compileEntries(conditions.dbUsers, options),
    databaseNames: compileEntries(conditions.dbNames, options),
    rules: conditions.rules,
  }
}
