/** Redshift GetClusterCredentials: a temporary password for a database user (Amazon Redshift API reference). */
import { authorize } from '../authorize.ts'
import { notInTheLab } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { clusterResourceArn } from '../world.ts'
import { checkDatabaseName, checkDatabaseUser, passwordSeconds } from './database-names.ts'
import { findCluster } from './find-cluster.ts'

export const getClusterCredentials: AwsOperation = { action: 'GetClusterCredentials', answer: answerGetClusterCredentials }

/** Succeeds for a user that does not exist in the database: only the login fails then, as at AWS. */
function answerGetClusterCredentials(call: AwsCall) {
  const { parameters, databasePasswords, now } = call
  if (parameters.optional('CustomDomainName') !== undefined) throw notInTheLab('custom domain names')
  if (parameters.anyStartingWith('DbGroups.')) throw notInTheLab('database groups')
  const clusterId = parameters.required('ClusterIdentifier')
  const databaseUser = parameters.required('DbUser')
  const databaseName = parameters.optional('DbName')
  const autoCreate = parameters.boolean('AutoCreate')
  checkDatabaseUser(databaseUser)
  if (databaseName !== undefined) checkDatabaseName(databaseName)
  const seconds = passwordSeconds(parameters)
  authorizeCall(call, { clusterId, databaseUser, databaseName, autoCreate, seconds })
  const cluster = findCluster(call, clusterId)
  const grant = databasePasswords.issue(
    {
      clusterId: cluster.id,
      loginName: `${autoCreate ? 'IAMA' : 'IAM'}:${databaseUser}`,
      databaseUser,
      databaseName,
      createUser: autoCreate,
      seconds,
    },
    now,
  )
  return { DbUser: grant.loginName, DbPassword: grant.password.reveal(), Expiration: grant.expires.toISOString() }
}

interface CredentialsRequest {
  readonly clusterId: string
  readonly databaseUser: string
  readonly databaseName: string | undefined
  readonly autoCreate: boolean
  readonly seconds: number
}

/** Service authorization reference, Amazon Redshift: one action per thing asked for, each on its own resource. */
function authorizeCall(call: AwsCall, request: CredentialsRequest): void {
  const { world, principal, region } = call
  const { clusterId, databaseUser, databaseName, autoCreate, seconds } = request
  const place = { accountId: principal.account.id, region, clusterId }
  const userResource = clusterResourceArn(world, { ...place, kind: 'dbuser', name: databaseUser })
  const context = {
    'redshift:DbUser': databaseUser,
    'redshift:DurationSeconds': String(seconds),
    ...(databaseName === undefined ? {} : { 'redshift:DbName': databaseName }),
  }
  authorize(call, { action: 'redshift:GetClusterCredentials', resource: userResource, context })
  if (databaseName !== undefined) {
    const resource = clusterResourceArn(world, { ...place, kind: 'dbname', name: databaseName })
    authorize(call, { action: 'redshift:GetClusterCredentials', resource, context })
  }
  if (autoCreate) authorize(call, { action: 'redshift:CreateClusterUser', resource: userResource, context })
}
