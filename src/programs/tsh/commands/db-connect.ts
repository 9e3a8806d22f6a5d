/** `tsh db connect`: psql, through a local proxy that lives as long as psql does. */
import { PortunusError, Secret, toHex } from '#foundation'
import { loopbackEnvironment, loopbackUri } from '#client'
import type { TshContext } from '../context.ts'
import { openLocalProxy } from '../open-proxy.ts'
import type { Flags } from '../program.ts'
import { resolveTarget } from '../target.ts'

const passwordLengthBytes = 16

export async function connect(context: TshContext, flags: Flags): Promise<number> {
  const target = await resolveTarget(context, flags, { needsLogin: true, refresh: false })
  const { user = '', name = '' } = target.route
  // The port is open to everybody who is logged in on this machine; psql alone is told what it asks for.
  const password = new Secret(toHex(context.world.randomness.bytes(passwordLengthBytes)))
  await using proxy = await openLocalProxy(context, target, { password })
  const uri = loopbackUri({ port: proxy.port, databaseUser: user, databaseName: name })
  try {
    // The address comes last: not every getopt looks for options behind it.
    const environment = { ...loopbackEnvironment, PGPASSWORD: password.reveal() }
    const { exitCode } = await context.world.runChild('psql', [...context.childArguments, uri], { environment })
    return exitCode
  } catch (error) {
    throw withInstallHint(error, target.route.service)
  }
}

function withInstallHint(error: unknown, database: string): unknown {
  if (!(error instanceof PortunusError) || error.code !== 'PROGRAM_NOT_FOUND') return error
  return new PortunusError('PSQL_NOT_FOUND', `Cannot connect to "${database}": psql is not installed or not on PATH`, {
    category: 'not-found',
    cause: error,
    hint: `install it with "apt-get install postgresql-client", "dnf install postgresql" or "brew install libpq", or use another client with: tsh proxy db --tunnel ${database}`,
  })
}
