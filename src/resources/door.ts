/**
 * Resources: users, roles, databases, database servers and provision tokens as values. Each has a parse function
 * (unknown in, value or RESOURCE_MALFORMED out) and a print function (the snake_case document that parses back to the value).
 * Knows names, defaults and presets; decides nothing and stores nothing.
 */
export { databaseResourceNameLengthMax, parseDatabaseResourceName, parseResourceName, resourceNameLengthMax } from './name.ts'
export { quote } from './quote.ts'
export type { DocumentProblem, ResourceDocument } from './document.ts'
export type { Traits } from './fields.ts'
export type { Metadata } from './metadata.ts'
export { parseUser, printUser, type User, type UserSpec, type UserStatus } from './user.ts'
export { parseRole, printRole, type Role, type RoleVersion } from './role.ts'
export type { RoleOptions } from './role-options.ts'
export { noConditions, type LabelSelector, type RoleConditions, type Rule } from './role-conditions.ts'
export {
  expectedOfUri,
  parseDatabase,
  printDatabase,
  type Database,
  type DatabaseAws,
  type DatabaseSpec,
  type DatabaseTls,
} from './database.ts'
export { parseDatabaseServer, printDatabaseServer, type DatabaseServer } from './database-server.ts'
export { parseSystemRole, parseTokenRoles, tokenRoles, type SystemRole } from './system-role.ts'
export { maskToken, parseToken, printToken, type ProvisionToken } from './provision-token.ts'
export {
  authPreferenceName,
  authPreferenceOf,
  parseAuthPreference,
  printAuthPreference,
  type AuthPreference,
  type AuthPreferenceSpec,
} from './auth-preference.ts'
export { presetLabel, presetRoles } from './preset-roles.ts'
export { parseLock, printLock, type Lock, type LockTarget } from './lock.ts'
export {
  parseAccessRequest,
  printAccessRequest,
  type AccessRequest,
  type AccessRequestState,
  type AccessReview,
  type ReviewState,
  type ReviewThreshold,
} from './access-request.ts'
