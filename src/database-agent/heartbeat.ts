/** Presence: the agent says every minute which databases it serves, and takes its word back when it stops. */
import { messageOf } from '#foundation'
import type { Database, DatabaseServer } from '#resources'
import type { AgentOptions } from './agent-options.ts'
import { answerInTime } from './answer-in-time.ts'

const periodMilliseconds = 60_000
const retryMilliseconds = 5_000

export type HeartbeatOptions = Pick<AgentOptions, 'authority' | 'databases' | 'clock' | 'randomness' | 'log' | 'version' | 'identity'>

/** Announces until the signal aborts. Never rejects. */
export async function runHeartbeat(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const announced = await Promise.all(options.databases.map((database) => announce(database, options, signal)))
    const jitter = 0.9 + 0.2 * options.randomness.fraction()
    const pause = announced.includes(false) ? retryMilliseconds * jitter : periodMilliseconds * jitter
    await options.clock.sleep(pause, { signal }).catch(ignore)
  }
}

/** Takes the announcements back; what cannot be taken back expires by itself. Never rejects. */
export async function withdrawAll(options: HeartbeatOptions): Promise<void> {
  await Promise.all(options.databases.map(({ metadata }) => withdraw(metadata.name, options)))
}

/** Never rejects. */
export async function withdraw(name: string, options: Omit<HeartbeatOptions, 'databases'>): Promise<void> {
  try {
    await answerInTime(options.authority.deleteDatabaseServer({ name }), options)
  } catch (error) {
    options.log.warn('announcement not withdrawn', { database: name, error: messageOf(error) })
  }
}

/** Whether it was heard. Never rejects. */
export async function announce(database: Database, options: Omit<HeartbeatOptions, 'databases'>, signal: AbortSignal): Promise<boolean> {
  try {
    const announcing = options.authority.upsertDatabaseServer({ server: serverOf(database, options) })
    await answerInTime(announcing, { clock: options.clock, signal })
    return true
  } catch (error) {
    if (!signal.aborted) options.log.warn('database not announced', { database: database.metadata.name, error: messageOf(error) })
    return false
  }
}

function serverOf(database: Database, options: Omit<HeartbeatOptions, 'databases'>): DatabaseServer {
  return {
    kind: 'db_server',
    version: 'v3',
    metadata: { name: database.metadata.name, labels: {} },
    spec: { version: options.version, hostname: options.identity.hostname, hostId: options.identity.hostId, database },
  }
}

function ignore(): void {}
