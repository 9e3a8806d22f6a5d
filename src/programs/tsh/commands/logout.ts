/** `tsh logout`: forgets one user of one proxy, or everything. */
import { PortunusError } from '#foundation'
import { listDatabaseKeys, listProfiles, proxyHostOf, removeAllUsers, removeUser, type Profile } from '#client'
import { nonEmpty, profileDirectory, type TshContext } from '../context.ts'
import { forgetServices } from '../service-sections.ts'

export async function logout(context: TshContext): Promise<number> {
  const proxy = nonEmpty(context.flags.proxy)
  const user = nonEmpty(context.flags.user)
  if (proxy === undefined && user === undefined) return logOutEverywhere(context)
  if (proxy === undefined || user === undefined) throw halfNamed()
  return logOutOne(context, proxyHostOf(proxy), user)
}

async function logOutEverywhere(context: TshContext): Promise<number> {
  const sections = await serviceSections(context, () => true)
  await removeAllUsers(profileDirectory(context))
  await forgetSections(context, sections)
  context.world.terminal.answer('All users logged out.')
  return 0
}

async function logOutOne(context: TshContext, proxyHost: string, user: string): Promise<number> {
  const { terminal } = context.world
  const sections = await serviceSections(context, (profile) => profile.proxyHost === proxyHost && profile.user === user)
  const wasLoggedIn = await removeUser(profileDirectory(context), proxyHost, user)
  if (!wasLoggedIn) {
    terminal.tell(`User ${user} already logged out from ${proxyHost}.`)
    return 1
  }
  await forgetSections(context, sections)
  terminal.answer(`Logged out ${user} from ${proxyHost}.`)
  return 0
}

type Sections = readonly { readonly cluster: string; readonly databases: readonly string[] }[]

async function serviceSections(context: TshContext, isMeant: (profile: Profile) => boolean): Promise<Sections> {
  const directory = profileDirectory(context)
  const meant = (await readableProfiles(context)).filter(isMeant)
  return Promise.all(meant.map(async (profile) => ({ cluster: profile.cluster, databases: await listDatabaseKeys(directory, profile) })))
}

async function forgetSections(context: TshContext, sections: Sections): Promise<void> {
  for (const { cluster, databases } of sections) await forgetServices(context, cluster, databases)
}

/** A profile that cannot be read must not keep anybody logged in. */
async function readableProfiles(context: TshContext): Promise<readonly Profile[]> {
  try {
    return await listProfiles(profileDirectory(context))
  } catch (error) {
    if (error instanceof PortunusError && error.code === 'PROFILE_UNREADABLE') return []
    throw error
  }
}

function halfNamed(): PortunusError {
  return new PortunusError('LOGOUT_HALF_NAMED', 'Cannot tell whom to log out: only one of --proxy and --user was given', {
    category: 'bad-input',
    hint: 'give both to log out one user of one proxy, or neither to log out all users of all proxies',
  })
}
