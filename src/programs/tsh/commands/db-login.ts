/** `tsh db login`: credentials for one database, kept for later and for other programs. */
import { serviceEntries } from '#client'
import type { TshContext } from '../context.ts'
import { connectCommand } from '../database-text.ts'
import { directTarget } from '../direct-target.ts'
import type { Flags } from '../program.ts'
import { rememberService } from '../service-sections.ts'
import { shellWord } from '../shell-words.ts'
import { resolveTarget } from '../target.ts'

export async function logInToDatabase(context: TshContext, flags: Flags): Promise<number> {
  const { login, route } = await resolveTarget(context, flags, { needsLogin: false, refresh: true })
  const entries = serviceEntries(directTarget(context, login, route))
  await rememberService(context, { cluster: login.profile.cluster, database: route.service, entries })
  const connect = connectCommand(route.service, { user: route.user ?? '<user>', name: route.name ?? '<name>' })
  context.world.terminal.answer(`Connection information for database "${route.service}" has been saved.

Connect to it with:
  ${connect}

Or show the settings for other clients with:
  tsh db config --format=cmd ${shellWord(route.service)}

Or open a local port for any client with:
  tsh proxy db --tunnel ${shellWord(route.service)}
`)
  return 0
}
