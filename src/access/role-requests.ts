/** May somebody ask for these roles, for how long, and who has to agree? By the `request` sections of their own roles, deny first. */
import type { AccessRequest, ReviewThreshold } from '#resources'
import { parseDuration, PortunusError } from '#foundation'
import type { AccessSubject } from './decision.ts'
import { compileEntries, findEntry, type EntryList, type Side } from './entries.ts'

export interface RoleRequest {
  readonly roles: readonly string[]
  readonly reason: string | undefined
}

export type RequestDecision =
  | { readonly allowed: true; readonly terms: RequestTerms }
  | { readonly allowed: false; readonly reason: string; readonly hint: string }

/** What holds for a request that may be made. */
export interface RequestTerms {
  /** One threshold of every set must be met; without a set one review decides. */
  readonly thresholdSets: AccessRequest['spec']['thresholdSets']
  /** The longest access that the roles provide for; undefined where they say nothing. */
  readonly accessMillisecondsMax: number | undefined
  readonly suggestedReviewers: readonly string[]
}

/** What one role lets its holder ask for. */
interface Section {
  readonly role: string
  readonly allow: EntryList
  readonly thresholds: readonly ReviewThreshold[]
  readonly reasonRequired: boolean
  readonly accessMillisecondsMax: number | undefined
  readonly suggestedReviewers: readonly string[]
}

export const oneReview: ReviewThreshold = { approve: 1, deny: 1 }

/** Which roles of these the subject may ask for; roles already held are left out. */
export function requestableRoles(subject: AccessSubject, names: readonly string[]): readonly string[] {
  const rules = requestRules(subject)
  const held = new Set(subject.roles.map(({ metadata }) => metadata.name))
  return names.filter((name) => !held.has(name) && refusalOf(name, rules) === undefined)
}

/** Every requested role must be allowed by a role of the subject and denied by none. */
export function decideRoleRequest(subject: AccessSubject, request: RoleRequest): RequestDecision {
  if (request.roles.length === 0) return { allowed: false, reason: 'no role is named', hint: 'name the roles with --roles=<name>,<name>' }
  const rules = requestRules(subject)
  for (const name of request.roles) {
    const refusal = refusalOf(name, rules)
    if (refusal !== undefined) return { allowed: false, ...refusal }
  }
  const granting = rules.sections.filter(({ allow }) => request.roles.some((name) => findEntry(allow, [name]) !== undefined))
  return decideTerms(granting, request.reason)
}

/** The terms of all sections that grant a part of the request: the strictest of them together. */
export function decideTerms(granting: readonly Terms[], reason: string | undefined): RequestDecision {
  const demanding = granting.find(({ reasonRequired }) => reasonRequired)
  if (demanding !== undefined && (reason ?? '').trim() === '') {
    return { allowed: false, reason: `the role "${demanding.role}" demands a reason`, hint: 'say why with --reason="..."' }
  }
  const limits = granting.flatMap(({ accessMillisecondsMax }) => (accessMillisecondsMax === undefined ? [] : [accessMillisecondsMax]))
  return {
    allowed: true,
    terms: {
      thresholdSets: granting.map(({ thresholds }) => thresholds),
      accessMillisecondsMax: limits.length === 0 ? undefined : Math.min(...limits),
      suggestedReviewers: [...new Set(granting.flatMap(({ suggestedReviewers }) => suggestedReviewers))],
    },
  }
}

export type Terms = Omit<Section, 'allow'>

interface RequestRules {
  readonly user: string
  readonly sections: readonly Section[]
  readonly denied: readonly { readonly role: string; readonly entries: EntryList }[]
}

function requestRules(subject: AccessSubject): RequestRules {
  return {
    user: subject.user,
    sections: subject.roles.flatMap((role) => {
      const { request } = role.spec.allow
      if (request === undefined) return []
      return [{ ...termsOf(role.metadata.name, request), allow: entriesOf(role.metadata.name, request, 'allow', subject) }]
    }),
    denied: subject.roles.flatMap(({ metadata, spec }) =>
      spec.deny.request === undefined
        ? []
        : [{ role: metadata.name, entries: entriesOf(metadata.name, spec.deny.request, 'deny', subject) }],
    ),
  }
}

function refusalOf(name: string, rules: RequestRules): { readonly reason: string; readonly hint: string } | undefined {
  const denying = rules.denied.find(({ entries }) => findEntry(entries, [name]) !== undefined)
  if (denying !== undefined) {
    return { reason: `the role "${denying.role}" denies requests for the role "${name}"`, hint: 'ask an administrator' }
  }
  if (rules.sections.some(({ allow }) => findEntry(allow, [name]) !== undefined)) return undefined
  return {
    reason: `no role of "${rules.user}" lets you request the role "${name}"`,
    hint: 'see what you may request with: tsh request search --roles',
  }
}

type Document = Readonly<Record<string, unknown>>

function entriesOf(role: string, section: Document, side: Side, { traits }: AccessSubject): EntryList {
  return compileEntries(textsOf(section, 'roles'), { side, role, traits })
}

/** What the `request` section of a role says besides the roles. */
export function termsOf(role: string, section: Document): Terms {
  const { reason, max_duration: duration } = section
  return {
    role,
    thresholds: thresholdsOf(section),
    reasonRequired: typeof reason === 'object' && reason !== null && 'mode' in reason && reason.mode === 'required',
    accessMillisecondsMax: typeof duration === 'string' ? millisecondsOf(duration) : undefined,
    suggestedReviewers: textsOf(section, 'suggested_reviewers'),
  }
}

/** A number that makes no sense counts as one: a threshold of nothing would approve by itself. */
function thresholdsOf({ thresholds }: Document): readonly ReviewThreshold[] {
  const list: readonly unknown[] = Array.isArray(thresholds) ? thresholds : []
  const read = list.flatMap((threshold): readonly ReviewThreshold[] => {
    if (typeof threshold !== 'object' || threshold === null) return []
    const field = (name: string): unknown => Reflect.get(threshold, name)
    const [name, filter] = [field('name'), field('filter')]
    return [
      {
        ...(typeof name === 'string' && name !== '' ? { name } : {}),
        approve: countOf(field('approve')),
        deny: countOf(field('deny')),
        ...(typeof filter === 'string' && filter !== '' ? { filter } : {}),
      },
    ]
  })
  return read.length === 0 ? [oneReview] : read
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1000 ? value : 1
}

/** A duration nobody can read allows no time at all rather than any. */
function millisecondsOf(text: string): number | undefined {
  if (text.trim() === '') return undefined
  try {
    const milliseconds = parseDuration(text)
    return milliseconds > 0 ? milliseconds : undefined
  } catch (error) {
    if (error instanceof PortunusError) return 0
    throw error
  }
}

export function textsOf(section: Document, field: string): readonly string[] {
  const value = section[field]
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
