/** Tells the cluster which sessions are alive: soon after each change, and again every minute. */
import { messageOf, type Clock, type Log } from '#foundation'
import type { AgentAuthority } from './agent-options.ts'
import type { SessionGuards } from './session-guards.ts'

/** Sessions that come and go quickly are told together, or not at all; many sessions are much to tell, so less often. */
const settleMilliseconds = 200
const settleMillisecondsPerSession = 1
const repeatMilliseconds = 60_000
const retryMilliseconds = 5_000

export interface SessionReporterOptions {
  readonly authority: Pick<AgentAuthority, 'reportSessions'>
  readonly guards: SessionGuards
  readonly clock: Clock
  readonly log: Log
}

/** Reports until the signal aborts, and then once more. Never rejects. */
export async function runSessionReporter(options: SessionReporterOptions, signal: AbortSignal): Promise<void> {
  const { guards, clock } = options
  let change = new AbortController()
  guards.onChange(() => change.abort())
  const pause = (milliseconds: number, until: AbortSignal): Promise<void> => clock.sleep(milliseconds, { signal: until }).catch(ignore)
  let told = 0
  while (!signal.aborted) {
    change = new AbortController() // before the report: what changes during it is told by the next one
    const count = guards.sessions.length
    const isTold = count === 0 && told === 0 ? true : await report(options)
    if (isTold) told = count
    if (isTold) await pause(repeatMilliseconds, AbortSignal.any([signal, change.signal]))
    await pause(isTold ? settleMilliseconds + settleMillisecondsPerSession * count : retryMilliseconds, signal)
  }
  if (told > 0) await report(options)
}

async function report({ authority, guards, log }: SessionReporterOptions): Promise<boolean> {
  const sessions = guards.sessions.map(({ facts }) => ({
    id: facts.sessionId,
    user: facts.identity.user,
    database: facts.database.metadata.name,
    databaseUser: facts.databaseUser,
    databaseName: facts.databaseName,
    clientAddress: facts.clientAddress,
    started: facts.startedAt.toISOString(),
  }))
  try {
    await authority.reportSessions({ sessions })
    return true
  } catch (error) {
    log.debug('live sessions not told', { error: messageOf(error) })
    return false
  }
}

function ignore(): void {}
