/**
 * Names a client has given to prepared statements and portals, kept within a limit of bytes. A client may reuse a name before
 * the server has said whether it took the last use, so that one name can stand for several things until the answer is there.
 */

export interface NamedEntriesOptions<T> {
  readonly bytesMax: number
  /** Told of everything a name no longer stands for. */
  readonly onGone: (payload: T) => void
}

export interface Candidates<T> {
  /** Newest first. */
  readonly payloads: readonly T[]
  /** False when the name may stand for something that was forgotten to save memory. */
  readonly isComplete: boolean
}

/** One use of a name; `group` numbers the messages between two Syncs. */
export class NamedEntry<T> {
  readonly name: string
  readonly group: number
  readonly costBytes: number
  readonly owner: NamedEntries<T>
  /** Undefined once the name does not stand for it any more. */
  payload: T | undefined
  isConfirmed = false
  /** What the name stood for before, and still does if the server refuses this. */
  older: NamedEntry<T> | undefined
  newer: NamedEntry<T> | undefined
  forgotOlder = false

  constructor(owner: NamedEntries<T>, name: string, payload: T, options: { readonly group: number; readonly costBytes: number }) {
    this.owner = owner
    this.name = name
    this.payload = payload
    this.group = options.group
    this.costBytes = options.costBytes
  }

  /** The server took it. */
  confirm(): void {
    this.isConfirmed = true
    this.owner.forget(this.older)
    this.forgotOlder = false
  }

  /** The server refused or skipped it: the name stands for what it did before. */
  reject(): void {
    this.owner.remove(this)
  }

  /** The server closed what the name stood for. */
  retire(): void {
    this.owner.forget(this)
  }
}

// So many meanings at once have no use but to hide one of them; the count of those shown is bounded, and that is said.
const candidatesMax = 8

export class NamedEntries<T> {
  readonly #options: NamedEntriesOptions<T>
  readonly #newest = new Map<string, NamedEntry<T>>()
  #heldBytes = 0

  constructor(options: NamedEntriesOptions<T>) {
    this.#options = options
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  put(name: string, payload: T, options: { readonly group: number; readonly costBytes: number }): NamedEntry<T> {
    const entry = new NamedEntry(this, name, payload, options)
    const older = this.#newest.get(name)
    entry.older = older
    if (older !== undefined) older.newer = entry
    this.#newest.delete(name)
    this.#newest.set(name, entry)
    this.#heldBytes += entry.costBytes
    if (this.#heldBytes > this.#options.bytesMax) this.#trim(entry)
    return entry
  }

  newest(name: string): NamedEntry<T> | undefined {
    return this.#newest.get(name)
  }

  /**
   * What the name may stand for when a message of this group is carried out; one thing, but for the case told above.
   * Within one group there is no doubt: had the newest been refused, the server would skip the rest of the group.
   */
  candidates(name: string, group: number): Candidates<T> {
    const payloads: T[] = []
    for (let entry = this.#newest.get(name); entry !== undefined; entry = entry.older) {
      if (payloads.length === candidatesMax) return { payloads, isComplete: false }
      if (entry.payload !== undefined) payloads.push(entry.payload)
      if (entry.isConfirmed || entry.group === group) break
      if (entry.forgotOlder) return { payloads, isComplete: false }
    }
    return { payloads, isComplete: true }
  }

  /** Keeps the name longer than those not used since. */
  touch(name: string): void {
    const entry = this.#newest.get(name)
    if (entry === undefined) return
    this.#newest.delete(name)
    this.#newest.set(name, entry)
  }

  /** Forgets everything of this group and the groups before it. */
  forgetUntil(group: number): void {
    for (const newest of this.#newest.values()) {
      let entry: NamedEntry<T> | undefined = newest
      while (entry !== undefined && entry.group > group) entry = entry.older
      this.forget(entry)
    }
  }

  /** Takes one entry out of the row of those with its name. */
  remove(entry: NamedEntry<T>): void {
    if (entry.payload === undefined) return
    const { newer, older } = entry
    if (older !== undefined) older.newer = newer
    if (newer !== undefined) newer.older = older
    else if (older !== undefined) this.#newest.set(entry.name, older)
    else this.#newest.delete(entry.name)
    this.#release(entry)
  }

  /** Takes out an entry and all older ones of its name. */
  forget(entry: NamedEntry<T> | undefined): void {
    if (entry === undefined) return
    if (entry.newer !== undefined) entry.newer.older = undefined
    else if (this.#newest.get(entry.name) === entry) this.#newest.delete(entry.name)
    for (let each: NamedEntry<T> | undefined = entry; each !== undefined;) {
      const older: NamedEntry<T> | undefined = each.older
      this.#release(each)
      each = older
    }
  }

  #release(entry: NamedEntry<T>): void {
    const { payload } = entry
    entry.older = undefined
    entry.newer = undefined
    if (payload === undefined) return
    entry.payload = undefined
    this.#heldBytes -= entry.costBytes
    this.#options.onGone(payload)
  }

  /** Makes room: first the names longest unused, at last the earlier meanings of the newest name. */
  #trim(kept: NamedEntry<T>): void {
    for (const entry of this.#newest.values()) {
      if (this.#heldBytes <= this.#options.bytesMax) return
      if (entry !== kept) this.forget(entry)
    }
    if (this.#heldBytes <= this.#options.bytesMax || kept.older === undefined) return
    this.forget(kept.older)
    kept.forgotOlder = true
  }
}
