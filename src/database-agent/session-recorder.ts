/** Turns what the tap sees into journal records: each statement is written ahead when it is sent and completed when it is answered. */
import { auditEvent, type AuditEventBody } from '#audit-events'
import { createStatementAssembler, type StatementBegun, type StatementFinished } from '#postgres-protocol'
import type { AgentOptions } from './agent-options.ts'
import type { AuditTurn } from './audit-turn.ts'
import { statementEvent, surpriseEvent, type SessionFacts, type UpstreamFacts } from './session-facts.ts'

const sqlBytesMax = 256 * 1024
const parametersBytesMax = 256 * 1024
/** Redshift's names are longer than PostgreSQL's 63 bytes (Amazon Redshift, names and identifiers). */
const nameBytesMax = 127
const preparedBytesMax = 8 * 1024 * 1024

export interface SessionRecorder {
  /** Reads bytes on their way to the database; true when a record must be on disk before they go on. */
  frontend(chunk: Uint8Array): boolean
  /** Reads bytes on their way to the client. */
  backend(chunk: Uint8Array): void
  /** Completes what is still open; its outcome is unknown. */
  end(): void
  /** Completes the statements that were not sent because they could not be recorded. */
  refuse(): void
  readonly totals: { readonly statements: number; readonly clientBytes: number; readonly serverBytes: number }
}

export interface SessionRecorderOptions {
  readonly facts: SessionFacts
  readonly upstream: UpstreamFacts
  readonly turn: AuditTurn
  readonly agent: Pick<AgentOptions, 'identity' | 'journal' | 'clock' | 'randomness' | 'createHash' | 'log'>
}

interface OpenStatement {
  readonly uid: string
  readonly begun: StatementBegun
  readonly startedAt: Date
}

export function openSessionRecorder(options: SessionRecorderOptions): SessionRecorder {
  const { facts, upstream, turn, agent } = options
  const open = new Map<number, OpenStatement>()
  const totals = { statements: 0, clientBytes: 0, serverBytes: 0 }
  let mustWrite = false

  const event = (body: AuditEventBody, uid: string, time: Date) => auditEvent(body, { uid, time, clusterName: agent.identity.cluster })
  const wrote = (error: unknown): void => {
    if (error !== undefined) agent.log.error('audit record not written yet', { session: facts.sessionId, error })
  }

  function begin(begun: StatementBegun): void {
    mustWrite = true
    totals.statements += 1
    const statement = { uid: agent.randomness.uuid(), begun, startedAt: agent.clock.now() }
    open.set(begun.index, statement)
    const provisional = event(statementEvent(facts, upstream, begun, undefined), statement.uid, statement.startedAt)
    agent.journal.beginStatement({ uid: statement.uid, provisional })
  }

  function finish(finished: StatementFinished): void {
    const statement = open.get(finished.index)
    if (statement === undefined) return
    open.delete(finished.index)
    agent.journal.finishStatement(event(statementEvent(facts, upstream, statement.begun, finished), statement.uid, statement.startedAt))
    turn.afterWrite(wrote)
  }

  const assembler = createStatementAssembler({
    sqlBytesMax,
    parametersBytesMax,
    preparedBytesMax,
    nameBytesMax,
    createHash: agent.createHash,
    now: () => agent.clock.monotonicMilliseconds(),
    onBegun: begin,
    onFinished: finish,
    onSurprise(surprise) {
      agent.log.warn('audit of a session is incomplete from here', { session: facts.sessionId, ...surprise })
      agent.journal.append(event(surpriseEvent(facts, surprise), agent.randomness.uuid(), agent.clock.now()))
      turn.afterWrite(wrote)
    },
  })
  return {
    totals,
    frontend(chunk) {
      totals.clientBytes += chunk.length
      mustWrite = false
      assembler.frontend(chunk)
      return mustWrite
    },
    backend(chunk) {
      totals.serverBytes += chunk.length
      assembler.backend(chunk)
    },
    end: () => assembler.end(),
    refuse() {
      for (const { uid, begun, startedAt } of open.values()) {
        agent.journal.finishStatement(event(statementEvent(facts, upstream, begun, undefined, 'refused'), uid, startedAt))
      }
      open.clear()
    },
  }
}
