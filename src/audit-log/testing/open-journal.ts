/** Opens a journal over the three files of a disk in memory, and says what it holds by shipping it. */
import type { AuditEvent } from '#audit-events'
import type { Clock } from '#foundation'
import type { AuditJournal, AuditJournalOptions } from '../audit-journal.ts'
import { openAuditJournal } from '../open-audit-journal.ts'
import { keepingLog } from './samples.ts'
import type { MemoryDisk } from './memory-journal-file.ts'

export function openOn(disk: MemoryDisk, options: Partial<AuditJournalOptions> = {}): AuditJournal {
  return openAuditJournal({ file: disk.file(0), spareFile: disk.file(1), acknowledgedFile: disk.file(2), log: keepingLog(), ...options })
}

/** A clock on which nothing waits: sleeps end in the next turn, and are counted. */
export class HurryingClock implements Clock {
  readonly slept: number[] = []

  now(): Date {
    return new Date(0)
  }

  monotonicMilliseconds(): number {
    return 0
  }

  async sleep(milliseconds: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    options.signal?.throwIfAborted()
    this.slept.push(milliseconds)
    await new Promise((resolve) => setImmediate(resolve))
  }

  timer(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }

  deadline(): AbortSignal {
    return new AbortController().signal
  }
}

/** Ships until nothing is pending, and returns what was sent; `acknowledge` false plays an authority that dies before it answers. */
export async function shipAll(journal: AuditJournal, options: { readonly acknowledge: boolean }): Promise<readonly AuditEvent[]> {
  const sent: AuditEvent[] = []
  if (journal.pending() === 0) return sent
  const controller = new AbortController()
  const send = async (events: readonly AuditEvent[]): Promise<void> => {
    sent.push(...events)
    if (sent.length >= journal.pending()) setImmediate(() => controller.abort())
    if (!options.acknowledge) await new Promise(() => {})
  }
  await journal.ship(send, { signal: controller.signal, clock: new HurryingClock() })
  return sent
}
