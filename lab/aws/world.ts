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
  readonly managedPolicies?: readonly ManagedPolicy[]
}

/** What users and roles have in common for IAM. */
export interface IamOwner {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly uniqueId: string
  /** Inline policies of the world as it was made; IAM calls them lab-1, lab-2 and so on. */
  readonly policies: readonly PolicyDocument[]
  /** Inline policies made through IAM: JSON by name. */
  readonly inlinePolicies?: Readonly<Record<string, string>>
  /** ARNs of managed policies. */
  readonly attachedPolicies?: readonly string[]
  /** ARN of the managed policy that is its permissions boundary. */
  readonly boundary?: string | undefined
}

export interface ManagedPolicy {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly uniqueId: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: Date
  /** Oldest first; at most five. */
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersionId: string
  readonly lastVersion: number
}

export interface PolicyVersion {
  /** `v1` and so on; never used twice. */
  readonly id: string
  readonly json: string
  readonly createdAt: Date
}

export interface AwsUser extends IamOwner {
  readonly accessKeys: readonly AccessKey[]
}

export interface AccessKey {
  readonly id: string
  readonly secret: Secret<string>
}

export interface AwsRole extends IamOwner {
  readonly trust: PolicyDocument
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

export function policyArn(world: AwsWorld, account: AwsAccount, policy: Pick<ManagedPolicy, 'path' | 'name'>): string {
  return `arn:${world.partition}:iam::${account.id}:policy${policy.path}${policy.name}`
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
