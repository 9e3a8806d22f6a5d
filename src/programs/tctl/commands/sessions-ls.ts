/** `tctl sessions ls` and `tctl sessions kill`: who is connected to which database, and ending it. */
import { printJson, printYaml, table } from '#presentation'
import { sessionColumns, sessionDocument, sessionRow } from '../../session-text.ts'
import { textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function listSessions(context: TctlContext): Promise<number> {
  const { terminal, client } = context.world
  const { sessions } = await withAuthority(context, (authority) => authority.listSessions({}))
  switch (textFlag(context, 'format')) {
    case 'json':
      terminal.answer(printJson(sessions.map(sessionDocument)))
      return 0
    case 'yaml':
      terminal.answer(printYaml(sessions.map(sessionDocument)))
      return 0
    default: {
      const rows = sessions.map((session) => sessionRow(session, client.clock.now()))
      terminal.answer(
        rows.length === 0 ? 'No live sessions found' : table(sessionColumns, rows, { width: terminal.columns, cut: 'Client' }),
      )
      return 0
    }
  }
}

export async function killSession(context: TctlContext): Promise<number> {
  const [id = ''] = context.args
  await withAuthority(context, (authority) => authority.killSession({ id, reason: textFlag(context, 'reason') }))
  context.world.terminal.answer(`Session ${id} has been ended`)
  return 0
}
