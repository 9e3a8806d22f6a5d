/** What the audit is told of a statement, and what is kept of it while it runs. */
import type { ErrorFields } from './error-response.ts'
import type { ParameterValue } from './parameter-values.ts'

export interface SqlText {
  /** At most `sqlBytesMax` bytes of it. */
  readonly sql: string
  readonly sqlLengthBytes: number
  /** Of all the bytes, in lower-case hexadecimal; only where the text was cut. */
  readonly sqlSha256?: string
  /** Under which ids the whole text was kept (`LongTexts`), where it was; several where it is not known which of them runs. */
  readonly longTextIds?: readonly string[]
}

/** Where texts longer than `sqlBytesMax` are kept as a whole. */
export interface LongTexts {
  /** Of one message. What is longer is refused when its header is read, before anything of it can be passed on. */
  readonly bytesMax: number
  /** Takes a whole text when the last byte of its message is read; gives its id, and the first part of it to go on with. */
  keep(text: { readonly sql: string; readonly lengthBytes: number }): { readonly id: string; readonly firstPart: string }
  /** A message is too long. Nothing is read from here on. */
  refuse(lengthBytes: number): void
}

export interface StatementBegun extends SqlText {
  /** Counts from 0 within a session, in the order the client sent them. */
  readonly index: number
  /** `function` is a FunctionCall; its sql names the function's object id. */
  readonly kind: 'simple' | 'extended' | 'function'
  /** Undefined for simple queries, and for values nobody could read. */
  readonly parameters: readonly ParameterValue[] | undefined
  /** Values beyond the limit are left out. */
  readonly parametersCut?: true
  /**
   * No text is known: the statement or portal was made by SQL (PREPARE, DECLARE CURSOR) under this name, or its text was
   * forgotten to save memory.
   */
  readonly sqlMissing?: true
  /** Empty for the unnamed statement. */
  readonly statementName?: string
  /** Empty for the unnamed portal. */
  readonly portalName?: string
}

/** `suspended`: the client fetched some rows and left the rest. `skipped`: an error came first. `unknown`: no answer was seen. */
export type StatementOutcome = 'ok' | 'error' | 'skipped' | 'suspended' | 'unknown'

export interface StatementFinished {
  readonly index: number
  readonly outcome: StatementOutcome
  /** Rows returned; for commands that return none, the rows their tags count. */
  readonly rows: number
  /** Commands completed: more than one for a simple query of several. */
  readonly commands: number
  /** Of the last command. */
  readonly commandTag?: string
  readonly sqlState?: string
  readonly message?: string
  /** Messages in answer to it. */
  readonly serverBytes: number
  /** Messages sent for it, COPY data included. */
  readonly clientBytes: number
  /** From its last message to its last answer. */
  readonly durationMilliseconds: number
}

export class OpenStatement {
  readonly index: number
  readonly begunAt: number
  rows = 0
  rowsOfCommand = 0
  commands = 0
  serverBytes = 0
  clientBytes: number
  /** Execute messages without an answer. */
  executesWaiting = 0
  commandTag: string | undefined
  outcome: StatementOutcome | undefined
  error: ErrorFields | undefined
  endedAt: number | undefined
  isFinished = false
  /** Its portal runs something else now. */
  isReplaced = false

  constructor(index: number, begunAt: number, clientBytes: number) {
    this.index = index
    this.begunAt = begunAt
    this.clientBytes = clientBytes
  }
}

/** The count at the end of a command tag; Amazon Redshift sends `SELECT` without one. */
export function rowsOfTag(tag: string): number {
  const digits = /^[A-Z ]+(?: \d+)? (\d{1,15})$/.exec(tag)?.[1]
  return digits === undefined ? 0 : Number(digits)
}
