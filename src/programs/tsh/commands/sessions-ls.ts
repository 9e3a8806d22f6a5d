/** `tsh sessions ls`: one's own live database sessions. */
import { openAuthority } from '#client'
import { printJson, printYaml, table } from '#presentation'
import { sessionColumns, sessionDocument, sessionRow } from '../../session-text.ts'
import { validLogin, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'

export async function listOwnSessions(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  await using connection = await openAuthority(client, await validLogin(context))
  const { sessions } = await connection.authority.listOwnSessions({})
  switch (flags['format']) {
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
