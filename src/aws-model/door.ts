/**
 * AWS as values: ARNs and partitions, the host names of Redshift and RDS, which login a database user means,
 * the plan of role hops and the one credential call, and the IAM policies that allow them.
 * Pure: it asks AWS nothing and knows no credentials; `aws-client` performs the plans made here.
 */
export * from './arn.ts'
export * from './endpoint.ts'
export * from './database-names.ts'
export {
  chooseLogin,
  databaseKindOf,
  locateCluster,
  type ClusterLocation,
  type DatabaseKind,
  type Login,
  type Origin,
  type RoleReference,
} from './login.ts'
export * from './plan-redshift-login.ts'
export * from './role-session-name.ts'
export * from './policy.ts'
export { iamDatabaseTypes, parseDatabaseTypes, type IamDatabaseType } from './iam/database-types.ts'
export { identityArn, parseIdentity, parseIdentityArn, type IamIdentity } from './iam/identity.ts'
export { defaultPolicyName, planBootstrap, planTypes, type IamPlan, type IdentityPlan } from './iam/plan.ts'
export { iamLimits } from './iam/policy-size.ts'
export type { PlannedPolicy } from './iam/planned-policies.ts'
export { rolesNamed, type IamConfiguration } from './iam/scope.ts'
export { parseIamFormat, printIdentityPlans, type IamFormat } from './iam/formats/format.ts'
export { comparePermissions, leftoverPolicies, type PermissionComparison } from './iam/compare.ts'
export { missingTrust } from './iam/compare-trust.ts'
export { isSamePolicy, readLivePolicy, type LivePermissions, type LivePolicy } from './iam/live-policy.ts'
export { administrationPolicy } from './iam/administration-policy.ts'
