/** `tctl users update` and `tctl users unlock`. */
import type { AuthorityClient } from '#authority-api'
import { PortunusError } from '#foundation'
import type { User } from '#resources'
import { listFlag, withAuthority, type TctlContext } from '../context.ts'
import { traitFlags } from './users-add.ts'

const attemptsMax = 4

/** What each `--set` flag changes, as the report calls it. */
const fields: Readonly<Record<string, string>> = {
  roles: 'roles',
  logins: 'logins',
  windowsLogins: 'Windows logins',
  kubernetesUsers: 'Kubernetes users',
  kubernetesGroups: 'Kubernetes groups',
  dbUsers: 'database users',
  dbNames: 'database names',
  dbRoles: 'database roles',
  awsRoleArns: 'AWS role ARNs',
  azureIdentities: 'Azure identities',
  gcpServiceAccounts: 'GCP service accounts',
  hostUserUid: 'host user UID',
  hostUserGid: 'host user GID',
}

interface Change {
  /** Of the flag without `set`, such as `dbUsers`. */
  readonly flag: string
  readonly values: readonly string[]
}

export async function updateUser(context: TctlContext): Promise<number> {
  const [name = ''] = context.args
  const changes = changesOf(context)
  await withAuthority(context, (authority) => change(authority, name, changes))
  const lines = changes.map(({ flag, values }) => `\tNew ${fields[flag] ?? flag}: ${values.join(',')}`).toSorted()
  context.world.terminal.answer([`User ${name} has been updated:`, ...lines].join('\n'))
  return 0
}

export async function unlockUser(context: TctlContext): Promise<number> {
  const [name = ''] = context.args
  await withAuthority(context, (authority) => authority.unlockUser({ name }))
  context.world.terminal.answer(`User "${name}" has been unlocked`)
  return 0
}

function changesOf(context: TctlContext): readonly Change[] {
  const changes = Object.keys(fields).flatMap((flag): Change[] => {
    const option = `set${flag.charAt(0).toUpperCase()}${flag.slice(1)}`
    return context.flags[option] === undefined ? [] : [{ flag, values: listFlag(context, option) }]
  })
  if (changes.length === 0) {
    throw new PortunusError('USER_UPDATE_EMPTY', 'Cannot update the user: nothing to change is given', {
      category: 'bad-input',
      hint: 'give at least one flag such as --set-roles=access or --set-db-users=alice',
    })
  }
  if (changes.some(({ flag, values }) => flag === 'dbRoles' && values.includes('*'))) {
    throw new PortunusError('USER_UPDATE_REFUSED', 'Cannot set the database roles "*": there is no wildcard for database roles', {
      category: 'bad-input',
      hint: 'name the database roles one by one',
    })
  }
  return changes
}

/** Made again from the newest copy when somebody else changed the user at the same moment, such as a failed login. */
async function change(authority: AuthorityClient, name: string, changes: readonly Change[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { users } = await authority.listUsers({})
    const user = users.find(({ metadata }) => metadata.name === name)
    if (user === undefined) throw userMissing(name)
    try {
      await authority.updateUser({ user: changed(user, changes) })
      return
    } catch (error) {
      const isStale = error instanceof PortunusError && error.code === 'RESOURCE_REVISION_CHANGED'
      if (!isStale || attempt >= attemptsMax) throw error
    }
  }
}

function changed(user: User, changes: readonly Change[]): User {
  const roles = changes.find(({ flag }) => flag === 'roles')?.values ?? user.spec.roles
  const traits = changes.flatMap(({ flag, values }) => (traitFlags[flag] === undefined ? [] : [[traitFlags[flag], values]]))
  return { ...user, spec: { ...user.spec, roles, traits: { ...user.spec.traits, ...Object.fromEntries(traits) } } }
}

function userMissing(name: string): PortunusError {
  return new PortunusError('USER_MISSING', `Cannot update the user "${name}": no user of that name exists`, {
    category: 'not-found',
    hint: 'see the users with: tctl users ls',
  })
}
