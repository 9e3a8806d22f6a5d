/** `tctl access explain`: whether a user may connect to a database, and why. */
import { explanationText } from '../../access-explanation.ts'
import { flagMissing, textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function explainAccess(context: TctlContext): Promise<number> {
  const user = required(context, 'user', 'user')
  const target = {
    database: required(context, 'db', 'db'),
    databaseUser: required(context, 'dbUser', 'db-user'),
    databaseName: required(context, 'dbName', 'db-name'),
  }
  const explanation = await withAuthority(context, (authority) => authority.explainAccess({ user, ...target }))
  context.world.terminal.answer(explanationText(explanation, target, context.flags['format']))
  return 0
}

function required(context: TctlContext, option: string, flag: string): string {
  const value = textFlag(context, option)
  if (value !== undefined) return value
  throw flagMissing(flag, 'write it like: tctl access explain --user=alice --db=my-redshift --db-user=alice --db-name=dev')
}
