/** `tsh proxy ls`: the local proxies that run, in whatever terminal or none. */
import { listLocalProxies } from '#client'
import { printJson, printYaml } from '#presentation'
import { profileDirectory, type TshContext } from '../context.ts'
import { printProxy, proxyTable } from '../proxy-text.ts'
import type { Flags } from '../program.ts'

export async function listProxies(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const records = await listLocalProxies(client, profileDirectory(context))
  if (flags['format'] === 'json') terminal.answer(printJson(records.map(printProxy)))
  else if (flags['format'] === 'yaml') terminal.answer(printYaml(records.map(printProxy)))
  else terminal.answer(proxyTable(records, client.clock.now()))
  return 0
}
