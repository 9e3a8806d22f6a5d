/**
 * Names a client has given to prepared statements and portals, kept within a limit of bytes. A client may reuse a name before
 * the server has said whether it took the last use, so that one name can stand for several things until the answer is there.
 */

export interface NamedEntriesOptions<T> {
  readonly bytesMax: number
  /** Told of every entry that no longer stands for anything. */
  readonly onGone: (payload: T) => void
}

export class NamedEntry<T> {
  readonly name: string
  readonly payload: T
  readonly group: number
  readonly costBytes: number
  readonly owner: NamedEntries<T>
  /** What the name stood for before, and still does if the server refuses this. */
  previous: NamedEntry<T> | undefined
  /** Whether an earlier meaning was forgotten to save memory. */
  forgotPrevious = false
  state: 'pending' | 'live' | 'gone' = 'pending'

  constructor(owner: NamedEntries<T>, name: string, options: Pick<NamedEntry<T>, 'payload' | 'group' | 'costBytes' | 'previous'>) {
    this.owner = owner
    this.name = name
    this.payload = options.payload
    this.group = options.group
    this.costBytes = options.costBytes
    this.previous = options.previous
  }

  /** The server took it. */
  confirm(): void {
    this.owner.confirm(this)
  }

  /** The server refused or skipped it: the name stands for what it did before. */
  reject(): void {
    this.owner.reject(this)
  }

  /** The server closed what the name stood for. */
  retire(): void {
    this.owner.retire(this)
  }
}

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
    const entry = new NamedEntry(this, name, { payload, ...options, previous: this.#newest.get(name) })
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
   * What the name may stand for when a message of this group is carried out, newest first; one, but for the case above.
   * Within one group there is no doubt: had the newest been refused, the server would skip the rest of the group.
   */
  candidates(name: string, group: number): readonly NamedEntry<T>[] {
    const found: NamedEntry<T>[] = []
    for (let entry = this.#newest.get(name); entry !== undefined; entry = entry.previous) {
      if (entry.state === 'gone') continue
      found.push(entry)
      if (entry.state === 'live' || entry.group === group) break
    }
    return found
  }

  /** Keeps the entry longer than those not used since. */
  touch(name: string): void {
    const entry = this.#newest.get(name)
    if (entry === undefined) return
    this.#newest.delete(name)
    this.#newest.set(name, entry)
  }

  /** Forgets everything of this group and the groups before it. */
  retireUntil(group: number): void {
    for (const [name, newest] of this.#newest) {
      if (newest.group <= group) this.#newest.delete(name)
      for (let entry: NamedEntry<T> | undefined = newest; entry !== undefined; entry = entry.previous) {
        if (entry.group <= group) this.#release(entry)
      }
    }
  }

  confirm(entry: NamedEntry<T>): void {
    if (entry.state !== 'gone') entry.state = 'live'
    this.#releaseChain(entry.previous)
    entry.previous = undefined
    entry.forgotPrevious = false
  }

  reject(entry: NamedEntry<T>): void {
    this.#release(entry)
    if (this.#newest.get(entry.name) !== entry) return
    let older = entry.previous
    while (older?.state === 'gone') older = older.previous
    if (older === undefined) this.#newest.delete(entry.name)
    else this.#newest.set(entry.name, older)
  }

  retire(entry: NamedEntry<T>): void {
    this.#releaseChain(entry)
    entry.previous = undefined
    if (this.#newest.get(entry.name) === entry) this.#newest.delete(entry.name)
  }

  #releaseChain(first: NamedEntry<T> | undefined): void {
    for (let entry = first; entry !== undefined; entry = entry.previous) this.#release(entry)
  }

  #release(entry: NamedEntry<T>): void {
    if (entry.state === 'gone') return
    entry.state = 'gone'
    this.#heldBytes -= entry.costBytes
    this.#options.onGone(entry.payload)
  }

  /** Makes room: first the names longest unused, at last the earlier meanings of the newest name. */
  #trim(kept: NamedEntry<T>): void {
    for (const entry of this.#newest.values()) {
      if (this.#heldBytes <= this.#options.bytesMax) return
      if (entry !== kept) this.retire(entry)
    }
    if (this.#heldBytes <= this.#options.bytesMax || kept.previous === undefined) return
    this.#releaseChain(kept.previous)
    kept.previous = undefined
    kept.forgotPrevious = true
  }
}
