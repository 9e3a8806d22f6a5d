/** The AWS world a fresh lab starts with: one account as the guide leaves it, and a few identities for what can go wrong. */
import { randomUUID } from 'node:crypto'
import { Secret } from '#foundation'
import type { PolicyDocument, PolicyStatement } from './policy.ts'
import { newSecretAccessKey, newUniqueId } from './secrets.ts'
import type { AccessKey, AwsAccount, AwsRole, AwsUser, AwsWorld, RedshiftCluster } from './world.ts'

export interface DefaultWorldOptions {
  readonly accountId: string
  readonly region: string
  readonly clusterId: string
  readonly clusterEndpoint: { readonly host: string; readonly port: number }
  readonly now: Date
}

/** Names in the default world that people and tests refer to. */
export const labNames = {
  databaseServiceUser: 'database-service',
  /** May do everything; for the set-up of steps 3 and 4. */
  administratorUser: 'administrator',
  /** The guide's names for a Database Service whose permissions are still to be made; both may do nothing yet. */
  teleportUser: 'TeleportUser',
  teleportRole: 'TeleportRole',
  /** May do nothing, and no role trusts it. */
  powerlessUser: 'powerless',
  /** The guide's role: trusts the Database Service, may get credentials for itself. */
  role: 'my-iam-role',
  /** Trusts EC2 instances only. */
  untrustingRole: 'untrusting-role',
  /** Trusts the Database Service when it brings the external id. */
  externalIdRole: 'external-id-role',
  externalId: 'lab-external-id',
} as const

export interface DefaultWorld {
  readonly world: AwsWorld
  readonly administratorKey: AccessKey
  readonly databaseServiceKey: AccessKey
  readonly teleportUserKey: AccessKey
  readonly powerlessKey: AccessKey
}

const partition = 'aws'

export function defaultWorld(options: DefaultWorldOptions): DefaultWorld {
  const administratorKey = newAccessKey()
  const databaseServiceKey = newAccessKey()
  const teleportUserKey = newAccessKey()
  const powerlessKey = newAccessKey()
  const account: AwsAccount = {
    id: options.accountId,
    users: [
      newUser(labNames.databaseServiceUser, databaseServiceKey, [databaseServicePolicy(options)]),
      newUser(labNames.powerlessUser, powerlessKey, []),
      newUser(labNames.teleportUser, teleportUserKey, []),
      newUser(labNames.administratorUser, administratorKey, [policy({ Effect: 'Allow', Action: '*', Resource: '*' })]),
    ],
    roles: defaultRoles(options),
    clusters: [defaultCluster(options)],
  }
  return { world: { partition, accounts: [account] }, administratorKey, databaseServiceKey, teleportUserKey, powerlessKey }
}

function databaseServicePolicy({ accountId }: DefaultWorldOptions): PolicyDocument {
  return policy(
    {
      Effect: 'Allow',
      Action: 'redshift:GetClusterCredentials',
      Resource: ['dbuser', 'dbname'].map((kind) => `arn:${partition}:redshift:*:${accountId}:${kind}:*`),
    },
    { Effect: 'Allow', Action: 'redshift:DescribeClusters', Resource: '*' },
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:${partition}:iam::${accountId}:role/*` },
  )
}

function defaultRoles({ accountId, region, clusterId }: DefaultWorldOptions): readonly AwsRole[] {
  // Word for word the inline policy of the guide, step 3.
  const credentialsPolicy = policy({
    Effect: 'Allow',
    Action: 'redshift:GetClusterCredentialsWithIAM',
    Resource: `arn:${partition}:redshift:${region}:${accountId}:dbname:${clusterId}/*`,
  })
  const trusting = (principal: Readonly<Record<string, string>>, extra: Partial<PolicyStatement> = {}): PolicyDocument =>
    policy({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...extra })
  const databaseService = { AWS: `arn:${partition}:iam::${accountId}:user/${labNames.databaseServiceUser}` }
  const externalIdCondition = { Condition: { StringEquals: { 'sts:ExternalId': labNames.externalId } } }
  return [
    newRole(labNames.role, trusting(databaseService), [credentialsPolicy]),
    newRole(labNames.untrustingRole, trusting({ Service: 'ec2.amazonaws.com' }), [credentialsPolicy]),
    newRole(labNames.teleportRole, trusting({ AWS: `arn:${partition}:iam::${accountId}:root` }), []),
    newRole(labNames.externalIdRole, trusting(databaseService, externalIdCondition), [credentialsPolicy]),
  ]
}

function defaultCluster({ clusterId, region, clusterEndpoint, now }: DefaultWorldOptions): RedshiftCluster {
  return {
    id: clusterId,
    region,
    namespaceId: randomUUID(),
    endpoint: clusterEndpoint,
    databaseName: 'dev',
    adminUser: 'awsuser',
    createdAt: now,
    tags: { env: 'lab' },
  }
}

function policy(...statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function newAccessKey(): AccessKey {
  return { id: newUniqueId('AKIA'), secret: new Secret(newSecretAccessKey()) }
}

function newUser(name: string, accessKey: AccessKey, policies: readonly PolicyDocument[]): AwsUser {
  return { name, path: '/', uniqueId: newUniqueId('AIDA'), accessKeys: [accessKey], policies }
}

function newRole(name: string, trust: PolicyDocument, policies: readonly PolicyDocument[]): AwsRole {
  return { name, path: '/', uniqueId: newUniqueId('AROA'), trust, policies, maxSessionSeconds: 3600 }
}
