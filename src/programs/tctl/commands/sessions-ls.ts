/** `tctl sessions ls` and `tctl sessions kill`: who is connected to which database, and ending it. */
import { sessionsText } from '../../session-text.ts'
import { textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function listSessions(context: TctlContext): Promise<number> {
  const { terminal, client } = context.world
  const { sessions } = await withAuthority(context, (authority) => authority.listSessions({}))
  terminal.answer(sessionsText(sessions, { format: textFlag(context, 'format'), now: client.clock.now(), width: terminal.columns }))
  return 0
}

export async function killSession(context: TctlContext): Promise<number> {
  const [id = ''] = context.args
  await withAuthority(context, (authority) => authority.killSession({ id, reason: textFlag(context, 'reason') }))
  context.world.terminal.answer(`Session ${id} has been ended`)
  return 0
}
