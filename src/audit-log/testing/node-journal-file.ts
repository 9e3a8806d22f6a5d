/** A journal file on the disk, for tests that kill processes. */
import fs from 'node:fs'
import type { JournalFile } from '../audit-journal.ts'

export function openNodeJournalFile(path: string): JournalFile {
  const descriptor = fs.openSync(path, 'a+', 0o600)
  return {
    appendSync(bytes) {
      let written = 0
      while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written, bytes.length - written)
    },
    readAll: () => fs.readFileSync(path),
    truncate: (size) => fs.ftruncateSync(descriptor, size),
    syncSync: () => fs.fdatasyncSync(descriptor),
    close: () => fs.closeSync(descriptor),
  }
}
