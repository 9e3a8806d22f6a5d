/** Statements longer than one event holds: recorded whole, in parts, or refused. */
import { redactedParts } from '#audit-events'
import type { AuditEventBody, StatementEvents } from '#audit-events'
import { PortunusError } from '#foundation'
import type { LongTexts } from '#postgres-protocol'
import type { AgentOptions } from './agent-options.ts'
import { partEvents, type SessionFacts, type UpstreamFacts } from './session-facts.ts'

/** As long as a statement can be for Amazon Redshift ("Quotas and limits", 16 MB). */
const messageBytesMax = 16 * 1024 * 1024
/** In UTF-16 units: a part with every character escaped fits into one request to the authority, and a listing of parts into one answer. */
const partLengthMax = 64 * 1024

export interface RecordedTexts extends LongTexts {
  /** True for the first statement that runs the text: it takes the id, which the parts name, for its own. */
  claim(id: string): boolean
}

export interface RecordedTextsOptions {
  readonly facts: SessionFacts
  readonly upstream: UpstreamFacts
  readonly statements: StatementEvents
  readonly agent: Pick<AgentOptions, 'journal' | 'randomness' | 'clock'>
  readonly append: (body: AuditEventBody) => void
  /** Parts were put into the journal; they must be on disk before the text goes on. */
  readonly onKept: () => void
  readonly onRefused: (error: PortunusError) => void
}

export function openRecordedTexts({ facts, upstream, statements, agent, append, onKept, onRefused }: RecordedTextsOptions): RecordedTexts {
  const unused = new Set<string>()
  return {
    bytesMax: messageBytesMax,
    claim: (id) => unused.delete(id),
    keep({ sql }) {
      const id = agent.randomness.uuid()
      const parts = redactedParts(sql, partLengthMax)
      for (const part of partEvents(facts, id, parts)) append(part)
      unused.add(id)
      onKept()
      return { id, firstPart: parts[0] ?? '' }
    },
    refuse(lengthBytes) {
      const error = statementTooLong(lengthBytes)
      const text = { postgres_pid: upstream.processId, db_query: '', db_query_bytes: lengthBytes, db_query_missing: true } as const
      const begun = statements.begun(text, { uid: agent.randomness.uuid(), time: agent.clock.now() })
      agent.journal.append(statements.finished(begun, 'refused', { sql_state: error.sqlState, error: error.message }).event)
      onRefused(error)
    },
  }
}

function statementTooLong(lengthBytes: number): PortunusError {
  const message = `Cannot run a statement of ${lengthBytes} bytes: no more than ${messageBytesMax} bytes of one statement can be recorded`
  return new PortunusError('STATEMENT_TOO_LONG', message, {
    category: 'limit-exceeded',
    sqlState: '54000',
    hint: 'split the statement, or load its data with COPY',
  })
}
