/** What is asked of this room and what it answers: subjects, databases, and decisions that carry their reason. */
import type { Database, Role, Traits } from '#resources'
import type { Labels } from './labels.ts'
import type { AwsPlace } from './role-arn.ts'

/** Who asks: the roles as they are now, the traits as the identity has them. */
export interface AccessSubject {
  readonly user: string
  readonly roles: readonly Role[]
  readonly traits: Traits
  /** Whether a second factor was shown for this very session; roles with require_session_mfa grant nothing without. */
  readonly sessionMfaVerified?: boolean
}

export interface DatabaseTarget {
  /** Of the database resource. */
  readonly name: string
  readonly labels: Labels
  readonly protocol: string
  readonly aws?: AwsPlace | undefined
}

export type AccessDimension =
  | 'labels'
  | 'database-user'
  | 'database-name'
  | 'denied-labels'
  | 'denied-database-user'
  | 'denied-database-name'
  | 'operation'
  | 'no-roles'
  | 'session-mfa'

export type AccessDecision = AccessGrant | AccessRefusal

/** `grantedBy` is the name of a role. */
export interface AccessGrant {
  readonly allowed: true
  readonly grantedBy: string
}

/** `reason` completes "Cannot connect to ...: "; `hint` begins with a verb and names what would grant it. */
export interface AccessRefusal {
  readonly allowed: false
  readonly dimension: AccessDimension
  readonly reason: string
  readonly hint: string
}

/**
 * What the rules look at in a database. The account is that of the resource, else that of the role it is reached through,
 * the same order in which a short role name gets its account at login. A region found otherwise (in the endpoint) may be given.
 */
export function databaseTarget(database: Database, known: AwsPlace = {}): DatabaseTarget {
  const { metadata, spec } = database
  const region = spec.aws.region ?? known.region
  const accountId = spec.aws.accountId ?? known.accountId ?? spec.aws.assumeRoleArn?.split(':')[4]
  return {
    name: metadata.name,
    labels: metadata.labels,
    protocol: spec.protocol,
    aws: {
      ...(region === undefined ? {} : { region }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(known.usersAreRoles === undefined ? {} : { usersAreRoles: known.usersAreRoles }),
    },
  }
}
