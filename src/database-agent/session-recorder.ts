/** Turns what the tap sees into journal records: each statement is written ahead when it is sent and completed when it is answered. */
import { auditEvent, redactedParts, type AuditEvent, type AuditEventBody, type BegunStatement } from '#audit-events'
import { PortunusError } from '#foundation'
import { createStatementAssembler, type LongTexts, type StatementBegun, type StatementFinished } from '#postgres-protocol'
import type { AgentOptions } from './agent-options.ts'
import type { AuditTurn } from './audit-turn.ts'
import { partEvents, resultOf, statementEventsOf, surpriseEvent, textOf, type SessionFacts, type UpstreamFacts } from './session-facts.ts'

/** Bytes by which a server tells names apart (Amazon Redshift, names and identifiers; PostgreSQL, NAMEDATALEN). */
const nameBytesMax = { redshift: 127, postgres: 63 } as const
const limits = { sqlBytesMax: 256 * 1024, parametersBytesMax: 256 * 1024, preparedBytesMax: 8 * 1024 * 1024 }
/** As long as a statement can be for Amazon Redshift ("Quotas and limits", 16 MB); all of it is recorded. */
const messageBytesMax = 16 * 1024 * 1024
/** In UTF-16 units: even with every character escaped in JSON a part fits into one request to the authority. */
const partLengthMax = 128 * 1024

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
  const open = new Map<number, OpenStatement>()
  const totals = { statements: 0, clientBytes: 0, serverBytes: 0 }
  let mustWrite = false
  let unreadable: PortunusError | undefined
  /** Ids of long texts that nothing has run yet: the first statement to run one takes its id, which its parts name. */
  const unusedTexts = new Set<string>()

  const wrote = (error: unknown): void => {
    if (error !== undefined) agent.log.error('audit record not written yet', { session: facts.sessionId, error })
  }

  function begin(begun: StatementBegun): void {
    mustWrite = true
    totals.statements += 1
    const own = begun.longTextIds?.find((id) => unusedTexts.delete(id))
    const stamp = { uid: own ?? agent.randomness.uuid(), time: agent.clock.now() }
    const statement = { begun: statements.begun(textOf(begun, upstream, own), stamp), isSent: false }
    open.set(begun.index, statement)
    agent.journal.beginStatement({ uid: stamp.uid, provisional: statement.begun.json })
    turn.afterWrite((error) => void (statement.isSent = error === undefined))
  }

  function finish(finished: StatementFinished): void {
    const statement = open.get(finished.index)
    if (statement === undefined) return
    open.delete(finished.index)
    const { event: record, changed } = statements.finished(statement.begun, finished.outcome, resultOf(finished))
    agent.journal.finishStatement(record, changed)
    turn.writeSoon(wrote)
  }

  const longTexts: LongTexts = {
    bytesMax: messageBytesMax,
    keep({ sql }) {
      mustWrite = true
      const id = agent.randomness.uuid()
      const parts = redactedParts(sql, partLengthMax)
      for (const part of partEvents(facts, id, parts)) agent.journal.append(stamped(part, agent))
      unusedTexts.add(id)
      return { id, firstPart: parts[0] ?? '' }
    },
    refuse(lengthBytes) {
      unreadable = statementTooLong(lengthBytes)
      totals.statements += 1
      const text = { postgres_pid: upstream.processId, db_query: '', db_query_bytes: lengthBytes, db_query_missing: true } as const
      const begun = statements.begun(text, { uid: agent.randomness.uuid(), time: agent.clock.now() })
      const result = { sql_state: unreadable.sqlState, error: unreadable.message }
      agent.journal.append(statements.finished(begun, 'refused', result).event)
      turn.afterWrite(wrote)
    },
  }
  const assembler = createStatementAssembler({
    ...limits,
    longTexts,
    nameBytesMax: facts.databaseType.startsWith('redshift') ? nameBytesMax.redshift : nameBytesMax.postgres,
    createHash: agent.createHash,
    now: () => agent.clock.monotonicMilliseconds(),
    onBegun: begin,
    onFinished: finish,
    onSurprise(surprise) {
      agent.log.warn('audit cannot read a session from here', { session: facts.sessionId, ...surprise })
      agent.journal.append(stamped(surpriseEvent(facts, surprise), agent))
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
    running: () => open.size,
    end: () => assembler.end(),
    refuse() {
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

function statementTooLong(lengthBytes: number): PortunusError {
  const message = `Cannot run a statement of ${lengthBytes} bytes: no more than ${messageBytesMax} bytes of one statement can be recorded`
  return new PortunusError('STATEMENT_TOO_LONG', message, {
    category: 'limit-exceeded',
    sqlState: '54000',
    hint: 'split the statement, or load its data with COPY',
  })
}

function messageUnreadable(reason: string): PortunusError {
  return new PortunusError('CLIENT_MESSAGE_UNREADABLE', `Cannot go on with the session: the client sent ${reason}`, {
    category: 'bad-input',
    sqlState: '08P01',
    hint: 'use a PostgreSQL 3.x client, without protocol extensions',
  })
}
