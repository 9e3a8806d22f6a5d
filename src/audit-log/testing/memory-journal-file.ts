/** Journal files in memory that can be told to be full or broken, and that remember each change, so that a test can die between any two bytes. */
import type { JournalFile } from '../audit-journal.ts'

export type Change =
  | { readonly kind: 'append'; readonly file: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }

/** A disk of a few files. */
export class MemoryDisk {
  readonly #contents: Buffer[]
  readonly changes: Change[] = []
  /** Bytes that may still be appended; the append that passes it writes what fits and throws. */
  freeBytes = Number.POSITIVE_INFINITY
  /** What throws. */
  broken: ReadonlySet<'append' | 'truncate' | 'sync'> = new Set()

  constructor(contents: readonly Uint8Array[]) {
    this.#contents = contents.map((bytes) => Buffer.from(bytes))
  }

  file(index: number): JournalFile {
    return {
      appendSync: (bytes) => this.#append(index, bytes),
      readAll: () => this.content(index),
      truncate: (size) => {
        if (this.broken.has('truncate')) throw failure('EIO')
        this.changes.push({ kind: 'truncate', file: index, size })
        this.#contents[index] = this.content(index).subarray(0, size)
      },
      syncSync: () => {
        if (this.broken.has('sync')) throw failure('EIO')
      },
      close: () => {},
    }
  }

  content(index: number): Buffer {
    return this.#contents[index] ?? Buffer.alloc(0)
  }

  #append(index: number, bytes: Uint8Array): void {
    if (this.broken.has('append')) throw failure('EIO')
    const fitting = bytes.slice(0, Math.min(bytes.length, this.freeBytes))
    this.freeBytes -= fitting.length
    this.changes.push({ kind: 'append', file: index, bytes: fitting })
    this.#contents[index] = Buffer.concat([this.content(index), fitting])
    if (fitting.length < bytes.length) throw failure('ENOSPC')
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: no`), { code })
}
