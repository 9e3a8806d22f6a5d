/** From a database, a database user and a person to the exact AWS calls that sign in to Redshift. Decides; performs nothing. */
import { PortunusError } from '#foundation'
import { quote, type Database } from '#resources'
import { parseRoleArn, partitionOf, roleArn, type RoleArn } from './arn.ts'
import { validateDatabaseName, validateDatabaseUserName } from './database-names.ts'
import { chooseLogin, databaseKindOf, locateCluster, roleMalformed, type ClusterLocation, type RoleReference } from './login.ts'
import { roleSessionName } from './role-session-name.ts'

/** One AssumeRole call. The external id is sent once, on the first hop. */
export interface RoleHop {
  /** Named without an account only when nothing but the caller's own identity can say which account. */
  readonly role: RoleReference
  readonly externalId: string | undefined
  readonly sessionName: string
  /** Which setting asked for this hop. */
  readonly reason: 'assume_role_arn' | 'database user'
}

interface PlanBase {
  /** The name of the database resource, for messages. */
  readonly database: string
  readonly cluster: ClusterLocation
  readonly hops: readonly RoleHop[]
  readonly databaseName: string
  readonly person: string
  readonly sessionId: string | undefined
}

/** What to do to sign in: assume the roles in order, then make the one call. */
export type RedshiftLoginPlan =
  | (PlanBase & { readonly kind: 'database-user'; readonly call: 'GetClusterCredentials'; readonly databaseUser: string })
  | (PlanBase & { readonly kind: 'iam-role'; readonly call: 'GetClusterCredentialsWithIAM' })

export interface RedshiftLoginRequest {
  readonly database: Database
  /** As the person asked for it: `alice`, `role/my-iam-role` or a role's ARN. */
  readonly databaseUser: string
  readonly databaseName: string
  readonly person: string
  readonly sessionId?: string | undefined
}

/**
 * Plans the sign-in to a provisioned Redshift cluster, as a database user or as an IAM role (guide, step 3).
 * Throws, before AWS is asked anything: DATABASE_USER_MALFORMED, DATABASE_NAME_MALFORMED, AWS_ROLE_MALFORMED,
 * AWS_ROLE_PARTITION_MISMATCH, AWS_ROLE_ACCOUNT_MISMATCH, AWS_DATABASE_KIND_UNSUPPORTED and what `locateCluster` throws.
 */
export function planRedshiftLogin(request: RedshiftLoginRequest): RedshiftLoginPlan {
  const { database, person } = request
  if (databaseKindOf(database) !== 'redshift') throw kindUnsupported(database)
  validateDatabaseName(request.databaseName)
  const cluster = locateCluster(database)
  const login = chooseLogin(database, request.databaseUser)
  const through = throughRole(database, cluster)
  const roles: readonly Pick<RoleHop, 'role' | 'reason'>[] = [
    ...(through === undefined ? [] : [{ role: { kind: 'arn', arn: through }, reason: 'assume_role_arn' } as const]),
    ...(login.kind === 'iam-role'
      ? [{ role: locateRole(login.role, { database, cluster, through }), reason: 'database user' } as const]
      : []),
  ]
  const sessionName = roleSessionName(person)
  const externalId = database.spec.aws.externalId === '' ? undefined : database.spec.aws.externalId
  const hops = roles.map((role, index) => ({ ...role, externalId: index === 0 ? externalId : undefined, sessionName }))
  const { databaseName, sessionId } = request
  const base = { database: database.metadata.name, cluster, hops, databaseName, person, sessionId }
  if (login.kind === 'iam-role') return { ...base, kind: 'iam-role', call: 'GetClusterCredentialsWithIAM' }
  validateDatabaseUserName(login.userName)
  return { ...base, kind: 'database-user', call: 'GetClusterCredentials', databaseUser: login.userName }
}

/** The ARN of a planned role; `caller` fills in the account and the partition when the plan could not. */
export function completeRole(role: RoleReference, caller: { readonly partition: string; readonly accountId: string }): RoleArn {
  return role.kind === 'arn' ? role.arn : roleArn({ ...caller, path: role.path, name: role.name })
}

/** The role of `aws.assume_role_arn`, checked against the region's partition. */
function throughRole(database: Database, cluster: ClusterLocation): RoleArn | undefined {
  const text = database.spec.aws.assumeRoleArn
  if (text === undefined || text === '') return undefined
  const arn = parseRoleArn(text)
  if (arn === undefined) {
    throw roleMalformed(
      `Cannot use ${quote(text)} as aws.assume_role_arn of database ${quote(database.metadata.name)}: it is not the ARN of a role`,
    )
  }
  checkPartition(arn, cluster)
  return arn
}

interface RolePlace {
  readonly database: Database
  readonly cluster: ClusterLocation
  readonly through: RoleArn | undefined
}

/** Account of the database, else of the role in between, else left to the caller's identity (facts: building the role ARN). */
function locateRole(role: RoleReference, place: RolePlace): RoleReference {
  const { cluster, through } = place
  if (role.kind === 'arn') {
    checkPartition(role.arn, cluster)
    checkAccount(role.arn, cluster)
    return role
  }
  const accountId = cluster.accountId ?? through?.accountId
  const partition = cluster.region === undefined ? through?.partition : partitionOf(cluster.region)
  if (accountId === undefined || partition === undefined) return role
  return { kind: 'arn', arn: roleArn({ partition, accountId, path: role.path, name: role.name }) }
}

function checkPartition(role: RoleArn, cluster: ClusterLocation): void {
  if (cluster.region === undefined) return
  const expected = partitionOf(cluster.region)
  if (role.partition === expected) return
  const message = `Cannot use the IAM role "${role.text}": it is in the AWS partition ${role.partition} and region ${cluster.region} is in ${expected}`
  throw new PortunusError('AWS_ROLE_PARTITION_MISMATCH', message, {
    category: 'bad-input',
    sqlState: '28000',
    hint: `use a role of the partition ${expected}, such as arn:${expected}:iam::123456789012:role/${role.name}`,
  })
}

function checkAccount(role: RoleArn, cluster: ClusterLocation): void {
  if (cluster.accountId === undefined || role.accountId === cluster.accountId) return
  const message = `Cannot use the IAM role "${role.text}": it is in the AWS account ${role.accountId} and the database is in ${cluster.accountId}`
  throw new PortunusError('AWS_ROLE_ACCOUNT_MISMATCH', message, {
    category: 'bad-input',
    sqlState: '28000',
    hint: `use a role of the account ${cluster.accountId}, for example with --db-user=role/${role.name}`,
  })
}

function kindUnsupported(database: Database): PortunusError {
  const kind = databaseKindOf(database)
  return new PortunusError(
    'AWS_DATABASE_KIND_UNSUPPORTED',
    `Cannot sign in to database ${quote(database.metadata.name)} with Redshift credentials: it is a ${kind} database`,
    { category: 'unsupported', hint: 'set aws.redshift.cluster_id if it is a provisioned Redshift cluster behind a name of your own' },
  )
}
