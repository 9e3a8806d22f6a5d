/** Which of the configured databases, matchers and roles an identity is responsible for (guide, step 4, on `assume_role_arn`). */
import type { Database } from '#resources'
import type { IamDatabaseType } from './database-types.ts'
import { identityArn, parseIdentityArn, type IamIdentity } from './identity.ts'

/** The parts of a configuration file that decide about permissions. */
export interface IamConfiguration {
  /** Static databases. */
  readonly databases: readonly Database[]
  /** Matchers of AWS databases, of the Database Service and of the Discovery Service in the same file. */
  readonly matchers: readonly IamMatcher[]
  /** `db_service.resources[].aws`: roles for databases that are not in the file. */
  readonly overrides: readonly RoleSetting[]
}

export interface RoleSetting {
  readonly assumeRoleArn: string | undefined
  readonly externalId: string | undefined
}

export interface IamMatcher extends RoleSetting {
  readonly types: readonly IamDatabaseType[]
  /** Empty: everywhere. */
  readonly regions: readonly string[]
}

/** A role that the configuration tells the Database Service to assume. */
export interface ConfiguredRole {
  readonly identity: IamIdentity
  readonly arn: string
  /** Distinct, in the order of the file; usually none or one. */
  readonly externalIds: readonly string[]
}

export interface IamScope {
  /** `role`: the identity is one of the roles the Database Service assumes; `agent`: it is the Database Service's own. */
  readonly kind: 'agent' | 'role'
  readonly databases: readonly Database[]
  readonly matchers: readonly IamMatcher[]
  /** ARNs of roles it must be allowed to assume. */
  readonly assumes: readonly string[]
  /** Set for a role that is named for databases outside the file only: their types are not known here. */
  readonly dynamicOnly: boolean
}

/** Every distinct `assume_role_arn` of the file, in its order. */
export function configuredRoles(configuration: IamConfiguration): readonly ConfiguredRole[] {
  const externalIds = new Map<string, Set<string>>()
  for (const { assumeRoleArn, externalId } of roleSettings(configuration)) {
    if (assumeRoleArn === undefined) continue
    const known = externalIds.get(assumeRoleArn) ?? new Set()
    externalIds.set(assumeRoleArn, externalId === undefined ? known : known.add(externalId))
  }
  return [...externalIds].flatMap(([arn, ids]) => {
    const identity = parseIdentityArn(arn)
    return identity === undefined ? [] : [{ identity, arn, externalIds: [...ids] }]
  })
}

/**
 * What the identity must be allowed. A target that is no `assume_role_arn` of the file is the Database Service's own identity:
 * it reaches every database, those without a role directly and the others through their roles. A role that is one gets only what names it.
 */
export function scopeOf(configuration: IamConfiguration, target: IamIdentity, assumesRoles: readonly string[]): IamScope {
  const roles = configuredRoles(configuration)
  const arn = identityArn(target)
  const isRole = target.kind === 'role' && target.accountId !== undefined && roles.some((role) => role.arn === arn)
  const wanted = isRole ? arn : undefined
  const databases = configuration.databases.filter((database) => settingOf(database).assumeRoleArn === wanted)
  const matchers = configuration.matchers.filter((matcher) => matcher.assumeRoleArn === wanted)
  return {
    kind: isRole ? 'role' : 'agent',
    databases,
    matchers,
    assumes: [...new Set([...(isRole ? [] : roles.map((role) => role.arn)), ...assumesRoles])],
    dynamicOnly: isRole && databases.length === 0 && matchers.length === 0,
  }
}

/** Roles of the file that a short name could mean. */
export function rolesNamed(configuration: IamConfiguration, name: string): readonly string[] {
  return configuredRoles(configuration)
    .filter(({ identity }) => identity.name === name)
    .map(({ arn }) => arn)
}

/** An empty text counts as no role. */
export function settingOf(database: Database): RoleSetting {
  const { assumeRoleArn, externalId } = database.spec.aws
  return { assumeRoleArn: assumeRoleArn === '' ? undefined : assumeRoleArn, externalId: externalId === '' ? undefined : externalId }
}

function roleSettings(configuration: IamConfiguration): readonly RoleSetting[] {
  return [...configuration.databases.map(settingOf), ...configuration.matchers, ...configuration.overrides]
}
