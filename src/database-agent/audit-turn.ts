/** One audit write per turn of the event loop: all sessions' records go into the journal before their statements go on. */
import type { AgentOptions, SessionJournal } from './agent-options.ts'

export interface AuditTurn {
  /** Calls back after this turn's records have been written, or with the error when they could not be. */
  afterWrite(callback: (error: unknown) => void): void
  /** Writes now, for records that something waits for. Throws AUDIT_WRITE_FAILED. */
  writeNow(): void
}

export function openAuditTurn(journal: SessionJournal, atEndOfTurn: AgentOptions['atEndOfTurn']): AuditTurn {
  let waiting: ((error: unknown) => void)[] = []
  const run = (): void => {
    const callbacks = waiting
    waiting = []
    let failure: unknown
    try {
      journal.flushSync()
    } catch (error) {
      failure = error
    }
    for (const callback of callbacks) callback(failure)
  }
  return {
    afterWrite(callback) {
      waiting.push(callback)
      if (waiting.length === 1) atEndOfTurn(run)
    },
    writeNow: () => journal.flushSync(),
  }
}
