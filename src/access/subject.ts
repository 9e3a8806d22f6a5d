/** Subjects made ready for many questions: templates filled, patterns compiled, once per subject instead of once per database. */
import type { RoleConditions, Rule } from '#resources'
import type { AccessSubject } from './decision.ts'
import { compileEntries, mergeEntries, type EntryContext, type EntryList } from './entries.ts'
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
  /** The entries of all roles put together, whatever their labels. */
  readonly all: { readonly allow: MergedEntries; readonly deny: MergedEntries }
}

export interface MergedEntries {
  readonly databaseUsers: EntryList
  readonly databaseNames: EntryList
}

export type Subject = AccessSubject | CompiledSubject

/** The subject in the form that every decision takes as well; worth it from the second question on. */
export function compileSubject(subject: Subject): CompiledSubject {
  if ('kind' in subject) return subject
  const roles = subject.roles.map(({ metadata, spec }) => {
    const context = { role: metadata.name, traits: subject.traits }
    return {
      name: metadata.name,
      allow: compileConditions(spec.allow, { ...context, side: 'allow' }),
      deny: compileConditions(spec.deny, { ...context, side: 'deny' }),
      requireSessionMfa: spec.options.requireSessionMfa ?? false,
    }
  })
  return {
    kind: 'compiled-subject',
    user: subject.user,
    roles,
    sessionMfaVerified: subject.sessionMfaVerified ?? false,
    all: { allow: merge(roles.map(({ allow }) => allow)), deny: merge(roles.map(({ deny }) => deny)) },
  }
}

function merge(halves: readonly CompiledConditions[]): MergedEntries {
  return {
    databaseUsers: mergeEntries(halves.map(({ databaseUsers }) => databaseUsers)),
    databaseNames: mergeEntries(halves.map(({ databaseNames }) => databaseNames)),
  }
}

function compileConditions(conditions: RoleConditions, context: EntryContext): CompiledConditions {
  const expression = conditions.dbLabelsExpression
  // Whether a database folds names is not known here, so a deny list must not be dodged by other letters for the same user.
  const nameContext = { ...context, ignoreCase: context.side === 'deny' }
  return {
    labels: compileLabels(conditions.dbLabels, { ...context, expression }),
    hasLabelsExpression: expression !== undefined,
    databaseUsers: compileEntries(conditions.dbUsers, nameContext),
    databaseNames: compileEntries(conditions.dbNames, nameContext),
    rules: conditions.rules,
  }
}
