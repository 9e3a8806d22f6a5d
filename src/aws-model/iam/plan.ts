/** What to set up in IAM, as a value: for each identity its policies and, for roles, whom they must trust. Nothing is performed here. */
import type { PolicyDocument } from '../policy.ts'
import { databaseGrants, matcherGrants } from './database-grants.ts'
import type { IamDatabaseType } from './database-types.ts'
import { grantsOf, type Grant } from './grants.ts'
import { identityArn, type IamIdentity } from './identity.ts'
import { planLoginRoles } from './login-roles.ts'
import { plannedPolicies, suffixedName, type PlannedPolicies } from './planned-policies.ts'
import { configuredRoles, scopeOf, type IamConfiguration, type IamScope } from './scope.ts'
import { agentPlaceholder, trustDocument } from './trust.ts'

export const defaultPolicyName = 'DatabaseAccess'

/** One identity and all it needs. */
export interface IdentityPlan extends PlannedPolicies {
  readonly identity: IamIdentity
  /** `agent`: the Database Service's own identity; `role`: an assume_role_arn; `login-role`: a role people sign in as. */
  readonly kind: 'agent' | 'role' | 'login-role'
  /** Names of the static databases it serves directly. */
  readonly databases: readonly string[]
  readonly matcherCount: number
  /** ARNs of the roles it may assume. */
  readonly assumes: readonly string[]
  /** The trust policy a role must have; it is printed, never written. */
  readonly trust: PolicyDocument | undefined
  /** Set for a role whose databases are not in the file. */
  readonly dynamicOnly: boolean
}

export interface IamPlan {
  readonly target: IdentityPlan
  /** The roles the target assumes, by account, when it is the Database Service's own identity. Each needs its own policies and its trust. */
  readonly others: readonly IdentityPlan[]
}

export interface BootstrapRequest {
  readonly configuration: IamConfiguration
  readonly target: IamIdentity
  readonly policyName?: string | undefined
  /** ARNs of roles to be assumed beside those of the file: the roles people sign in as. */
  readonly assumesRoles: readonly string[]
}

/**
 * Plans one run of `teleport db configure bootstrap` over all roles of the file.
 * Throws AWS_POLICY_NAME_MALFORMED and what reading a database's address throws.
 */
export function planBootstrap(request: BootstrapRequest): IamPlan {
  const { configuration, target, assumesRoles } = request
  const scope = scopeOf(configuration, target, assumesRoles)
  const roles = configuredRoles(configuration)
  if (scope.kind === 'role') {
    const own = roles.find((role) => role.arn === identityArn(target))
    const policyName = request.policyName ?? suffixedName(defaultPolicyName, target.name)
    const trust = trustDocument([agentPlaceholder], own?.externalIds)
    return { target: identityPlan({ identity: target, scope, policyName, trust }), others: planLoginRoles(request, scope) }
  }
  const policyName = request.policyName ?? defaultPolicyName
  const others = roles.map(({ identity, externalIds }) =>
    identityPlan({
      identity,
      scope: scopeOf(configuration, identity, []),
      policyName: suffixedName(policyName, identity.name),
      trust: trustDocument([identityArn(target)], externalIds),
    }),
  )
  return {
    target: identityPlan({ identity: target, scope, policyName }),
    others: [...others, ...planLoginRoles(request, scope)].toSorted(byAccount),
  }
}

export interface TypesRequest {
  readonly types: readonly IamDatabaseType[]
  readonly target: IamIdentity
  readonly policyName?: string | undefined
  readonly assumesRoles: readonly string[]
}

/** Plans `teleport db configure aws create-iam` and `print-iam`: whole types of databases, whatever the configuration. */
export function planTypes(request: TypesRequest): IdentityPlan {
  const { types, target, assumesRoles, policyName = defaultPolicyName } = request
  const matchers = types.length === 0 ? [] : [{ types, regions: [], assumeRoleArn: undefined, externalId: undefined }]
  const scope: IamScope = { kind: 'agent', databases: [], matchers, assumes: assumesRoles, dynamicOnly: false }
  return identityPlan({ identity: target, scope, policyName })
}

interface PlanParts {
  readonly identity: IamIdentity
  readonly scope: IamScope
  readonly policyName: string
  readonly trust?: PolicyDocument
}

function identityPlan({ identity, scope, policyName, trust }: PlanParts): IdentityPlan {
  const served = scope.databases.flatMap((database) => {
    const grants = databaseGrants(database, identity)
    return grants === undefined ? [] : [{ name: database.metadata.name, grants }]
  })
  const grants: readonly Grant[] = [
    ...served.flatMap((database) => database.grants),
    ...scope.matchers.flatMap((matcher) => matcherGrants(matcher, identity)),
    ...grantsOf(['sts:AssumeRole'], scope.assumes),
  ]
  return {
    identity,
    kind: scope.kind,
    databases: served.map(({ name }) => name),
    matcherCount: scope.matchers.length,
    assumes: scope.assumes,
    ...plannedPolicies(grants, policyName),
    trust,
    dynamicOnly: scope.dynamicOnly,
  }
}

function byAccount(one: IdentityPlan, other: IdentityPlan): number {
  return (one.identity.accountId ?? '').localeCompare(other.identity.accountId ?? '')
}
