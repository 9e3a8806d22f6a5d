/** `tsh db env`: the variables of libpq for one database. */
import { directEnvironment } from '#client'
import { printJson, printYaml } from '#presentation'
import type { TshContext } from '../context.ts'
import { describedDatabase } from '../described-database.ts'
import type { Flags } from '../program.ts'
import { shellWord } from '../shell-words.ts'

export async function environment(context: TshContext, flags: Flags): Promise<number> {
  const variables = directEnvironment((await describedDatabase(context, flags)).target)
  context.world.terminal.answer(environmentText(variables, flags['format']))
  return 0
}

function environmentText(variables: Readonly<Record<string, string>>, format: unknown): string {
  if (format === 'json') return printJson(variables)
  if (format === 'yaml') return printYaml(variables)
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellWord(value)}`)
    .join('\n')
}
