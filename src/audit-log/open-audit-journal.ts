/** Opens the journal: what an earlier process left behind is pending again, and its unfinished statements count as recorded. */
import { messageOf } from '#foundation'
import { openAcknowledgedLog } from './acknowledged-log.ts'
import type { AuditJournal, AuditJournalOptions } from './audit-journal.ts'
import { JournalBacklog } from './journal-backlog.ts'
import { openJournalLog } from './journal-log.ts'
import { eventLine } from './journal-records.ts'
import { WriteAheadJournal } from './write-ahead-journal.ts'

const mebibyte = 1024 * 1024

/**
 * The journal over its three files, which it owns from here on and which no other process may have open.
 * A statement begun before a crash and not finished is shipped as its provisional event. Throws what reading the files throws.
 */
export function openAuditJournal(options: AuditJournalOptions): AuditJournal {
  const { file, spareFile, log } = options
  const acknowledgedLog = openAcknowledgedLog(options.acknowledgedFile, log)
  const { latest } = acknowledgedLog
  const { log: journalLog, content, isDamaged } = openJournalLog({ file, spareFile, log, freshEpoch: latest.epoch + 1 })
  // Where records were damaged the count no longer says which events it means; epoch 0 is a file whose very beginning was.
  const isCounted = content.epoch > 0 && latest.epoch === content.epoch && !isDamaged
  const acknowledged = isCounted ? Math.min(latest.events, content.events.length) : 0
  const backlog = new JournalBacklog(acknowledged)
  for (const event of content.events.slice(acknowledged)) backlog.add(event, eventLine(event).length)
  const parts = {
    journalLog,
    acknowledgedLog,
    backlog,
    log,
    backlogBytesMax: options.backlogBytesMax ?? 256 * mebibyte,
    compactBytesMin: options.compactBytesMin ?? 8 * mebibyte,
    syncEachFlush: options.syncEachFlush ?? false,
  }
  const journal = new WriteAheadJournal(parts, content.open.values())
  if (content.open.size > 0) log.warn('statements were running when the process died', { statements: content.open.size })
  try {
    journal.flushSync()
  } catch (error) {
    log.warn('audit journal cannot be written yet', { reason: messageOf(error) })
  }
  return journal
}
