/** `tsh db logout`: removes the stored credentials of one database, or of all. */
import { PortunusError } from '#foundation'
import { listDatabaseKeys, removeDatabaseKeys } from '#client'
import { nonEmpty, profileDirectory, storedLogin, type TshContext } from '../context.ts'
import { forgetServices } from '../service-sections.ts'

export async function logOutOfDatabases(context: TshContext, named: string | undefined): Promise<number> {
  const name = nonEmpty(named)
  const directory = profileDirectory(context)
  const { profile } = await storedLogin(context)
  const active = await listDatabaseKeys(directory, profile)
  const leaving = name === undefined ? active : active.filter((database) => database === name)
  if (leaving.length === 0) throw notLoggedIn(name)
  for (const database of leaving) await removeDatabaseKeys(directory, profile, database)
  await forgetServices(context, profile.cluster, leaving)
  const [only, ...others] = leaving
  context.world.terminal.answer(others.length === 0 ? `Logged out of database ${only ?? ''}` : 'Logged out of all databases')
  return 0
}

function notLoggedIn(name: string | undefined): PortunusError {
  return name === undefined
    ? new PortunusError('DATABASE_LOGOUT_EMPTY', 'Cannot log out of databases: Not logged into any databases', {
        category: 'not-found',
        hint: 'see which there are with: tsh db ls',
      })
    : new PortunusError('DATABASE_LOGOUT_EMPTY', `Cannot log out of "${name}": Not logged into database "${name}"`, {
        category: 'not-found',
        hint: 'see where you are logged in with: tsh status',
      })
}
