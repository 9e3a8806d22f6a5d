/** What psql needs to reach one database: a local proxy with a password that psql alone is told. */
import { PortunusError, Secret, toHex, type Environment } from '#foundation'
import { loopbackEnvironment, loopbackUri } from '#client'
import type { TshContext } from './context.ts'
import { openLocalProxy } from './open-proxy.ts'
import type { Target } from './target.ts'

const passwordLengthBytes = 16

export interface PsqlRoute extends AsyncDisposable {
  readonly uri: string
  readonly environment: Environment
  /** Waits for psql; a missing one is said with what to install (PSQL_NOT_FOUND). */
  guard<T>(running: Promise<T>): Promise<T>
}

/** The port is open to everybody who is logged in on this machine; psql alone is told what it asks for. */
export async function openPsql(context: TshContext, target: Target): Promise<PsqlRoute> {
  const { user = '', name = '', service } = target.route
  const password = new Secret(toHex(context.world.randomness.bytes(passwordLengthBytes)))
  const proxy = await openLocalProxy(context, target, { password })
  return {
    uri: loopbackUri({ port: proxy.port, databaseUser: user, databaseName: name }),
    environment: { ...loopbackEnvironment, PGPASSWORD: password.reveal() },
    async guard(running) {
      try {
        return await running
      } catch (error) {
        throw withInstallHint(error, service)
      }
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
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
