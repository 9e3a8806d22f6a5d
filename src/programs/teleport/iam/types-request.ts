/** The flags `db configure aws print-iam` and `create-iam` have in common: which types, for whom, which roles besides. */
import { parseDatabaseTypes, parseIdentity, parseRoleArn, identityArn, type IamDatabaseType, type IamIdentity } from '#aws-model'
import { PortunusError } from '#foundation'
import { textFlag, type Flags } from '../flag-values.ts'

export interface TypesFlags {
  readonly types: readonly IamDatabaseType[]
  /** Undefined when neither --role nor --user is given. */
  readonly target: IamIdentity | undefined
  /** As typed, split at the commas. */
  readonly assumesRoles: readonly string[]
}

/** Throws USAGE_REFUSED, AWS_DATABASE_TYPE_UNKNOWN or AWS_IDENTITY_MALFORMED. */
export function readTypesFlags(flags: Flags): TypesFlags {
  const types = textFlag(flags, 'types')
  const assumesRoles = readAssumesRoles(flags)
  if (types === undefined && assumesRoles.length === 0) {
    throw new PortunusError('USAGE_REFUSED', 'Cannot make permissions for nothing: neither --types nor --assumes-roles is given', {
      category: 'bad-input',
      hint: 'add --types with one or more of rds, rdsproxy, redshift, redshift-serverless',
    })
  }
  return {
    types: types === undefined ? [] : parseDatabaseTypes(types),
    target: readTarget(flags, { user: 'user', role: 'role' }),
    assumesRoles,
  }
}

/** The user or role of two flags that exclude each other. Throws USAGE_REFUSED or AWS_IDENTITY_MALFORMED. */
export function readTarget(flags: Flags, names: { readonly user: string; readonly role: string }): IamIdentity | undefined {
  const user = textFlag(flags, names.user)
  const role = textFlag(flags, names.role)
  if (user !== undefined && role !== undefined) {
    throw new PortunusError(
      'USAGE_REFUSED',
      `Cannot attach to the user "${user}" and to the role "${role}" at once: one target is expected`,
      {
        category: 'bad-input',
        hint: 'run the command once for each of them',
      },
    )
  }
  if (user !== undefined) return parseIdentity('user', user)
  return role === undefined ? undefined : parseIdentity('role', role)
}

/** The roles of `--assumes-roles`, as typed. */
export function readAssumesRoles(flags: Flags): readonly string[] {
  const words = (textFlag(flags, 'assumesRoles') ?? '').split(',').map((word) => word.trim())
  return [...new Set(words.filter((word) => word !== ''))]
}

/** Role names become ARNs in the account of the identity. Throws AWS_IDENTITY_MALFORMED. */
export function roleArnsOf(roles: readonly string[], home: IamIdentity): readonly string[] {
  return roles.map((role) => {
    if (parseRoleArn(role) !== undefined) return role
    return identityArn({ ...parseIdentity('role', role), partition: home.partition, accountId: home.accountId })
  })
}
