/** `tsh request search`: what one may ask for. */
import { baseOf, openAuthority } from '#client'
import { printJson, printYaml, table } from '#presentation'
import { validLogin, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'

export async function searchRequestable(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  await using connection = await openAuthority(client, baseOf(await validLogin(context)))
  const { roles } = await connection.authority.listRequestableRoles({})
  switch (flags['format']) {
    case 'json':
      terminal.answer(printJson({ roles }))
      return 0
    case 'yaml':
      terminal.answer(printYaml({ roles }))
      return 0
    default:
      terminal.answer(
        roles.length === 0
          ? 'There is no role that you may request'
          : table(
              ['Role'],
              roles.map((role) => [role]),
            ),
      )
  }
  if (roles.length > 0) terminal.tell(`\nRequest them with: tsh request create --roles=${roles.join(',')} --reason="<why>"`)
  return 0
}
