/** `tsh request drop`: back to the login as it was, with its own end. */
import { activeRequestsOf, dropRequests } from '#client'
import { PortunusError } from '#foundation'
import { profileDirectory, validLogin, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'
import { forgetServices } from '../service-sections.ts'
import { listOf } from '../request-program.ts'
import { tellStatus } from './status.ts'

/** Without ids, or with `*`, everything is given back. */
export async function dropAssumed(context: TshContext, flags: Flags): Promise<number> {
  const login = await validLogin(context)
  const active = activeRequestsOf(login)
  const named = listOf(flags, 'ids')
  const ids = named.length === 0 || named.includes('*') ? 'all' : named
  const strange = ids === 'all' ? undefined : ids.find((id) => !active.includes(id))
  if (strange !== undefined) {
    throw new PortunusError('ACCESS_REQUEST_NOT_ACTIVE', `Cannot drop the access request "${strange}": you have not taken it on`, {
      category: 'not-found',
      hint: 'see which are active with: tsh status',
    })
  }
  const dropped = await dropRequests(context.world.client, profileDirectory(context), { login, ids })
  await forgetServices(context, login.profile.cluster, dropped.databases)
  await tellStatus(context, dropped.login)
  return 0
}
