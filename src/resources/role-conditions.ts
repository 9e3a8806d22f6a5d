/** The allow and deny halves of a role: labels, database users and names, rules over resources, and request conditions. */
import * as z from 'zod/mini'
import type { ResourceDocument } from './document.ts'
import { filledText, filled, listsByName, optional, present, section, text, textList, withFallback } from './fields.ts'

/** Values wanted under label keys: every key must be present, any of its values must match. */
export type LabelSelector = Readonly<Record<string, readonly string[]>>

export interface Rule {
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** A condition in the predicate language. */
  readonly where?: string
}

export interface RoleConditions {
  readonly dbLabels: LabelSelector
  /** A condition in the predicate language over the labels of the database. */
  readonly dbLabelsExpression?: string
  readonly dbServiceLabels?: LabelSelector
  readonly dbUsers: readonly string[]
  readonly dbNames: readonly string[]
  readonly dbRoles: readonly string[]
  readonly rules: readonly Rule[]
  /** The `request` section as its document has it, known keys only. */
  readonly request?: ResourceDocument
  /** The `review_requests` section as its document has it, known keys only. */
  readonly reviewRequests?: ResourceDocument
}

export const noConditions: RoleConditions = { dbLabels: {}, dbUsers: [], dbNames: [], dbRoles: [], rules: [] }

const expressionLengthMax = 4096

const ruleSchema: z.ZodMiniType<Rule> = z.pipe(
  section({ resources: textList(), verbs: textList(), where: optional(filledText(expressionLengthMax)) }),
  z.transform(present),
)

const requestSchema = z.pipe(
  section({
    roles: optional(textList()),
    search_as_roles: optional(textList()),
    suggested_reviewers: optional(textList()),
    max_duration: optional(text(64)),
    annotations: optional(listsByName()),
    thresholds: optional(
      z.array(
        z.pipe(
          section({
            name: optional(text()),
            approve: optional(z.number()),
            deny: optional(z.number()),
            filter: optional(text(expressionLengthMax)),
          }),
          z.transform(present),
        ),
      ),
    ),
    reason: optional(z.pipe(section({ mode: optional(z.literal(['optional', 'required'])) }), z.transform(present))),
  }),
  z.transform((request): ResourceDocument => present(request)),
)

const reviewRequestsSchema = z.pipe(
  section({
    roles: optional(textList()),
    preview_as_roles: optional(textList()),
    where: optional(text(expressionLengthMax)),
  }),
  z.transform((review): ResourceDocument => present(review)),
)

export const roleConditionsSchema: z.ZodMiniType<RoleConditions & { readonly labelsGiven: boolean }> = z.pipe(
  section({
    db_labels: optional(listsByName()),
    db_labels_expression: optional(filledText(expressionLengthMax)),
    db_service_labels: optional(listsByName()),
    db_users: withFallback(textList(), []),
    db_names: withFallback(textList(), []),
    db_roles: withFallback(textList(), []),
    rules: withFallback(z.array(ruleSchema), []),
    request: optional(requestSchema),
    review_requests: optional(reviewRequestsSchema),
  }),
  z.transform((conditions) => ({
    ...present({
      dbLabels: conditions.db_labels ?? {},
      dbLabelsExpression: conditions.db_labels_expression,
      dbServiceLabels: conditions.db_service_labels,
      dbUsers: conditions.db_users,
      dbNames: conditions.db_names,
      dbRoles: conditions.db_roles,
      rules: conditions.rules,
      request: conditions.request,
      reviewRequests: conditions.review_requests,
    }),
    labelsGiven: conditions.db_labels !== undefined || conditions.db_labels_expression !== undefined,
  })),
)

/** The section without its empty parts. `keepEmptyLabels` prints `db_labels: {}` where leaving it out would mean something else. */
export function printRoleConditions(conditions: RoleConditions, options: { readonly keepEmptyLabels: boolean }): ResourceDocument {
  const { dbServiceLabels, request, reviewRequests } = conditions
  return {
    ...(options.keepEmptyLabels ? { db_labels: printSelector(conditions.dbLabels) } : {}),
    ...filled({
      db_labels: printSelector(conditions.dbLabels),
      db_labels_expression: conditions.dbLabelsExpression,
      db_users: conditions.dbUsers,
      db_names: conditions.dbNames,
      db_roles: conditions.dbRoles,
      rules: conditions.rules,
    }),
    ...(dbServiceLabels === undefined ? {} : { db_service_labels: printSelector(dbServiceLabels) }),
    ...(request === undefined ? {} : { request }),
    ...(reviewRequests === undefined ? {} : { review_requests: reviewRequests }),
  }
}

/** `env: [prod]` prints as `env: prod`, the way people write it. */
export function printSelector(selector: LabelSelector): ResourceDocument {
  return Object.fromEntries(Object.entries(selector).map(([key, values]) => [key, values.length === 1 ? values[0] : values]))
}
