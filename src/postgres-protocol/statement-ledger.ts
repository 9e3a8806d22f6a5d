/** The statements of a session from begun to finished, each told once at either end. */
import type { ErrorFields } from './error-response.ts'
import type { ParameterValue } from './parameter-values.ts'
import { OpenStatement, rowsOfTag, type SqlText, type StatementBegun, type StatementFinished, type StatementOutcome } from './statement.ts'

export interface StatementLedgerOptions {
  /** Milliseconds that never run backwards. */
  readonly now: () => number
  readonly onBegun: (statement: StatementBegun) => void
  readonly onFinished: (statement: StatementFinished) => void
}

export interface StatementDescription {
  readonly kind: StatementBegun['kind']
  readonly text: SqlText
  readonly isMissing?: boolean
  readonly parameters: readonly ParameterValue[] | undefined
  readonly parametersCut?: boolean
  readonly statementName?: string | undefined
  readonly portalName?: string | undefined
}

export class StatementLedger {
  readonly #options: StatementLedgerOptions
  readonly #open = new Set<OpenStatement>()
  #count = 0
  #latest: OpenStatement | undefined
  /** Complete, but a commit at the coming Sync may still fail (a deferred constraint). */
  #settled: OpenStatement | undefined

  constructor(options: StatementLedgerOptions) {
    this.#options = options
  }

  begin(description: StatementDescription, clientBytes: number): OpenStatement {
    const statement = new OpenStatement(this.#count, this.#options.now(), clientBytes)
    this.#count += 1
    this.#open.add(statement)
    this.#latest = statement
    this.#options.onBegun(begunOf(statement.index, description))
    return statement
  }

  /** COPY data from the client. */
  countCopy(bytes: number): void {
    if (this.#latest !== undefined && !this.#latest.isFinished) this.#latest.clientBytes += bytes
  }

  /** A command is complete; a simple query may have more. The tag of an empty query is undefined. */
  complete(statement: OpenStatement, tag: string | undefined): void {
    statement.commands += 1
    statement.rows += statement.rowsOfCommand > 0 || tag === undefined ? statement.rowsOfCommand : rowsOfTag(tag)
    statement.rowsOfCommand = 0
    if (tag !== undefined) statement.commandTag = tag
    if (statement.outcome !== 'error') statement.outcome = 'ok'
  }

  fail(statement: OpenStatement, error: ErrorFields): void {
    statement.outcome = 'error'
    statement.error = error
  }

  /** An error in answer to Sync itself; false when no statement can be to blame. */
  failSettled(error: ErrorFields): boolean {
    if (this.#settled === undefined) return false
    this.fail(this.#settled, error)
    return true
  }

  /** Nothing but the answer to Sync can change its outcome now. */
  settle(statement: OpenStatement): void {
    this.flush()
    statement.endedAt = this.#options.now()
    this.#settled = statement
  }

  /** Rows are left in the portal: the client may fetch them or not. */
  pause(statement: OpenStatement): void {
    statement.endedAt = this.#options.now()
  }

  flush(): void {
    const settled = this.#settled
    this.#settled = undefined
    if (settled !== undefined) this.finish(settled, 'ok')
  }

  /** Finishes a statement, with this outcome unless it has one. */
  finish(statement: OpenStatement, outcome: StatementOutcome): void {
    if (statement.isFinished) return
    statement.isFinished = true
    this.#open.delete(statement)
    if (this.#latest === statement) this.#latest = undefined
    const endedAt = statement.endedAt ?? this.#options.now()
    this.#options.onFinished(finishedOf(statement, statement.outcome ?? outcome, endedAt))
  }

  /** Finishes everything. Rows fetched with nothing asked since are a suspended statement; the rest is unknown. */
  finishAll(): void {
    this.flush()
    for (const statement of [...this.#open]) {
      const isSuspended = statement.outcome === 'suspended' && statement.executesWaiting === 0
      if (!isSuspended && statement.outcome !== 'error') statement.outcome = 'unknown'
      this.finish(statement, 'unknown')
    }
  }
}

function begunOf(index: number, description: StatementDescription): StatementBegun {
  const { kind, text, isMissing, parameters, parametersCut, statementName, portalName } = description
  return {
    index,
    kind,
    ...text,
    parameters,
    ...(parametersCut === true ? { parametersCut } : {}),
    ...(isMissing === true ? { sqlMissing: isMissing } : {}),
    ...(statementName === undefined ? {} : { statementName }),
    ...(portalName === undefined ? {} : { portalName }),
  }
}

function finishedOf(statement: OpenStatement, outcome: StatementOutcome, endedAt: number): StatementFinished {
  const { index, rows, rowsOfCommand, commands, commandTag, error, serverBytes, clientBytes, begunAt } = statement
  return {
    index,
    outcome,
    rows: rows + rowsOfCommand,
    commands,
    ...(commandTag === undefined ? {} : { commandTag }),
    ...(error?.sqlState === undefined ? {} : { sqlState: error.sqlState }),
    ...(error?.message === undefined ? {} : { message: error.message }),
    serverBytes,
    clientBytes,
    durationMilliseconds: endedAt - begunAt,
  }
}
