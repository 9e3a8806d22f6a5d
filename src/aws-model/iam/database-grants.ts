/** The grants a database or a matcher needs: exact ARNs where the configuration names them, wildcards only for what it leaves open. */
import type { Database } from '#resources'
import { partitionOf } from '../arn.ts'
import { parseRdsEndpoint, parseRedshiftEndpoint } from '../endpoint.ts'
import { databaseKindOf, locateCluster } from '../login.ts'
import { actionsOfType, type IamDatabaseType } from './database-types.ts'
import { grantsOf, type Grant } from './grants.ts'
import type { IamIdentity } from './identity.ts'
import type { IamMatcher } from './scope.ts'

/** What a static database needs; undefined for databases outside AWS. Throws what `locateCluster` throws for a Redshift database that names no cluster. */
export function databaseGrants(database: Database, identity: IamIdentity): readonly Grant[] | undefined {
  const kind = databaseKindOf(database)
  switch (kind) {
    case 'redshift':
      return typed('redshift', redshiftResources(database, identity))
    case 'redshift-serverless':
      return serverlessGrants(database)
    case 'rds':
      return rdsGrants(database, identity)
    case 'postgres':
      return undefined
  }
  kind satisfies never
}

/** Discovery, metadata and login of every database a matcher may find. */
export function matcherGrants(matcher: IamMatcher, identity: IamIdentity): readonly Grant[] {
  return matcher.types.flatMap((type) => {
    const { discovery, metadata, login } = actionsOfType[type]
    return [...grantsOf([...discovery, ...metadata], ['*']), ...grantsOf(login, loginResources(type, matcher.regions, identity))]
  })
}

function loginResources(type: IamDatabaseType, regions: readonly string[], identity: IamIdentity): readonly string[] {
  // Without a region nothing is gained by an ARN: it would be all wildcards.
  if (regions.length === 0) return ['*']
  return regions.flatMap((region) => {
    const place = `${partitionOf(region)}:%:${region}:${identity.accountId ?? '*'}`
    switch (type) {
      case 'redshift':
        return ['dbuser', 'dbname'].map((resource) => `arn:${place.replace('%', 'redshift')}:${resource}:*`)
      case 'rds':
        return [`arn:${place.replace('%', 'rds-db')}:dbuser:*`]
      case 'rdsproxy':
        return [`arn:${place.replace('%', 'rds-db')}:dbuser:prx-*`]
      case 'redshift-serverless':
        return []
    }
    return type satisfies never
  })
}

/** Users and names of the cluster only: groups are never asked for (Amazon Redshift API reference, GetClusterCredentials). */
function redshiftResources(database: Database, identity: IamIdentity): readonly string[] {
  const { clusterId, region, accountId } = locateCluster(database)
  const partition = region === undefined ? (identity.partition ?? 'aws') : partitionOf(region)
  const account = identity.accountId ?? accountId ?? '*'
  return ['dbuser', 'dbname'].map((kind) => `arn:${partition}:redshift:${region ?? '*'}:${account}:${kind}:${clusterId}/*`)
}

/** The id of a workgroup is not its name and is in no address, so all of the account's workgroups in the region are named. */
function serverlessGrants(database: Database): readonly Grant[] {
  const endpoint = parseRedshiftEndpoint(database.spec.uri)
  const region = database.spec.aws.region ?? endpoint?.region ?? '*'
  const account = endpoint !== undefined && 'accountId' in endpoint ? endpoint.accountId : (database.spec.aws.accountId ?? '*')
  const place = `arn:${partitionOf(region)}:redshift-serverless:${region}:${account}`
  return [
    ...grantsOf(['redshift-serverless:GetWorkgroup'], [`${place}:workgroup/*`]),
    ...grantsOf(['redshift-serverless:GetEndpointAccess'], [`${place}:managedvpcendpoint/*`]),
  ]
}

/** The resource id of an instance is in no address either; region, account and kind narrow it down. */
function rdsGrants(database: Database, identity: IamIdentity): readonly Grant[] {
  const endpoint = parseRdsEndpoint(database.spec.uri)
  const region = database.spec.aws.region ?? endpoint?.region ?? '*'
  const account = identity.accountId ?? database.spec.aws.accountId ?? '*'
  const isProxy = endpoint?.kind === 'proxy' || endpoint?.kind === 'proxy-endpoint'
  return typed(isProxy ? 'rdsproxy' : 'rds', [`arn:${partitionOf(region)}:rds-db:${region}:${account}:dbuser:${isProxy ? 'prx-*' : '*'}`])
}

function typed(type: IamDatabaseType, loginOn: readonly string[]): readonly Grant[] {
  const { metadata, login } = actionsOfType[type]
  return [...grantsOf(metadata, ['*']), ...grantsOf(login, loginOn)]
}
