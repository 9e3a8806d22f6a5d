/**
 * Access: every "may X do Y". Roles, traits and labels go in, a decision with its reason comes out. Pure, and the only place
 * where a permission is decided. What cannot be worked out never grants, and in a deny half always denies.
 */
export {
  databaseTarget,
  type AccessDecision,
  type AccessDimension,
  type AccessGrant,
  type AccessRefusal,
  type AccessSubject,
  type DatabaseTarget,
} from './decision.ts'
export { compileSubject, type CompiledSubject, type Subject } from './subject.ts'
export { decideDatabaseAccess, decideDatabaseVisibility, type DatabaseRequest } from './decide-database.ts'
export { allowedDatabaseNames, allowedDatabaseUsers, type AllowedValues } from './allowed-values.ts'
export { decideOperation, type OperationRequest } from './decide-operation.ts'
export {
  combineSessionOptions,
  sessionTtlMilliseconds,
  sessionTtlMillisecondsDefault,
  sessionTtlMillisecondsMax,
  type SessionOptions,
} from './session-options.ts'
export { explainDatabaseAccess, type AccessExplanation, type RoleExplanation } from './explain-database.ts'
export { rolesUnder, type ClusterDemands } from './cluster-preference.ts'
export { selectsLabels } from './label-selector.ts'
export { decideRoleRequest, requestableRoles, type RequestDecision, type RequestTerms } from './role-requests.ts'
export { decideReview, decideReviewer, resolveReviews, type ReviewDecision } from './reviews.ts'
export { roleProblems, type RoleProblem } from './role-problems.ts'
export type { AwsPlace } from './role-arn.ts'
export {
  decideRevocation,
  decideStaleness,
  hasRunOut,
  heldRoles,
  lockAgeMillisecondsMax,
  lockReason,
  nothingRevoked,
  type RequestGrant,
  revocationError,
  type Revocation,
  type RevocationState,
  type RevocableSubject,
} from './revocation.ts'
