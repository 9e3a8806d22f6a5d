/** `tsh db explain`: whether one may connect to a database, and why. */
import { openAuthority } from '#client'
import { PortunusError } from '#foundation'
import { explanationText } from '../../access-explanation.ts'
import { nonEmpty, validLogin, type TshContext } from '../context.ts'
import { textOrUndefined, type Flags } from '../program.ts'

export async function explainAccess(context: TshContext, flags: Flags): Promise<number> {
  const target = {
    database: required(flags['name'], 'the database'),
    databaseUser: required(flags['dbUser'], '--db-user'),
    databaseName: required(flags['dbName'], '--db-name'),
  }
  await using connection = await openAuthority(context.world.client, await validLogin(context))
  const explanation = await connection.authority.explainOwnAccess(target)
  context.world.terminal.answer(explanationText(explanation, target, flags['format']))
  return 0
}

function required(value: unknown, what: string): string {
  const text = nonEmpty(textOrUndefined(value))
  if (text !== undefined) return text
  throw new PortunusError('EXPLAINED_TARGET_MISSING', `Cannot explain access: ${what} is missing`, {
    category: 'bad-input',
    hint: 'write it like: tsh db explain my-redshift --db-user=alice --db-name=dev',
  })
}
