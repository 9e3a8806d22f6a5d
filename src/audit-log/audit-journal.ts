/** The AuditJournal port: what an agent writes before it forwards a statement. */
import type { AuditEvent } from '#audit-events'
import type { Clock, Log, Randomness } from '#foundation'

/** A file that grows by appending, given by the world. Each method throws what the system says. */
export interface JournalFile {
  /** Appends all bytes, or throws having appended some of them. */
  appendSync(bytes: Uint8Array): void
  readAll(): Uint8Array
  truncate(sizeBytes: number): void
  /** Returns when the disk holds what was written. */
  syncSync(): void
  close(): void
}

export interface AuditJournalOptions {
  /** The journal moves from one file to the other when it leaves shipped events behind. */
  readonly file: JournalFile
  readonly spareFile: JournalFile
  /** Remembers what has been shipped; losing it only means sending again. */
  readonly acknowledgedFile: JournalFile
  readonly log: Log
  /** How much may wait to be shipped before flushSync() refuses new statements; 256 MiB unless told. */
  readonly backlogBytesMax?: number
  /** Whether each flush waits for the disk. Without it a flush survives the death of the process, not that of the machine. */
  readonly syncEachFlush?: boolean
  /** The size from which shipped events are left behind; 8 MiB unless told. */
  readonly compactBytesMin?: number
}

/** How far shipping lags behind. */
export interface AuditPressure {
  /** Complete events that have not been acknowledged. */
  readonly events: number
  /** Bytes of them and of what has not been flushed. */
  readonly bytes: number
  readonly openStatements: number
  /** Whether flushSync() refuses new statements until events have been shipped. */
  readonly full: boolean
  /** Events given up because the file could not be written for so long that memory would have run out. */
  readonly lost: number
}

/** Resolves when the authority holds the events. A bad-input error sets a single event aside; any other is tried again. */
export type SendAuditEvents = (events: readonly AuditEvent[]) => Promise<void>

export interface ShipOptions {
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Spreads the attempts of many agents after an outage. */
  readonly randomness?: Pick<Randomness, 'fraction'> | undefined
}

/** Owned by one process. What was flushed is shipped by this process or the next one that opens the files. */
export interface AuditJournal extends AsyncDisposable {
  /** Held in memory until flushSync(). */
  append(event: AuditEvent): void
  /** `provisional` is the statement's event as it stands if this process dies before `finishStatement`, or its JSON; it has the same uid. */
  beginStatement(statement: { readonly uid: string; readonly provisional: AuditEvent | string }): void
  /**
   * The complete event of a begun statement, told apart by its uid; of one not begun, an event like any other. `changed` spares
   * the comparison: the fields whose values are other than the provisional ones, where no field is gone.
   */
  finishStatement(event: AuditEvent, changed?: Readonly<Record<string, unknown>>): void
  /**
   * Writes everything given since the last flush, in pieces of about 1 MiB: after a crash each is there whole or not at all.
   * Throws AUDIT_WRITE_FAILED (unavailable): then statements begun since must not be forwarded. The records are kept and written by
   * the next flush that succeeds; finish the refused statements with the outcome `refused`.
   */
  flushSync(): void
  /** Complete events that have not been acknowledged. */
  pending(): number
  pressure(): AuditPressure
  /** Sends what is pending and what comes, until the signal is aborted; each event at least once, in order. One call at a time. */
  ship(send: SendAuditEvents, options: ShipOptions): Promise<void>
}
