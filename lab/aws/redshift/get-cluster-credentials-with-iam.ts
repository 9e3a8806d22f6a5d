/** Redshift GetClusterCredentialsWithIAM: a temporary password for the caller itself, one IAM identity to one database user (Amazon Redshift API reference). */
import { authorize } from '../authorize.ts'
import { notInTheLab } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { clusterResourceArn } from '../world.ts'
import { checkDatabaseName, passwordSeconds } from './database-names.ts'
import { findCluster } from './find-cluster.ts'

export const getClusterCredentialsWithIam: AwsOperation = {
  action: 'GetClusterCredentialsWithIAM',
  answer: answerGetClusterCredentialsWithIam,
}

/** The database user is `IAMR:<role name>` or `IAM:<user name>`, word for word; it is created at the first login, with the rights of PUBLIC. */
function answerGetClusterCredentialsWithIam(call: AwsCall) {
  const { world, principal, region, parameters, databasePasswords, now } = call
  if (parameters.optional('CustomDomainName') !== undefined) throw notInTheLab('custom domain names')
  const clusterId = parameters.required('ClusterIdentifier')
  const databaseName = parameters.optional('DbName')
  if (databaseName !== undefined) checkDatabaseName(databaseName)
  const seconds = passwordSeconds(parameters)
  authorize(call, {
    action: 'redshift:GetClusterCredentialsWithIAM',
    resource: clusterResourceArn(world, { accountId: principal.account.id, region, kind: 'dbname', clusterId, name: databaseName ?? '*' }),
    context: { 'redshift:DurationSeconds': String(seconds), ...(databaseName === undefined ? {} : { 'redshift:DbName': databaseName }) },
  })
  const cluster = findCluster(call, clusterId)
  const loginName = principal.kind === 'user' ? `IAM:${principal.user.name}` : `IAMR:${principal.role.name}`
  const grant = databasePasswords.issue(
    { clusterId: cluster.id, loginName, databaseUser: loginName, databaseName, createUser: true, seconds },
    now,
  )
  return {
    DbUser: grant.loginName,
    DbPassword: grant.password.reveal(),
    Expiration: grant.expires.toISOString(),
    NextRefreshTime: new Date(now.getTime() + (seconds * 1000) / 2).toISOString(),
  }
}
