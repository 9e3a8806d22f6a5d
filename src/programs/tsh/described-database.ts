/** The database that `tsh db env` and `tsh db config` speak of: one whose credentials are stored and in time. */
import { PortunusError } from '#foundation'
import { listDatabaseKeys, notLoggedInto, planChoice, readDatabaseKeys, type DirectTarget } from '#client'
import { profileDirectory, validLogin, type TshContext } from './context.ts'
import { directTarget } from './direct-target.ts'
import type { Flags } from './program.ts'
import { selectorOf } from './target.ts'

export interface DescribedDatabase {
  readonly name: string
  readonly target: DirectTarget
}

export async function describedDatabase(context: TshContext, flags: Flags): Promise<DescribedDatabase> {
  const login = await validLogin(context)
  const directory = profileDirectory(context)
  const selector = selectorOf(flags)
  const plan = planChoice(selector, await listDatabaseKeys(directory, login.profile), 'describe')
  const name = plan.kind === 'active' ? plan.name : (selector.name ?? '')
  const held = await readDatabaseKeys(directory, login.profile, name)
  const route = held?.identity.route
  if (held === undefined || route === undefined) throw notLoggedInto(name)
  if (context.world.client.clock.now() >= held.validUntil) throw expired(name)
  return { name, target: directTarget(context, login, route) }
}

function expired(name: string): PortunusError {
  return new PortunusError('DATABASE_LOGIN_EXPIRED', `Cannot describe the connection to "${name}": the credentials have expired`, {
    category: 'unauthenticated',
    hint: `renew them with: tsh db login ${name}`,
  })
}
