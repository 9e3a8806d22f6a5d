/** Presence: the agent says every minute which databases it serves, and takes its word back when it stops. */
import { messageOf } from '#foundation'
import type { Database, DatabaseServer } from '#resources'
import type { AgentOptions } from './agent-options.ts'

const periodMilliseconds = 60_000
const retryMilliseconds = 5_000

/** Announces until the signal aborts. Never rejects. */
export async function runHeartbeat(options: AgentOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const announced = await announceAll(options)
    const jitter = 0.9 + 0.2 * options.randomness.fraction()
    const pause = announced ? periodMilliseconds * jitter : retryMilliseconds * jitter
    await options.clock.sleep(pause, { signal }).catch(ignore)
  }
}

/** Takes the announcements back; what cannot be taken back expires by itself. */
export async function withdrawAll(options: AgentOptions): Promise<void> {
  for (const database of options.databases) {
    try {
      await options.authority.deleteDatabaseServer({ name: database.metadata.name })
    } catch (error) {
      options.log.warn('announcement not withdrawn', { database: database.metadata.name, error: messageOf(error) })
    }
  }
}

async function announceAll(options: AgentOptions): Promise<boolean> {
  let all = true
  for (const database of options.databases) {
    try {
      await options.authority.upsertDatabaseServer({ server: serverOf(database, options) })
    } catch (error) {
      all = false
      options.log.warn('database not announced', { database: database.metadata.name, error: messageOf(error) })
    }
  }
  return all
}

function serverOf(database: Database, options: AgentOptions): DatabaseServer {
  return {
    kind: 'db_server',
    version: 'v3',
    metadata: { name: database.metadata.name, labels: {} },
    spec: { version: options.version, hostname: options.identity.hostname, hostId: options.identity.hostId, database },
  }
}

function ignore(): void {}
