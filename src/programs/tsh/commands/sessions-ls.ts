/** `tsh sessions ls`: one's own live database sessions. */
import { openAuthority } from '#client'
import { sessionsText } from '../../session-text.ts'
import { validLogin, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'

export async function listOwnSessions(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  await using connection = await openAuthority(client, await validLogin(context))
  const { sessions } = await connection.authority.listOwnSessions({})
  terminal.answer(sessionsText(sessions, { format: flags['format'], now: client.clock.now(), width: terminal.columns }))
  return 0
}
