/** IAM policy documents as values, and the JSON to paste into AWS. Every IAM string of the product is in this file. */
import { parseArn, principalOf } from './arn.ts'

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: { readonly AWS: string | readonly string[] }
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** An IAM policy document (IAM User Guide, "IAM JSON policy elements reference"). */
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** A cluster as ARNs name it. What is not known is printed as a placeholder in braces. */
export interface PolicyCluster {
  readonly partition: string | undefined
  readonly region: string | undefined
  readonly accountId: string | undefined
  readonly clusterId: string
}

/** The policy that lets the Database Service sign in as any database user of the cluster: users and names only, groups are never asked for. */
export function credentialsPolicy(cluster: PolicyCluster): PolicyDocument {
  return document({
    Effect: 'Allow',
    Action: 'redshift:GetClusterCredentials',
    Resource: [redshiftArn(cluster, 'dbuser'), redshiftArn(cluster, 'dbname')],
  })
}

/** The policy a role needs so that people can sign in as that role (guide, step 3). */
export function credentialsWithIamPolicy(cluster: PolicyCluster): PolicyDocument {
  return document({ Effect: 'Allow', Action: 'redshift:GetClusterCredentialsWithIAM', Resource: redshiftArn(cluster, 'dbname') })
}

/** The policy that lets a caller assume roles. */
export function assumeRolePolicy(roleArns: readonly string[]): PolicyDocument {
  const [first, ...others] = roleArns
  return document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: first !== undefined && others.length === 0 ? first : roleArns })
}

/** What a permissions boundary on the caller must contain before the caller can assume roles (guide, troubleshooting). */
export function assumeRoleBoundary(): PolicyDocument {
  return document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' })
}

export interface TrustOptions {
  /** Trust everything in the caller's account that may assume the role, instead of the caller alone. */
  readonly wholeAccount?: boolean
  readonly externalId?: string | undefined
}

/**
 * The trust policy of a role that lets the caller assume it (guide, troubleshooting).
 * `callerArn` is a role, a user or an assumed-role session, which becomes its role.
 */
export function trustPolicy(callerArn: string, options: TrustOptions = {}): PolicyDocument {
  return document({
    Effect: 'Allow',
    Principal: { AWS: options.wholeAccount === true ? accountRoot(callerArn) : principalOf(callerArn) },
    Action: 'sts:AssumeRole',
    ...(options.externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': options.externalId } } }),
  })
}

/** The JSON of a policy as the AWS console shows it. */
export function printPolicy(policy: PolicyDocument): string {
  return JSON.stringify(policy, undefined, 4)
}

function document(...statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function redshiftArn(cluster: PolicyCluster, kind: 'dbuser' | 'dbname'): string {
  const { partition = '{partition}', region = '{region}', accountId = '{account_id}', clusterId } = cluster
  return `arn:${partition}:redshift:${region}:${accountId}:${kind}:${clusterId}/*`
}

function accountRoot(callerArn: string): string {
  const arn = parseArn(callerArn)
  return arn === undefined ? callerArn : `arn:${arn.partition}:iam::${arn.accountId}:root`
}
