/** `tsh db config`: the connection settings for one database. */
import { directUri, type DirectTarget } from '#client'
import { printJson, printYaml } from '#presentation'
import type { TshContext } from '../context.ts'
import { describedDatabase, type DescribedDatabase } from '../described-database.ts'
import type { Flags } from '../program.ts'

export async function configuration(context: TshContext, flags: Flags): Promise<number> {
  const described = await describedDatabase(context, flags)
  context.world.terminal.answer(configurationText(described, flags['format']))
  return 0
}

function configurationText({ name, target }: DescribedDatabase, format: unknown): string {
  switch (format) {
    case 'json':
      return printJson(configurationDocument(name, target))
    case 'yaml':
      return printYaml(configurationDocument(name, target))
    case 'cmd':
      return `psql "${directUri(target)}"`
    default:
      return settings(name, target)
        .map(([label, value]) => `${`${label}:`.padEnd(11)}${value}`.trimEnd())
        .join('\n')
  }
}

function settings(name: string, target: DirectTarget): readonly (readonly [string, string])[] {
  return [
    ['Name', name],
    ['Host', target.host],
    ['Port', String(target.port)],
    ['User', target.databaseUser ?? ''],
    ['Database', target.databaseName ?? ''],
    ['CA', target.authorities],
    ['Cert', target.certificate],
    ['Key', target.key],
  ]
}

function configurationDocument(name: string, target: DirectTarget): Readonly<Record<string, unknown>> {
  return {
    name,
    host: target.host,
    port: target.port,
    ...(target.databaseUser === undefined ? {} : { user: target.databaseUser }),
    ...(target.databaseName === undefined ? {} : { database: target.databaseName }),
    ca: target.authorities,
    cert: target.certificate,
    key: target.key,
  }
}
