/**
 * Which answer belongs to which request. A client may send many messages before it reads an answer; the server answers in
 * order, and after an error skips to the next Sync (PostgreSQL manual, 54.2.3 and 54.2.4). Where a server departs from that,
 * the pipeline finds back into step at the next ReadyForQuery instead of failing.
 */
import type { ErrorFields } from './error-response.ts'
import { isBoundary, type Operation } from './operation.ts'
import { Queue } from './queue.ts'
import type { OpenStatement } from './statement.ts'
import type { StatementLedger } from './statement-ledger.ts'

export interface PipelineOptions {
  readonly ledger: StatementLedger
  /** The server is outside a transaction: portals made up to this group are no more. */
  readonly onIdle: (group: number) => void
  /** So many messages wait for an answer that none can be expected any more. */
  readonly onOverflow: (waiting: number) => void
}

// A client that never reads fills the sockets in between long before; this bounds our memory, not the client.
const waitingMax = 65_536
// How far a missing answer may throw us off before we stop looking for what was answered.
const lookAheadMax = 64
// Beyond it, statements that are skipped anyway are told without their texts.
const skippedLateMax = 1024
const idleStatus = 0x49 // 'I'

export class Pipeline {
  readonly #options: PipelineOptions
  readonly #queue = new Queue<Operation>()
  /** Operations in the queue that ReadyForQuery answers. */
  #boundaries = 0
  /** The first ReadyForQuery ends the startup phase. */
  #isStarting = true
  /** An error came and its Sync has not been sent yet. */
  #isSkipping = false
  /** Parse and Bind since then: the texts that skipped statements would have run. */
  #skippedLate: Operation[] = []
  #isDeaf = false

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  add(operation: Operation): void {
    if (this.#isDeaf) return this.#abandon(operation)
    if (operation.kind === 'sync') this.#endSkipping()
    if (this.#isSkipping) return this.#skipLate(operation)
    this.#queue.push(operation)
    if (isBoundary(operation)) this.#boundaries += 1
    if (this.#queue.length > waitingMax) this.#options.onOverflow(this.#queue.length)
  }

  /** No answer will be seen any more. */
  goDeaf(): void {
    this.#isDeaf = true
    this.#endSkipping()
    while (this.#shift() !== undefined);
    this.#options.ledger.finishAll()
  }

  /** The statement that an answer arriving now belongs to. */
  target(): OpenStatement | undefined {
    return this.#queue.at(0)?.statement ?? this.#positioned()?.operation.statement
  }

  /** As `target`, for an ErrorResponse or ReadyForQuery, which may answer a waiting Sync. */
  targetOfEnd(): OpenStatement | undefined {
    return this.#queue.at(0)?.kind === 'sync' ? undefined : this.target()
  }

  /** ParseComplete, BindComplete or CloseComplete. */
  answered(kind: 'parse' | 'bind' | 'close'): void {
    this.#isStarting = false
    const position = this.#positionOf(kind)
    if (position === undefined) return
    const operation = this.#dropUntil(position)
    if (kind === 'close') operation?.entry?.retire()
    else operation?.entry?.confirm()
  }

  /** RowDescription or NoData; the former also comes within a simple query. */
  described(): void {
    this.#isStarting = false
    this.#leaveStaleSyncs()
    if (this.#queue.at(0)?.kind === 'describe') this.#shift()
  }

  /** CommandComplete; or EmptyQueryResponse or FunctionCallResponse, with no tag. */
  completed(tag: string | undefined): void {
    const operation = this.#answeredStatement()
    if (operation?.statement === undefined) return
    this.#options.ledger.complete(operation.statement, tag)
    if (operation.kind === 'execute') this.#executed(operation.statement, 'ok')
  }

  suspended(): void {
    const operation = this.#answeredStatement()
    if (operation?.kind !== 'execute' || operation.statement === undefined) return
    const { statement } = operation
    statement.outcome = 'suspended'
    statement.executesWaiting -= 1
    if (statement.executesWaiting > 0) return
    this.#options.ledger.pause(statement)
    // A cursor made by SQL has no portal of ours to wait for.
    if (operation.entry?.payload === undefined || statement.isReplaced) this.#options.ledger.finish(statement, 'suspended')
  }

  failed(error: ErrorFields): void {
    const { ledger } = this.#options
    if (this.#queue.at(0)?.kind === 'sync' && ledger.failSettled(error)) return
    this.#leaveStaleSyncs()
    const head = this.#queue.at(0)
    if (head === undefined || head.kind === 'sync') return
    this.#isStarting = false
    ledger.flush()
    if (head.kind === 'query' || head.kind === 'function') {
      if (head.statement !== undefined) ledger.fail(head.statement, error)
      return
    }
    const culprit = this.#positioned()?.operation.statement
    if (culprit !== undefined) ledger.fail(culprit, error)
    this.#skipToSync()
  }

  /** ReadyForQuery with its status letter. */
  ready(status: number): void {
    if (this.#isStarting) {
      this.#isStarting = false
      return
    }
    if (this.#boundaries === 0) return
    const { ledger, onIdle } = this.#options
    for (let operation = this.#shift(); operation !== undefined; operation = this.#shift()) {
      if (!isBoundary(operation)) {
        this.#abandon(operation)
        continue
      }
      ledger.flush()
      if (operation.statement !== undefined) ledger.finish(operation.statement, 'unknown')
      if (status === idleStatus) onIdle(operation.group)
      return
    }
  }

  /** Takes the Execute that was answered, or looks at the Query, which only ReadyForQuery ends. */
  #answeredStatement(): Operation | undefined {
    this.#isStarting = false
    const found = this.#positioned()
    if (found === undefined) return undefined
    return found.operation.kind === 'execute' ? this.#dropUntil(found.position) : found.operation
  }

  /** One Execute of a statement has its answer; with the last one the statement is complete. */
  #executed(statement: OpenStatement, outcome: 'ok' | 'skipped' | 'unknown'): void {
    const { ledger } = this.#options
    statement.executesWaiting -= 1
    if (statement.executesWaiting > 0) return
    if (statement.outcome === 'ok') ledger.settle(statement)
    else ledger.finish(statement, outcome)
  }

  #skipToSync(): void {
    while (this.#queue.length > 0) {
      if (this.#queue.at(0)?.kind === 'sync') return
      const operation = this.#shift()
      if (operation !== undefined) this.#skip(operation)
    }
    this.#isSkipping = true
  }

  #skip(operation: Operation): void {
    const { kind, entry, statement } = operation
    if (kind === 'parse' || kind === 'bind') entry?.reject()
    if (statement === undefined) return
    if (kind === 'execute') this.#executed(statement, 'skipped')
    else this.#options.ledger.finish(statement, 'skipped')
  }

  #skipLate(operation: Operation): void {
    const isKept = operation.entry !== undefined && operation.statement === undefined && this.#skippedLate.length < skippedLateMax
    if (isKept) this.#skippedLate.push(operation)
    else this.#skip(operation)
  }

  #endSkipping(): void {
    this.#isSkipping = false
    const skipped = this.#skippedLate
    this.#skippedLate = []
    for (const operation of skipped) this.#skip(operation)
  }

  #abandon({ kind, statement }: Operation): void {
    if (statement === undefined) return
    if (kind === 'execute') this.#executed(statement, 'unknown')
    else this.#options.ledger.finish(statement, 'unknown')
  }

  /** A server ignores a Sync during COPY FROM STDIN, so that an answer to a later message proves a waiting Sync void. */
  #leaveStaleSyncs(): void {
    if (this.#queue.at(0)?.kind !== 'sync') return
    let syncs = 1
    while (this.#queue.at(syncs)?.kind === 'sync') syncs += 1
    if (syncs === this.#queue.length) return
    for (let count = 0; count < syncs; count++) this.#shift()
  }

  /** The first waiting operation that runs something, within the group being answered. */
  #positioned(): { readonly position: number; readonly operation: Operation } | undefined {
    this.#leaveStaleSyncs()
    for (let position = 0; position < lookAheadMax; position++) {
      const operation = this.#queue.at(position)
      if (operation === undefined || operation.kind === 'sync') return undefined
      if (operation.statement !== undefined) return { position, operation }
    }
    return undefined
  }

  #positionOf(kind: Operation['kind']): number | undefined {
    this.#leaveStaleSyncs()
    for (let position = 0; position < lookAheadMax; position++) {
      const operation = this.#queue.at(position)
      if (operation === undefined) return undefined
      if (operation.kind === kind) return position
      if (operation.kind === 'sync' || operation.statement !== undefined) return undefined
    }
    return undefined
  }

  /** Takes the operation at this position, and gives up those before it. */
  #dropUntil(position: number): Operation | undefined {
    for (let count = 0; count < position; count++) {
      const operation = this.#shift()
      if (operation !== undefined) this.#abandon(operation)
    }
    return this.#shift()
  }

  #shift(): Operation | undefined {
    const operation = this.#queue.shift()
    if (operation !== undefined && isBoundary(operation)) this.#boundaries -= 1
    return operation
  }
}
