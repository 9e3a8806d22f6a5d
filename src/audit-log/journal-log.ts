/** The journal's two files as one log: whole groups in, cut back after a failed write, moved to the other file to leave old ones behind. */
import { messageOf, type Log } from '#foundation'
import type { JournalFile } from './audit-journal.ts'
import { encodeGroup, readGroups } from './journal-groups.ts'
import { epochLine, readContent, type JournalContent } from './journal-records.ts'

export interface OpenedJournalLog {
  readonly log: JournalLog
  readonly content: JournalContent
  /** Whether records between whole ones were lost. */
  readonly isDamaged: boolean
}

export interface JournalLogOptions {
  readonly file: JournalFile
  readonly spareFile: JournalFile
  readonly log: Log
  /** The epoch of a journal that starts from nothing. */
  readonly freshEpoch: number
}

/** Finds the live file, cuts a torn end off, empties the other one. Throws what the files throw. */
export function openJournalLog({ file, spareFile, log, freshEpoch }: JournalLogOptions): OpenedJournalLog {
  const first = readSide(file)
  const second = readSide(spareFile)
  // A move to the other file writes it as one group of the next epoch before the old file is emptied: the higher epoch is complete.
  const [live, other] = second.content.epoch > first.content.epoch ? [second, first] : [first, second]
  const { damagedBytes } = live.read
  const { strayLines } = live.content
  const isDamaged = damagedBytes > 0 || strayLines > 0
  if (isDamaged) log.error('audit journal is damaged, records are lost', { damagedBytes, strayLines })
  if (live.read.goodBytes < live.bytes.length) live.file.truncate(live.read.goodBytes)
  if (other.bytes.length > 0) other.file.truncate(0)
  const goodBytes = live.read.goodBytes
  const epoch = goodBytes === 0 ? freshEpoch : live.content.epoch
  return { log: new JournalLog(live.file, other.file, { epoch, goodBytes }), content: live.content, isDamaged }
}

function readSide(file: JournalFile) {
  const bytes = file.readAll()
  const read = readGroups(bytes)
  return { file, bytes, read, content: readContent(read.groups.flat()) }
}

/** Owns both files. */
export class JournalLog {
  #live: JournalFile
  #spare: JournalFile
  #epoch: number
  #goodBytes: number
  // The live file may end in a group that was not written whole.
  #isTorn = false
  // The spare file may hold a whole group of a higher epoch, which a reader would take for the journal.
  #isSpareSuspect = false

  constructor(live: JournalFile, spare: JournalFile, state: { readonly epoch: number; readonly goodBytes: number }) {
    this.#live = live
    this.#spare = spare
    this.#epoch = state.epoch
    this.#goodBytes = state.goodBytes
  }

  get epoch(): number {
    return this.#epoch
  }

  get sizeBytes(): number {
    return this.#goodBytes
  }

  /** Appends the lines as one group, or throws and leaves the log as it was. */
  append(lines: readonly string[], options: { readonly sync: boolean }): void {
    this.#cutBack()
    const all = this.#goodBytes === 0 ? [epochLine(this.#epoch), ...lines] : lines
    const group = encodeGroup(all)
    try {
      this.#live.appendSync(group)
      if (options.sync) this.#live.syncSync()
    } catch (error) {
      this.#isTorn = true
      this.#tryToCutBack()
      throw error
    }
    this.#goodBytes += group.length
  }

  /** Starts the next epoch in the other file with just these lines. Throws and changes nothing when that file cannot be written. */
  moveOn(lines: readonly string[]): void {
    const group = encodeGroup([epochLine(this.#epoch + 1), ...lines])
    this.#cutBack()
    this.#spare.truncate(0)
    try {
      this.#isSpareSuspect = true
      this.#spare.appendSync(group)
      this.#spare.syncSync()
    } catch (error) {
      this.#tryToCutBack()
      throw error
    }
    const old = this.#live
    this.#live = this.#spare
    this.#spare = old
    this.#isSpareSuspect = false
    this.#epoch++
    this.#goodBytes = group.length
    try {
      old.truncate(0)
    } catch {
      // Readers prefer the higher epoch, and the next move empties it first.
    }
  }

  sync(): void {
    this.#live.syncSync()
  }

  close(log: Log): void {
    for (const file of [this.#live, this.#spare]) {
      try {
        file.close()
      } catch (error) {
        log.warn('audit journal file does not close', { reason: messageOf(error) })
      }
    }
  }

  #cutBack(): void {
    if (this.#isTorn) this.#live.truncate(this.#goodBytes)
    this.#isTorn = false
    if (this.#isSpareSuspect) this.#spare.truncate(0)
    this.#isSpareSuspect = false
  }

  #tryToCutBack(): void {
    try {
      this.#cutBack()
    } catch {
      // Tried again before the next append, which fails as long as this does.
    }
  }
}
