/** Remembers how far the journal has been shipped. It may forget: then events are sent again, and the authority knows their uids. */
import { messageOf, type Log } from '#foundation'
import type { JournalFile } from './audit-journal.ts'
import { encodeGroup, readGroups } from './journal-groups.ts'
import { acknowledgedLine, readAcknowledged, type Acknowledged } from './journal-records.ts'

const sizeBytesMax = 64 * 1024

export interface AcknowledgedLog {
  readonly latest: Acknowledged
  write(acknowledged: Acknowledged): void
  close(): void
}

/** Throws what reading the file throws; writing never throws. */
export function openAcknowledgedLog(file: JournalFile, log: Log): AcknowledgedLog {
  const bytes = file.readAll()
  const { groups, goodBytes } = readGroups(bytes)
  let sizeBytes = bytes.length
  let hasFailed = goodBytes < bytes.length
  return {
    latest: readAcknowledged(groups.flat()),
    write({ epoch, events }) {
      const group = encodeGroup([acknowledgedLine(epoch, events)])
      try {
        if (hasFailed || sizeBytes > sizeBytesMax) {
          file.truncate(0)
          sizeBytes = 0
        }
        file.appendSync(group)
        hasFailed = false
        sizeBytes += group.length
      } catch (error) {
        if (!hasFailed) log.warn('audit journal cannot remember what was shipped', { reason: messageOf(error) })
        hasFailed = true
      }
    },
    close: () => file.close(),
  }
}
