/** `tsh db connect`: psql, through a local proxy that lives as long as psql does. */
import type { TshContext } from '../context.ts'
import { openPsql } from '../open-psql.ts'
import type { Flags } from '../program.ts'
import { resolveTarget } from '../target.ts'

export async function connect(context: TshContext, flags: Flags): Promise<number> {
  const target = await resolveTarget(context, flags, { needsLogin: true, refresh: false })
  await using psql = await openPsql(context, target)
  const { environment } = psql
  // The address comes last: not every getopt looks for options behind it.
  const { exitCode } = await psql.guard(context.world.runChild('psql', [...context.childArguments, psql.uri], { environment }))
  return exitCode
}
