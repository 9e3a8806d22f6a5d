/** The AuditJournal: records gathered per turn, written as one group, kept until they are shipped. */
import type { AuditEvent } from '#audit-events'
import { messageOf, PortunusError, type Log } from '#foundation'
import type { AcknowledgedLog } from './acknowledged-log.ts'
import type { AuditJournal, AuditPressure, SendAuditEvents, ShipOptions } from './audit-journal.ts'
import type { BacklogEntry, JournalBacklog } from './journal-backlog.ts'
import type { JournalLog } from './journal-log.ts'
import { beginLine, comparedFinishLine, eventLine, finishLine } from './journal-records.ts'
import { writeFailed } from './journal-error.ts'
import { shipEvents, type Shippable } from './ship-events.ts'

export interface JournalParts {
  readonly journalLog: JournalLog
  readonly acknowledgedLog: AcknowledgedLog
  readonly backlog: JournalBacklog
  readonly log: Log
  readonly backlogBytesMax: number
  readonly compactBytesMin: number
  readonly syncEachFlush: boolean
}

/** A record that waits for the next flush. */
interface BufferedRecord {
  line: string
  /** The event that may be shipped once the record is written. */
  completes: AuditEvent | undefined
  /** The statement it begins. */
  readonly begins: OpenStatement | undefined
  /** The beginning that is in the file already, as JSON, of a record that ends a statement. */
  readonly ends: string | undefined
  /** Whether somebody waits to forward something until it is written. */
  readonly isAhead: boolean
}

interface OpenStatement {
  /** JSON. */
  readonly provisional: string
  /** While it has not been written. */
  record: BufferedRecord | undefined
}

// Beyond the limit at which statements are refused, room for what the refusals themselves record.
const refusalBytesMax = 16 * 1024 * 1024
const compactionGain = 4
const pieceBytesMax = 1024 * 1024

export class WriteAheadJournal implements AuditJournal {
  readonly #parts: JournalParts
  readonly #open = new Map<string, OpenStatement>()
  #buffer: BufferedRecord[] = []
  #bufferBytes = 0
  #lost = 0
  #compactAtBytes: number
  #isClosed = false
  #isShipping = false
  #wakeShipper = (): void => {}

  /** Use `openAuditJournal`. `unfinished` are statements that an earlier process began. */
  constructor(parts: JournalParts, unfinished: Iterable<AuditEvent>) {
    this.#parts = parts
    this.#compactAtBytes = parts.compactBytesMin
    for (const provisional of unfinished) {
      this.#push({
        line: finishLine(provisional.uid, {}),
        completes: provisional,
        begins: undefined,
        ends: JSON.stringify(provisional),
        isAhead: false,
      })
    }
  }

  append(event: AuditEvent): void {
    this.#push({ line: eventLine(event), completes: event, begins: undefined, ends: undefined, isAhead: true })
  }

  beginStatement({ uid, provisional }: { readonly uid: string; readonly provisional: AuditEvent | string }): void {
    const json = typeof provisional === 'string' ? provisional : JSON.stringify(provisional)
    const statement: OpenStatement = { provisional: json, record: undefined }
    const record = { line: beginLine(json), completes: undefined, begins: statement, ends: undefined, isAhead: true }
    if (!this.#push(record)) return
    statement.record = record
    this.#open.set(uid, statement)
  }

  finishStatement(event: AuditEvent, changed?: Readonly<Record<string, unknown>>): void {
    const statement = this.#open.get(event.uid)
    if (statement === undefined) return this.append(event)
    this.#open.delete(event.uid)
    const { provisional, record } = statement
    if (record === undefined) {
      const line = changed === undefined ? comparedFinishLine(parseEvent(provisional), event) : finishLine(event.uid, changed)
      this.#push({ line, completes: event, begins: undefined, ends: provisional, isAhead: false })
      return
    }
    this.#bufferBytes -= record.line.length
    record.line = eventLine(event)
    record.completes = event
    this.#bufferBytes += record.line.length
  }

  flushSync(): void {
    if (this.#isClosed) throw writeFailed('it is closed')
    const isAhead = this.#buffer.some((record) => record.isAhead)
    while (this.#buffer.length > 0) this.#writePiece()
    if (isAhead && this.#isFull()) {
      throw writeFailed(`${this.#parts.backlog.bytes} bytes of events wait to be shipped to the Auth Service`)
    }
  }

  pending(): number {
    return this.#parts.backlog.events + this.#buffer.filter(({ completes }) => completes !== undefined).length
  }

  pressure(): AuditPressure {
    return { events: this.pending(), bytes: this.#bytes(), openStatements: this.#open.size, full: this.#isFull(), lost: this.#lost }
  }

  async ship(send: SendAuditEvents, options: ShipOptions): Promise<void> {
    if (this.#isShipping) throw new PortunusError('AUDIT_SHIPPING_ALREADY', 'Cannot ship audit events: they are being shipped already')
    this.#isShipping = true
    try {
      this.#parts.backlog.takeAllBack()
      await shipEvents(this.#shippable(), send, { ...options, log: this.#parts.log })
    } finally {
      this.#isShipping = false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    try {
      this.flushSync()
      this.#parts.journalLog.sync()
    } catch (error) {
      this.#parts.log.error('audit journal is closed with records unwritten', { records: this.#buffer.length, reason: messageOf(error) })
    }
    this.#isClosed = true
    this.#wakeShipper()
    this.#parts.journalLog.close(this.#parts.log)
    this.#parts.acknowledgedLog.close()
  }

  #push(record: BufferedRecord): boolean {
    if (record.ends === undefined && this.#bytes() + record.line.length > this.#parts.backlogBytesMax + refusalBytesMax) {
      if (this.#lost === 0) this.#parts.log.error('audit events are given up: they can neither be written nor held')
      this.#lost++
      return false
    }
    this.#buffer.push(record)
    this.#bufferBytes += record.line.length
    return true
  }

  /** One piece, so that what has piled up while the disk was full is not encoded anew by every flush. */
  #writePiece(): void {
    const { journalLog, backlog, syncEachFlush } = this.#parts
    const piece = firstPiece(this.#buffer)
    const lines = piece.map(({ line }) => line)
    try {
      journalLog.append(lines, { sync: syncEachFlush })
    } catch (error) {
      throw writeFailed(messageOf(error), error)
    }
    this.#buffer = piece.length === this.#buffer.length ? [] : this.#buffer.slice(piece.length)
    for (const { line, completes, begins } of piece) {
      this.#bufferBytes -= line.length
      if (completes !== undefined) backlog.add(completes, line.length)
      if (begins !== undefined) begins.record = undefined
    }
    this.#wakeShipper()
  }

  #bytes(): number {
    return this.#parts.backlog.bytes + this.#bufferBytes
  }

  #isFull(): boolean {
    return this.#bytes() > this.#parts.backlogBytesMax
  }

  #shippable(): Shippable {
    const { backlog } = this.#parts
    return {
      take: (limits) => (this.#isClosed ? [] : backlog.take(limits)),
      acknowledge: (batch) => this.#acknowledge(batch),
      setAside: (entry) => backlog.setAside(entry),
      isOver: () => this.#isClosed,
      onWake: (wake) => {
        this.#wakeShipper = wake
      },
    }
  }

  #acknowledge(batch: readonly BacklogEntry[]): void {
    const { backlog, acknowledgedLog, journalLog } = this.#parts
    backlog.remove(batch)
    if (this.#isClosed) return
    acknowledgedLog.write({ epoch: journalLog.epoch, events: backlog.acknowledged })
    if (journalLog.sizeBytes >= this.#compactAtBytes) this.#compact()
  }

  /** Leaves shipped events behind, where that frees most of the file. */
  #compact(): void {
    const { backlog, journalLog, compactBytesMin, log } = this.#parts
    if (journalLog.sizeBytes < backlog.bytes * compactionGain) return
    // Statements whose end is still in the buffer need their beginning in the new file, too.
    const ending = this.#buffer.map(({ ends }) => ends).filter((ends) => ends !== undefined)
    const open = [...this.#open.values()].filter(({ record }) => record === undefined).map(({ provisional }) => provisional)
    try {
      journalLog.moveOn([...[...ending, ...open].map(beginLine), ...backlog.lines()])
    } catch (error) {
      log.warn('audit journal cannot leave shipped events behind', { reason: messageOf(error) })
      this.#compactAtBytes = journalLog.sizeBytes * 2
      return
    }
    backlog.startEpoch()
    this.#compactAtBytes = Math.max(compactBytesMin, journalLog.sizeBytes * compactionGain)
  }
}

function firstPiece(records: readonly BufferedRecord[]): readonly BufferedRecord[] {
  let bytes = 0
  const past = records.findIndex(({ line }, index) => {
    bytes += line.length
    return index > 0 && bytes > pieceBytesMax
  })
  return past === -1 ? records : records.slice(0, past)
}

function parseEvent(json: string): AuditEvent {
  return JSON.parse(json) as AuditEvent // It was one when it was given.
}
