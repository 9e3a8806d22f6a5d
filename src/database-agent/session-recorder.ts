/** Turns what the tap sees into journal records: each statement is written ahead when it is sent and completed when it is answered. */
import { auditEvent, type AuditEvent, type AuditEventBody, type BegunStatement, type StatementEvents } from '#audit-events'
import { PortunusError } from '#foundation'
import { createStatementAssembler, type StatementBegun, type StatementFinished } from '#postgres-protocol'
import type { AgentOptions } from './agent-options.ts'
import type { AuditTurn } from './audit-turn.ts'
import { openRecordedTexts, type RecordedTexts } from './long-texts.ts'
import { resultOf, statementEventsOf, surpriseEvent, textOf, type SessionFacts, type UpstreamFacts } from './session-facts.ts'

/** Bytes by which a server tells names apart (Amazon Redshift, names and identifiers; PostgreSQL, NAMEDATALEN). */
const nameBytesMax = { redshift: 127, postgres: 63 } as const
const limits = { sqlBytesMax: 256 * 1024, parametersBytesMax: 256 * 1024, preparedBytesMax: 8 * 1024 * 1024 }

export interface SessionRecorder {
  /**
   * Reads bytes on their way to the database; true when a record must be on disk before they go on.
   * Throws CLIENT_MESSAGE_UNREADABLE, since a server may well run what follows, and STATEMENT_TOO_LONG:
   * nothing of the chunk may go on.
   */
  frontend(chunk: Uint8Array): boolean
  /** Reads bytes on their way to the client. */
  backend(chunk: Uint8Array): void
  /** At least this many bytes are missing of the message the server is in the middle of; 0 between messages. */
  missing(): number
  /** How many statements have been sent and not answered. */
  running(): number
  /** Completes what is still open; its outcome is unknown. */
  end(): void
  /** Completes what is open: refused where it was not sent, and with an unknown outcome where it was. */
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
  readonly begun: BegunStatement
  isSent: boolean
}

export function openSessionRecorder(options: SessionRecorderOptions): SessionRecorder {
  const { facts, upstream, turn, agent } = options
  const statements = statementEventsOf(facts, upstream, agent.identity.cluster)
  const totals = { statements: 0, clientBytes: 0, serverBytes: 0 }
  let mustWrite = false
  let unreadable: PortunusError | undefined

  const wrote = (error: unknown): void => {
    if (error !== undefined) agent.log.error('audit record not written yet', { session: facts.sessionId, error })
  }
  const append = (body: AuditEventBody): void => agent.journal.append(stamped(body, agent))
  const longTexts = openRecordedTexts({
    ...{ facts, upstream, statements, agent, append },
    onKept: () => void (mustWrite = true),
    onRefused(error) {
      unreadable = error
      totals.statements += 1
      turn.afterWrite(wrote)
    },
  })
  const open = trackStatements({ ...options, statements, longTexts, wrote })
  const assembler = createStatementAssembler({
    ...limits,
    longTexts,
    nameBytesMax: facts.databaseType.startsWith('redshift') ? nameBytesMax.redshift : nameBytesMax.postgres,
    createHash: agent.createHash,
    now: () => agent.clock.monotonicMilliseconds(),
    onBegun(begun) {
      mustWrite = true
      totals.statements += 1
      open.begin(begun)
    },
    onFinished: (finished) => open.finish(finished),
    onSurprise(surprise) {
      agent.log.warn('audit cannot read a session from here', { session: facts.sessionId, ...surprise })
      append(surpriseEvent(facts, surprise))
      turn.afterWrite(wrote)
      if (surprise.direction === 'frontend') unreadable = messageUnreadable(surprise.reason)
    },
  })
  return {
    totals,
    frontend(chunk) {
      totals.clientBytes += chunk.length
      mustWrite = false
      assembler.frontend(chunk)
      if (unreadable !== undefined) throw unreadable
      return mustWrite
    },
    backend(chunk) {
      totals.serverBytes += chunk.length
      assembler.backend(chunk)
    },
    missing: () => assembler.missingServerBytes,
    running: () => open.count(),
    end: () => assembler.end(),
    refuse: () => open.refuse(),
  }
}

interface StatementTracking extends SessionRecorderOptions {
  readonly statements: StatementEvents
  readonly longTexts: RecordedTexts
  readonly wrote: (error: unknown) => void
}

/** The statements that have been sent and not answered. */
function trackStatements({ upstream, turn, agent, statements, longTexts, wrote }: StatementTracking) {
  const open = new Map<number, OpenStatement>()
  return {
    count: () => open.size,
    begin(begun: StatementBegun): void {
      const own = begun.longTextIds?.find((id) => longTexts.claim(id))
      const stamp = { uid: own ?? agent.randomness.uuid(), time: agent.clock.now() }
      const statement = { begun: statements.begun(textOf(begun, upstream, own), stamp), isSent: false }
      open.set(begun.index, statement)
      agent.journal.beginStatement({ uid: stamp.uid, provisional: statement.begun.json })
      turn.afterWrite((error) => void (statement.isSent = error === undefined))
    },
    finish(finished: StatementFinished): void {
      const statement = open.get(finished.index)
      if (statement === undefined) return
      open.delete(finished.index)
      const { event: record, changed } = statements.finished(statement.begun, finished.outcome, resultOf(finished))
      agent.journal.finishStatement(record, changed)
      turn.writeSoon(wrote)
    },
    refuse(): void {
      for (const { begun, isSent } of open.values()) {
        agent.journal.finishStatement(statements.finished(begun, isSent ? 'unknown' : 'refused').event)
      }
      open.clear()
      turn.afterWrite(wrote)
    },
  }
}

function stamped(body: AuditEventBody, { randomness, clock, identity }: SessionRecorderOptions['agent']): AuditEvent {
  return auditEvent(body, { uid: randomness.uuid(), time: clock.now(), clusterName: identity.cluster })
}

function messageUnreadable(reason: string): PortunusError {
  return new PortunusError('CLIENT_MESSAGE_UNREADABLE', `Cannot go on with the session: the client sent ${reason}`, {
    category: 'bad-input',
    sqlState: '08P01',
    hint: 'use a PostgreSQL 3.x client, without protocol extensions',
  })
}
