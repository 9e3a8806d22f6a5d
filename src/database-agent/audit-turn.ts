/** One audit write per turn of the event loop: all sessions' records go into the journal before their statements go on. */
import type { Clock } from '#foundation'
import type { AgentOptions, SessionJournal } from './agent-options.ts'

type Callback = (error: unknown) => void

export interface AuditTurn {
  /** Calls back after this turn's records have been written, or with the error when they could not be. */
  afterWrite(callback: Callback): void
  /** For records that nothing waits for: they go along with the next write, and within a few milliseconds by themselves. */
  writeSoon(callback: Callback): void
  /** Writes now, for records that something waits for. Throws AUDIT_WRITE_FAILED. */
  writeNow(): void
}

// The answer to a statement is followed by the next statement sooner than that, so most writes carry both.
const soonMilliseconds = 5

/** Without a clock, soon is the end of the turn. */
export function openAuditTurn(
  journal: Pick<SessionJournal, 'flushSync'>,
  atEndOfTurn: AgentOptions['atEndOfTurn'],
  clock?: Pick<Clock, 'timer'>,
): AuditTurn {
  let waiting: Callback[] = []
  let isTurnPlanned = false
  let isTimerSet = false
  const run = (): void => {
    const callbacks = waiting
    waiting = []
    isTurnPlanned = false
    let failure: unknown
    try {
      journal.flushSync()
    } catch (error) {
      failure = error
    }
    for (const callback of callbacks) callback(failure)
  }
  const planTurn = (): void => {
    if (isTurnPlanned) return
    isTurnPlanned = true
    atEndOfTurn(run)
  }
  const planTimer = (timers: Pick<Clock, 'timer'>): void => {
    if (isTimerSet) return
    // Left running when a turn comes first: setting it anew each time would cost more than letting it fire for nothing.
    isTimerSet = true
    timers.timer(soonMilliseconds, () => {
      isTimerSet = false
      if (waiting.length > 0 && !isTurnPlanned) run()
    })
  }
  return {
    afterWrite(callback) {
      waiting.push(callback)
      planTurn()
    },
    writeSoon(callback) {
      waiting.push(callback)
      if (clock === undefined) planTurn()
      else planTimer(clock)
    },
    writeNow: () => journal.flushSync(),
  }
}
