/** Matchers of AWS resources: which types, where, with which tags, through which role. */
import * as z from 'zod/mini'
import { isRegion, parseRoleArn } from '#aws-model'
import type { AwsMatcher, AwsMatcherType } from './configuration.ts'
import { anyText, anything, list, oneOf, oneOrMany, optional, record, refuse, scalar, section, text, withDefault } from './schema.ts'

export const awsMatcherTypes = ['rds', 'rdsproxy', 'redshift', 'redshift-serverless'] as const satisfies readonly AwsMatcherType[]

const roleArnText = scalar('the ARN of a role such as arn:aws:iam::123456789012:role/my-role', (value) =>
  parseRoleArn(value) === undefined ? undefined : value,
)

// AWS STS API Reference, AssumeRole, parameter ExternalId.
const externalIdText = scalar('2 to 1224 letters, digits and characters of +=,.@:/-_', (value) =>
  /^[\w+=,.@:/-]{2,1224}$/.test(value) ? value : undefined,
)

const region = scalar('an AWS region such as us-east-1', (value) => (isRegion(value) ? value : undefined))

/** Values under names; a text stands for a list of it. */
export const selector = record(oneOrMany(anyText))

const keys = {
  types: list(oneOf(...awsMatcherTypes)),
  regions: list(region),
  tags: optional(selector),
  assume_role_arn: optional(roleArnText),
  external_id: optional(externalIdText),
}

/** Services whose users are IAM roles: there the external id goes to the role of the user, so no other role is needed. */
const roleOnlyTypes: ReadonlySet<AwsMatcherType> = new Set(['redshift-serverless'])

function finished(matcher: z.output<ReturnType<typeof section<typeof keys>>>, context: z.core.ParsePayload): AwsMatcher {
  if (matcher.types.length === 0) refuse(context, ['types'], `expected one or more of ${awsMatcherTypes.join(', ')}`)
  if (matcher.regions.length === 0) refuse(context, ['regions'], 'expected one or more regions such as us-east-1')
  const needsRole = matcher.types.some((type) => !roleOnlyTypes.has(type))
  if (matcher.external_id !== undefined && matcher.assume_role_arn === undefined && needsRole) {
    refuse(context, ['external_id'], 'expected assume_role_arn beside it: an external id is for a role')
  }
  return {
    types: matcher.types,
    regions: matcher.regions,
    tags: matcher.tags === undefined || Object.keys(matcher.tags).length === 0 ? { '*': ['*'] } : matcher.tags,
    assumeRoleArn: matcher.assume_role_arn,
    externalId: matcher.external_id,
  }
}

/** An entry of `db_service.aws`. */
export const awsMatcherSchema = z.pipe(
  section(keys),
  z.transform((matcher, context) => finished(matcher, context)),
)

/** An entry of `discovery_service.aws`; the keys of other kinds of resources are accepted. */
export const discoveryMatcherSchema = z.pipe(
  section({ ...keys, integration: optional(text), install: anything, ssm: anything }),
  z.transform((matcher, context) => finished(matcher, context)),
)

/** `aws` of a resource matcher: the pair that replaces the database's own. */
export const roleOverride = withDefault(section({ assume_role_arn: optional(roleArnText), external_id: optional(externalIdText) }), {
  assume_role_arn: undefined,
  external_id: undefined,
})
