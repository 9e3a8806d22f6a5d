/** `tsh status`: who is logged in, where, and until when. */
import { addressText, currentProxyHost, listDatabaseKeys, listProfiles, proxyHostOf, readLoginOf, type Login } from '#client'
import { printJson, printYaml } from '#presentation'
import { profileDirectory, wantedProxy, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'
import { profileStatus, statusDocument, statusText, type ProfileStatus } from '../status-text.ts'

const shadowingVariables = ['TELEPORT_PROXY', 'TELEPORT_USER', 'TELEPORT_CLUSTER', 'TELEPORT_HOME']

export async function status(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const { active, others } = await allLogins(context)
  if (flags['format'] !== 'text') {
    const document = {
      active: active === undefined ? null : statusDocument(await statusOf(context, active)),
      profiles: await Promise.all(others.map(async (login) => statusDocument(await statusOf(context, login)))),
      environment: shadowingEnvironment(context),
    }
    terminal.answer(flags['format'] === 'json' ? printJson(document) : printYaml(document))
  } else {
    if (active !== undefined) await tellStatus(context, active)
    for (const login of others) terminal.answer(await textOf(context, login, false))
  }
  if (active === undefined) {
    terminal.tell('Not logged in.')
    return 1
  }
  if (client.clock.now() < active.held.validUntil) return 0
  terminal.tell('Active profile expired.')
  return 1
}

/** The status of one login as the active one, as `tsh login` ends. */
export async function tellStatus(context: TshContext, login: Login): Promise<void> {
  context.world.terminal.answer(await textOf(context, login, true))
}

async function textOf(context: TshContext, login: Login, isActive: boolean): Promise<string> {
  return statusText(await statusOf(context, login), {
    now: context.world.client.clock.now(),
    isActive,
    debug: context.flags.debug,
    environment: shadowingEnvironment(context),
  })
}

async function statusOf(context: TshContext, login: Login): Promise<ProfileStatus> {
  const databases = await listDatabaseKeys(profileDirectory(context), login.profile)
  return profileStatus(login, databases, addressText(login.profile.address))
}

async function allLogins(context: TshContext): Promise<{ readonly active: Login | undefined; readonly others: readonly Login[] }> {
  const directory = profileDirectory(context)
  const proxy = wantedProxy(context)
  const activeHost = proxy === undefined ? await currentProxyHost(directory) : proxyHostOf(proxy)
  const logins: Login[] = []
  for (const profile of await listProfiles(directory)) {
    const login = await readLoginOf(directory, profile)
    if (login !== undefined) logins.push(login)
  }
  const active = logins.find((login) => login.profile.proxyHost === activeHost)
  return { active, others: logins.filter((login) => login !== active) }
}

function shadowingEnvironment({ world }: TshContext): Readonly<Record<string, string>> {
  const shadowing: Record<string, string> = {}
  for (const name of shadowingVariables) {
    const value = world.environment[name]
    if (value !== undefined && value !== '') shadowing[name] = value
  }
  return shadowing
}
