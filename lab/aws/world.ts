/** The AWS world as data: accounts with their users, roles and clusters. Changing the world is making a new value. */
import type { Secret } from '#foundation'
import type { PolicyDocument } from './policy.ts'

export interface AwsWorld {
  readonly partition: string
  readonly accounts: readonly AwsAccount[]
}

export interface AwsAccount {
  readonly id: string
  readonly users: readonly AwsUser[]
  readonly roles: readonly AwsRole[]
  readonly clusters: readonly RedshiftCluster[]
}

export interface AwsUser {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly uniqueId: string
  readonly accessKeys: readonly AccessKey[]
  readonly policies: readonly PolicyDocument[]
}

export interface AccessKey {
  readonly id: string
  readonly secret: Secret<string>
}

export interface AwsRole {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly uniqueId: string
  readonly trust: PolicyDocument
  readonly policies: readonly PolicyDocument[]
  readonly maxSessionSeconds: number
}

export interface RedshiftCluster {
  readonly id: string
  readonly region: string
  readonly namespaceId: string
  readonly endpoint: { readonly host: string; readonly port: number }
  readonly databaseName: string
  readonly adminUser: string
  readonly createdAt: Date
  readonly tags: Readonly<Record<string, string>>
}

export function userArn(world: AwsWorld, account: AwsAccount, user: AwsUser): string {
  return `arn:${world.partition}:iam::${account.id}:user${user.path}${user.name}`
}

export function roleArn(world: AwsWorld, account: AwsAccount, role: AwsRole): string {
  return `arn:${world.partition}:iam::${account.id}:role${role.path}${role.name}`
}

/** The ARN of a resource inside a cluster, such as `dbuser:my-redshift/alice`. Service authorization reference, Amazon Redshift. */
export function clusterResourceArn(
  world: AwsWorld,
  resource: {
    readonly accountId: string
    readonly region: string
    readonly kind: 'dbuser' | 'dbname' | 'dbgroup'
    readonly clusterId: string
    readonly name: string
  },
): string {
  return `arn:${world.partition}:redshift:${resource.region}:${resource.accountId}:${resource.kind}:${resource.clusterId}/${resource.name}`
}

export function findRole(world: AwsWorld, arn: string): { readonly account: AwsAccount; readonly role: AwsRole } | undefined {
  for (const account of world.accounts) {
    const role = account.roles.find((candidate) => roleArn(world, account, candidate) === arn)
    if (role !== undefined) return { account, role }
  }
  return undefined
}

/** The world after one account was changed. */
export function withAccount(world: AwsWorld, accountId: string, change: (account: AwsAccount) => AwsAccount): AwsWorld {
  return { ...world, accounts: world.accounts.map((account) => (account.id === accountId ? change(account) : account)) }
}
