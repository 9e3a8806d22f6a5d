/** The loop that ships a journal's events: in order, at least once, slower while the authority cannot be reached. */
import { messageOf, PortunusError, type Log } from '#foundation'
import type { SendAuditEvents, ShipOptions } from './audit-journal.ts'
import type { BacklogEntry } from './journal-backlog.ts'

/** What the loop needs of the journal. */
export interface Shippable {
  take(limits: { readonly events: number; readonly bytes: number }): readonly BacklogEntry[]
  acknowledge(batch: readonly BacklogEntry[]): void
  /** Leaves an event for the next call of ship(). */
  setAside(entry: BacklogEntry): void
  isOver(): boolean
  /** The callback is called whenever there may be more to take. */
  onWake(wake: () => void): void
}

const batchEventsMax = 500
const batchBytesMax = 512 * 1024
/** What arrives within this time goes along in the same request, and in the same commit over there. */
const lingerMilliseconds = 100
const backOffMillisecondsMin = 500
const backOffMillisecondsMax = 30_000

/** Ends when the signal is aborted or the journal is closed. */
export async function shipEvents(journal: Shippable, send: SendAuditEvents, options: ShipOptions & { readonly log: Log }): Promise<void> {
  const { signal, log } = options
  let failures = 0
  // How many events still go one by one, because a batch with one of them was refused.
  let singles = 0
  while (!signal.aborted && !journal.isOver()) {
    const batch = journal.take({ events: singles > 0 ? 1 : batchEventsMax, bytes: batchBytesMax })
    if (batch.length === 0) {
      await somethingToTake(journal, signal)
      await sleep(lingerMilliseconds, options)
      continue
    }
    const error = await attempt(batch, send, signal)
    if (error === undefined) {
      journal.acknowledge(batch)
      if (failures > 0) log.info('audit events are shipped again')
      failures = 0
      singles -= 1
    } else if (signal.aborted) {
      return
    } else if (!isRefusal(error)) {
      failures++
      if (failures === 1) log.warn('audit events cannot be shipped, trying again', { reason: messageOf(error) })
      await sleep(backOff(failures, options), options)
    } else if (batch.length > 1) {
      singles = batch.length
    } else {
      singles -= 1
      for (const entry of batch) journal.setAside(entry)
      log.error('an audit event was refused and is kept', { uid: batch[0]?.event().uid, reason: messageOf(error) })
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof PortunusError && error.category === 'bad-input'
}

/** The error of sending, or undefined. Does not wait for an answer once the signal is aborted. */
async function attempt(batch: readonly BacklogEntry[], send: SendAuditEvents, signal: AbortSignal): Promise<unknown> {
  const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>()
  const onAbort = (): void => abort(signal.reason)
  signal.addEventListener('abort', onAbort)
  const sent = send(batch.map((entry) => entry.event())).then(
    () => undefined,
    (error: unknown) => error ?? new Error('refused without a reason'),
  )
  try {
    return await Promise.race([sent, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function somethingToTake(journal: Shippable, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => resolve()
  journal.onWake(wake)
  signal.addEventListener('abort', wake)
  await promise
  signal.removeEventListener('abort', wake)
}

function backOff(failures: number, { randomness }: ShipOptions): number {
  const full = Math.min(backOffMillisecondsMax, backOffMillisecondsMin * 2 ** Math.min(failures - 1, 10))
  return full * (0.5 + 0.5 * (randomness?.fraction() ?? 1))
}

async function sleep(milliseconds: number, { clock, signal }: ShipOptions): Promise<void> {
  try {
    await clock.sleep(milliseconds, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
