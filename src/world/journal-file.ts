/** A file that only grows by synchronous appends, for the write-ahead journal of audit events. */
import fs from 'node:fs'
import { dirname } from 'node:path'

/** What the audit journal asks of a file (structurally the JournalFile port of audit-log). */
export interface NodeJournalFile {
  /** Appends all bytes or throws; after a throw the file may hold a part of them. */
  appendSync(bytes: Uint8Array): void
  readAll(): Uint8Array
  truncate(sizeBytes: number): void
  syncSync(): void
  close(): void
}

/** Opens or makes the file, readable by its owner only. */
export function openJournalFile(path: string): NodeJournalFile {
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const descriptor = fs.openSync(path, fs.constants.O_CREAT | fs.constants.O_RDWR | fs.constants.O_APPEND, 0o600)
  return {
    appendSync(bytes) {
      let written = 0
      while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written, bytes.length - written)
    },
    readAll: () => new Uint8Array(fs.readFileSync(path)),
    truncate: (sizeBytes) => fs.ftruncateSync(descriptor, sizeBytes),
    syncSync: () => fs.fdatasyncSync(descriptor),
    close: () => fs.closeSync(descriptor),
  }
}
