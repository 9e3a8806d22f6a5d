/** `tctl users add` and `tctl users reset`: a person, and the link with which the person chooses a password. */
import { inviteTtlMilliseconds, type InviteUsage } from '#authority-api'
import { PortunusError, formatDuration } from '#foundation'
import { printJson } from '#presentation'
import { listFlag, requiredListFlag, textFlag, ttlFlag, withAuthority, type TctlContext } from '../context.ts'

/** The list flags that become traits, by the names that roles know them under. */
export const traitFlags: Readonly<Record<string, string>> = {
  logins: 'logins',
  windowsLogins: 'windows_logins',
  kubernetesUsers: 'kubernetes_users',
  kubernetesGroups: 'kubernetes_groups',
  dbUsers: 'db_users',
  dbNames: 'db_names',
  dbRoles: 'db_roles',
  awsRoleArns: 'aws_role_arns',
  azureIdentities: 'azure_identities',
  gcpServiceAccounts: 'gcp_service_accounts',
  hostUserUid: 'host_user_uid',
  hostUserGid: 'host_user_gid',
}

/** The time is read first: a wish that is refused must not leave a user behind. */
export async function addUser(context: TctlContext): Promise<number> {
  const [name = ''] = context.args
  const roles = requiredListFlag(context, 'roles', '--roles=access')
  const ttlMilliseconds = ttlFlag(context, inviteTtlMilliseconds.invite)
  const traits = Object.fromEntries(Object.entries(traitFlags).map(([flag, trait]) => [trait, listFlag(context, flag)]))
  const link = await withAuthority(context, async (authority) => {
    await authority.createUser({ name, roles, traits }).catch((error: unknown) => {
      if (error instanceof PortunusError && error.category === 'already-exists') context.world.terminal.answer(updateNote(context, name))
      throw error
    })
    return await authority.createInvite({ user: name, usage: 'invite', ttlMilliseconds })
  })
  printLink(context, { ...link, user: name, usage: 'invite', ttlMilliseconds })
  return 0
}

/** The command that was perhaps meant: the same wishes for somebody who is there. */
function updateNote(context: TctlContext, name: string): string {
  const wishes = ['roles', ...Object.keys(traitFlags)].flatMap((flag) => {
    const values = listFlag(context, flag)
    const option = flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return values.length === 0 ? [] : [`--set-${option}=${quoted(values.join(','))}`]
  })
  return `NOTE: to change the user who exists, run: tctl users update ${[...wishes, quoted(name)].join(' ')}`
}

/** The text as a shell takes it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export async function resetUser(context: TctlContext): Promise<number> {
  const [name = ''] = context.args
  const ttlMilliseconds = ttlFlag(context, inviteTtlMilliseconds.reset)
  const link = await withAuthority(context, (authority) => authority.createInvite({ user: name, usage: 'reset', ttlMilliseconds }))
  printLink(context, { ...link, user: name, usage: 'reset', ttlMilliseconds })
  return 0
}

interface Link {
  readonly token: string
  readonly url: string
  readonly expires: string
  readonly user: string
  readonly usage: InviteUsage
  readonly ttlMilliseconds: number
}

function printLink(context: TctlContext, link: Link): void {
  const { terminal, client } = context.world
  if (textFlag(context, 'format') === 'json') {
    terminal.answer(printJson(linkDocument(link, client.clock.now())))
    return
  }
  const host = /^https:\/\/([^/]+)/.exec(link.url)?.[1] ?? link.url
  terminal.answer(
    [
      `${sentenceOf(link)}, link is valid for ${formatDuration(link.ttlMilliseconds)}:`,
      link.url,
      '',
      `NOTE: ${host} must be the address of a proxy that ${link.user} can reach.`,
    ].join('\n'),
  )
}

function sentenceOf({ user, usage }: Link): string {
  return usage === 'invite'
    ? `User "${user}" has been created but requires a password. Share this URL with the person to choose one`
    : `User "${user}" has been reset and has no password now. Share this URL with the person to choose a new one`
}

function linkDocument(link: Link, now: Date): unknown {
  return {
    kind: 'user_token',
    version: 'v3',
    metadata: { name: link.token, expires: link.expires },
    spec: { user: link.user, url: link.url, usage: link.usage, created: now.toISOString() },
  }
}
