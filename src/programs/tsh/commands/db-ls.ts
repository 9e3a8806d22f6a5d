/** `tsh db ls`: the databases one may connect to, and as whom. */
import { listDatabaseKeys, openAuthority, readDatabaseKeys, type HeldIdentity, type Login } from '#client'
import { printJson, printYaml, table } from '#presentation'
import { profileDirectory, validLogin, type TshContext } from '../context.ts'
import { databaseFilter } from '../database-filter.ts'
import { databaseColumns, databaseDocument, databaseRow, type ListedDatabase } from '../database-text.ts'
import type { Flags } from '../program.ts'

// From this many rows on, a person looking for one database is told how to narrow the list.
const longListRows = 20

export async function listDatabases(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const filter = databaseFilter(flags)
  const login = await validLogin(context)
  await using connection = await openAuthority(client, login)
  const { databases } = await connection.authority.listDatabases({})
  const listed = filter.pick(databases)
  switch (flags['format']) {
    case 'json':
      terminal.answer(printJson(listed.map(databaseDocument)))
      return 0
    case 'yaml':
      terminal.answer(printYaml(listed.map(databaseDocument)))
      return 0
    default:
      await tellTable(context, login, { listed, verbose: flags['verbose'] === true })
  }
  if (listed.length >= longListRows && !filter.narrows && flags['verbose'] !== true) {
    terminal.tell('Hint: narrow the list with words, tsh db ls --search=<word>,<word>, or with labels, tsh db ls <key>=<value>')
  }
  return 0
}

async function tellTable(
  context: TshContext,
  login: Login,
  { listed, verbose }: { readonly listed: readonly ListedDatabase[]; readonly verbose: boolean },
): Promise<void> {
  const active = await activeDatabases(context, login)
  const rows = listed.map((one) => databaseRow(one, { verbose, active: active.get(one.database.metadata.name) }))
  context.world.terminal.answer(
    table(databaseColumns(verbose), rows, verbose ? {} : { cut: 'Labels', width: context.world.terminal.columns }),
  )
  if (listed.length === 0) {
    context.world.terminal.tell('No database is open to your roles, or none is registered yet.')
  }
}

async function activeDatabases(context: TshContext, login: Login): Promise<ReadonlyMap<string, HeldIdentity>> {
  const directory = profileDirectory(context)
  const held = new Map<string, HeldIdentity>()
  for (const name of await listDatabaseKeys(directory, login.profile)) {
    const keys = await readDatabaseKeys(directory, login.profile, name)
    if (keys !== undefined) held.set(name, keys)
  }
  return held
}
