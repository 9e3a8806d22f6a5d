/** Complete events that have been written and wait to be shipped, in order. */
import type { AuditEvent } from '#audit-events'
import { eventLine } from './journal-records.ts'

export interface BacklogEntry {
  readonly event: () => AuditEvent
  readonly line: () => string
  readonly bytes: number
}

// Objects are quick to ship but take several times the memory of their text.
const objectBytesMax = 16 * 1024 * 1024

class Entry implements BacklogEntry {
  /** Or its JSON. */
  readonly #event: AuditEvent | string
  readonly bytes: number
  /** Its place among the complete events of the epoch. */
  index: number
  isSetAside = false

  constructor(event: AuditEvent | string, bytes: number, index: number) {
    this.#event = event
    this.bytes = bytes
    this.index = index
  }

  event(): AuditEvent {
    return typeof this.#event === 'string' ? (JSON.parse(this.#event) as AuditEvent) : this.#event
  }

  line(): string {
    return typeof this.#event === 'string' ? `["event",${this.#event}]` : eventLine(this.#event)
  }
}

export class JournalBacklog {
  #entries: Entry[] = []
  #bytes = 0
  #nextIndex: number

  /** `acknowledged` events of the epoch have been shipped before. */
  constructor(acknowledged: number) {
    this.#nextIndex = acknowledged
  }

  get events(): number {
    return this.#entries.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How many events of the epoch, from its first, have been shipped. */
  get acknowledged(): number {
    return this.#entries[0]?.index ?? this.#nextIndex
  }

  add(event: AuditEvent, bytes: number): void {
    this.#entries.push(new Entry(this.#bytes < objectBytesMax ? event : JSON.stringify(event), bytes, this.#nextIndex++))
    this.#bytes += bytes
  }

  /** The oldest events within the limits, at least one if there is any. */
  take(limits: { readonly events: number; readonly bytes: number }): readonly BacklogEntry[] {
    const batch: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries) {
      if (entry.isSetAside) continue
      if (batch.length > 0 && (batch.length >= limits.events || bytes + entry.bytes > limits.bytes)) break
      batch.push(entry)
      bytes += entry.bytes
    }
    return batch
  }

  remove(batch: readonly BacklogEntry[]): void {
    const gone = new Set(batch)
    const isPrefix = batch.every((entry, index) => this.#entries[index] === entry)
    if (isPrefix) this.#entries.splice(0, batch.length)
    else this.#entries = this.#entries.filter((entry) => !gone.has(entry))
    for (const { bytes } of batch) this.#bytes -= bytes
  }

  /** Lets others overtake an event that the authority does not take. */
  setAside(refused: BacklogEntry): void {
    for (const entry of this.#entries) if (entry === refused) entry.isSetAside = true
  }

  takeAllBack(): void {
    for (const entry of this.#entries) entry.isSetAside = false
  }

  /** From now on the entries are the first of a new epoch. */
  startEpoch(): void {
    for (const [index, entry] of this.#entries.entries()) entry.index = index
    this.#nextIndex = this.#entries.length
  }

  lines(): readonly string[] {
    return this.#entries.map((entry) => entry.line())
  }
}
