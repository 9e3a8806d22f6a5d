/** The roles people sign in to Redshift as (guide, step 3): what each may do, and whom it must trust. */
import { databaseKindOf, locateCluster } from '../login.ts'
import { partitionOf } from '../arn.ts'
import type { Database } from '#resources'
import { grantsOf } from './grants.ts'
import { identityArn, parseIdentityArn, type IamIdentity } from './identity.ts'
import type { BootstrapRequest, IdentityPlan } from './plan.ts'
import { plannedPolicies, suffixedName } from './planned-policies.ts'
import { configuredRoles, settingOf, type IamConfiguration, type IamScope } from './scope.ts'
import { trustDocument } from './trust.ts'

const policyName = 'RedshiftAccess'

/** One plan for each `--assumes-roles` that is no `assume_role_arn` of the file. It trusts whoever assumes it last: the target, or the role on the way. */
export function planLoginRoles(request: BootstrapRequest, scope: IamScope): readonly IdentityPlan[] {
  const { target, configuration, assumesRoles } = request
  const onTheWay = new Set(configuredRoles(configuration).map(({ arn }) => arn))
  const reached = (scope.kind === 'role' ? scope.databases : configuration.databases).filter(
    (database) => databaseKindOf(database) === 'redshift',
  )
  const trusted = scope.kind === 'role' ? [identityArn(target)] : lastHops(reached, { target, configuration })
  return [...new Set(assumesRoles)].flatMap((arn) => {
    const identity = parseIdentityArn(arn)
    if (identity === undefined || onTheWay.has(arn)) return []
    const resources = reached.map((database) => databaseNames(database, identity))
    const grants = grantsOf(['redshift:GetClusterCredentialsWithIAM'], resources)
    const plan: IdentityPlan = {
      identity,
      kind: 'login-role',
      databases: reached.map(({ metadata }) => metadata.name),
      matcherCount: 0,
      assumes: [],
      ...plannedPolicies(grants, suffixedName(policyName, identity.name)),
      trust: trustDocument(trusted),
      dynamicOnly: false,
    }
    return [plan]
  })
}

function lastHops(
  databases: readonly Database[],
  options: { readonly target: IamIdentity; readonly configuration: IamConfiguration },
): readonly string[] {
  const used = new Set(databases.map((database) => settingOf(database).assumeRoleArn))
  const roles = configuredRoles(options.configuration).flatMap(({ arn }) => (used.has(arn) ? [arn] : []))
  return used.has(undefined) || roles.length === 0 ? [identityArn(options.target), ...roles] : roles
}

/** As in the guide: every database name of the cluster, in the role's own account. */
function databaseNames(database: Database, identity: IamIdentity): string {
  const { clusterId, region, accountId } = locateCluster(database)
  const partition = region === undefined ? (identity.partition ?? 'aws') : partitionOf(region)
  return `arn:${partition}:redshift:${region ?? '*'}:${identity.accountId ?? accountId ?? '*'}:dbname:${clusterId}/*`
}
