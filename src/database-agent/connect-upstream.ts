/** From an admitted session to a database that has let us in: the login plan, its credentials, and the connection. */
import { planRedshiftLogin } from '#aws-model'
import { PortunusError } from '#foundation'
import type { AgentOptions, DatabaseLogin } from './agent-options.ts'
import type { ClientStartup } from './client-startup.ts'
import { connectDatabase, type DatabaseConnection } from './connect-database.ts'
import type { SessionFacts } from './session-facts.ts'

const connectMillisecondsMax = 60_000

export interface UpstreamConnection {
  readonly login: DatabaseLogin
  readonly connection: DatabaseConnection
}

/** Throws what `planRedshiftLogin`, the AWS client and `connectDatabase` throw, and the reason of the signal. */
export async function connectUpstream(
  startup: ClientStartup,
  facts: SessionFacts,
  agent: AgentOptions,
  abandoned: AbortSignal,
): Promise<UpstreamConnection> {
  const signal = AbortSignal.any([abandoned, agent.clock.deadline(connectMillisecondsMax)])
  // 5. Temporary credentials, as a database user or by an IAM role.
  const plan = planRedshiftLogin({
    database: facts.database,
    databaseUser: facts.databaseUser,
    databaseName: facts.databaseName,
    person: facts.identity.user,
    sessionId: facts.sessionId,
  })
  const logIn = async (fresh: boolean): Promise<UpstreamConnection> => {
    const login = await agent.redshiftLogins.issue(plan, { signal, fresh })
    // 6. Verified TLS to the database, and its login.
    const { protocol, parameters } = startup
    const request = { database: facts.database, login, databaseName: facts.databaseName, protocol, parameters, signal }
    return { login, connection: await connectDatabase(request, agent) }
  }
  try {
    return await logIn(false)
  } catch (error) {
    // A kept password that the database refuses may have been revoked; a new one is asked for once.
    if (!(error instanceof PortunusError) || error.code !== 'DATABASE_LOGIN_REFUSED' || error.sqlState !== '28P01') throw error
    return await logIn(true)
  }
}
