/** `tctl db ls`: every database as every agent announces it. */
import { labelsCell, printJson, printYaml, table } from '#presentation'
import { printDatabaseServer, type DatabaseServer } from '#resources'
import { parseLabelParts } from '../labels.ts'
import { listFlag, splitList, textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function listDatabaseServers(context: TctlContext): Promise<number> {
  const { terminal } = context.world
  const labels = Object.entries(parseLabelParts(splitList(context.args[0] ?? '')))
  const words = listFlag(context, 'search').map((word) => word.toLowerCase())
  const { servers } = await withAuthority(context, (authority) => authority.listDatabaseServers({}))
  const found = servers
    .filter(({ spec }) => labels.every(([key, value]) => spec.database.metadata.labels[key] === value))
    .filter((server) => words.every((word) => textOf(server).includes(word)))
    .toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1))
  switch (textFlag(context, 'format')) {
    case 'json':
      terminal.answer(printJson(found.map(printDatabaseServer)))
      return 0
    case 'yaml':
      terminal.answer(printYaml(found.map(printDatabaseServer)))
      return 0
    default:
      terminal.answer(printTable(context, found))
  }
  if (found.length === 0) terminal.tell('No agent announces such a database.')
  return 0
}

function printTable(context: TctlContext, servers: readonly DatabaseServer[]): string {
  const isVerbose = context.flags['verbose'] === true
  const rows = servers.map(({ spec }) => {
    const { metadata, spec: database } = spec.database
    return [spec.hostname, metadata.name, database.protocol, database.uri, labelsCell(metadata.labels), spec.version]
  })
  const options = isVerbose ? {} : { width: context.world.terminal.columns }
  return table(['Host', 'Name', 'Protocol', 'URI', 'Labels', 'Version'], rows, options)
}

function orderOf({ spec }: DatabaseServer): string {
  return `${spec.hostname}\n${spec.database.metadata.name}`
}

function textOf(server: DatabaseServer): string {
  return JSON.stringify(printDatabaseServer(server)).toLowerCase()
}
