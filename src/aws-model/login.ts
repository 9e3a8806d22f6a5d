/** Which kind of AWS database it is, where it lives, and whether a database user means a user or an IAM role. */
import { PortunusError } from '#foundation'
import { quote, type Database } from '#resources'
import { isAccountId, isRegion, parseRoleArn, parseRoleResource, type RoleArn } from './arn.ts'
import { awsServiceOf, parseRedshiftEndpoint } from './endpoint.ts'

export type DatabaseKind = 'redshift' | 'redshift-serverless' | 'rds' | 'postgres'

/** A role as a person names it: in full, or by path and name in an account still to be found. */
export type RoleReference =
  | { readonly kind: 'arn'; readonly arn: RoleArn }
  | { readonly kind: 'name'; readonly path: string; readonly name: string }

export type Login =
  | { readonly kind: 'database-user'; readonly userName: string }
  | { readonly kind: 'iam-role'; readonly role: RoleReference }

/** Where a value was found, for messages that have to say why a wrong one was used. */
export type Origin = 'configuration' | 'endpoint'

/** A provisioned cluster as the API names it. What nobody said stays undefined. */
export interface ClusterLocation {
  readonly clusterId: string
  readonly clusterIdFrom: Origin
  readonly region: string | undefined
  readonly regionFrom: Origin | undefined
  readonly accountId: string | undefined
}

/** A cluster id in the configuration decides; otherwise the host name does. */
export function databaseKindOf(database: Database): DatabaseKind {
  if (isGiven(database.spec.aws.redshift.clusterId)) return 'redshift'
  return awsServiceOf(database.spec.uri) ?? 'postgres'
}

/**
 * Reads a database user. On a provisioned cluster a full role ARN or `role/<name>` is an IAM role and all else a user;
 * Redshift Serverless knows roles only, so a bare name is a role there; elsewhere everything is a user.
 * Throws AWS_ROLE_MALFORMED for a role that IAM could not have.
 */
export function chooseLogin(database: Database, databaseUser: string): Login {
  const kind = databaseKindOf(database)
  switch (kind) {
    case 'redshift':
      return isRoleLike(databaseUser)
        ? { kind: 'iam-role', role: roleReference(databaseUser) }
        : { kind: 'database-user', userName: databaseUser }
    case 'redshift-serverless':
      return { kind: 'iam-role', role: roleReference(databaseUser, { bareNames: true }) }
    case 'rds':
    case 'postgres':
      return { kind: 'database-user', userName: databaseUser }
  }
  kind satisfies never
}

/**
 * Finds the cluster of a provisioned Redshift database: fields of the configuration first, then the host name.
 * Throws AWS_CLUSTER_ID_MISSING, AWS_REGION_MALFORMED, AWS_ACCOUNT_ID_MALFORMED or AWS_ENDPOINT_MALFORMED.
 */
export function locateCluster(database: Database): ClusterLocation {
  const { aws, uri } = database.spec
  const given = { clusterId: presence(aws.redshift.clusterId), region: presence(aws.region), accountId: presence(aws.accountId) }
  // With everything given, even a host name of a strange form under amazonaws.com is fine.
  const endpoint = given.clusterId !== undefined && given.region !== undefined ? undefined : parseRedshiftEndpoint(uri)
  const clusterId = given.clusterId ?? (endpoint?.kind === 'cluster' ? endpoint.clusterId : undefined)
  if (clusterId === undefined) throw clusterIdMissing(database)
  const region = given.region ?? endpoint?.region
  if (region !== undefined && !isRegion(region)) throw regionMalformed(database, region)
  if (given.accountId !== undefined && !isAccountId(given.accountId)) throw accountIdMalformed(database, given.accountId)
  return {
    clusterId,
    clusterIdFrom: given.clusterId === undefined ? 'endpoint' : 'configuration',
    region,
    regionFrom: region === undefined ? undefined : given.region === undefined ? 'endpoint' : 'configuration',
    accountId: given.accountId,
  }
}

function isRoleLike(databaseUser: string): boolean {
  return databaseUser.startsWith('role/') || /^arn:[a-z0-9-]+:iam:[^:]*:[^:]*:role\//.test(databaseUser)
}

function roleReference(text: string, options: { readonly bareNames: boolean } = { bareNames: false }): RoleReference {
  const arn = parseRoleArn(text)
  if (arn !== undefined) return { kind: 'arn', arn }
  const isBare = options.bareNames && !text.startsWith('role/')
  const parts = parseRoleResource(isBare ? `role/${text}` : text)
  if (parts !== undefined) return { kind: 'name', ...parts }
  throw roleMalformed(`Cannot use ${quote(text)} as an IAM role: it is neither role/<name> nor the ARN of a role`)
}

/** AWS_ROLE_MALFORMED, for a text that is no role where a role is expected. */
export function roleMalformed(message: string): PortunusError {
  return new PortunusError('AWS_ROLE_MALFORMED', message, {
    category: 'bad-input',
    sqlState: '28000',
    hint: 'write it like role/my-iam-role or arn:aws:iam::123456789012:role/my-iam-role',
  })
}

function clusterIdMissing(database: Database): PortunusError {
  const message = `Cannot find the Redshift cluster of database ${quote(database.metadata.name)}: the address "${database.spec.uri}" does not name one`
  return new PortunusError('AWS_CLUSTER_ID_MISSING', message, {
    category: 'bad-input',
    hint: 'set aws.redshift.cluster_id (and aws.region) on the database',
  })
}

function regionMalformed(database: Database, region: string): PortunusError {
  return new PortunusError(
    'AWS_REGION_MALFORMED',
    `Cannot use the AWS region "${region}" of database ${quote(database.metadata.name)}: no region looks like this`,
    {
      category: 'bad-input',
      hint: 'set aws.region to a region such as us-east-1',
    },
  )
}

function accountIdMalformed(database: Database, accountId: string): PortunusError {
  const message = `Cannot use the AWS account "${accountId}" of database ${quote(database.metadata.name)}: an account id has 12 digits`
  return new PortunusError('AWS_ACCOUNT_ID_MALFORMED', message, {
    category: 'bad-input',
    hint: 'set aws.account_id to 12 digits in quotes, such as "123456789012"',
  })
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

function presence(text: string | undefined): string | undefined {
  return isGiven(text) ? text : undefined
}
