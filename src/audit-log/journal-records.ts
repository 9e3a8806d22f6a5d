/** The records of the journal, one JSON line each, and what a file of them adds up to. */
import type { AuditEvent } from '#audit-events'

/** Begins a file; higher epochs follow on lower ones. Acknowledgements count within an epoch. */
export function epochLine(epoch: number): string {
  return JSON.stringify(['epoch', epoch])
}

export function eventLine(event: AuditEvent): string {
  return `["event",${JSON.stringify(event)}]`
}

/** `provisional` as JSON. */
export function beginLine(provisional: string): string {
  return `["begin",${provisional}]`
}

/** A finished statement: only what its event says otherwise than the provisional one, for the SQL need not be written twice. */
export function finishLine(uid: string, changed: Readonly<Record<string, unknown>>, gone: readonly string[] = []): string {
  return JSON.stringify(['finish', uid, changed, gone])
}

/** As `finishLine`, for an event that must first be compared. */
export function comparedFinishLine(provisional: AuditEvent, event: AuditEvent): string {
  const changed: Record<string, unknown> = {}
  for (const field of Object.keys(event)) if (!isSame(provisional[field], event[field])) changed[field] = event[field]
  return finishLine(
    event.uid,
    changed,
    Object.keys(provisional).filter((field) => event[field] === undefined),
  )
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || (typeof left === 'object' && JSON.stringify(left) === JSON.stringify(right))
}

export function acknowledgedLine(epoch: number, events: number): string {
  return JSON.stringify(['acknowledged', epoch, events])
}

/** What the lines of one file tell, in order. */
export interface JournalContent {
  /** 0 where the file has no beginning. */
  readonly epoch: number
  /** Complete events in the order of completion. */
  readonly events: readonly AuditEvent[]
  /** Begun and never finished, by uid. */
  readonly open: ReadonlyMap<string, AuditEvent>
  /** Lines that make no sense here, such as the end of a statement whose beginning was damaged. */
  readonly strayLines: number
}

export function readContent(lines: Iterable<string>): JournalContent {
  const events: AuditEvent[] = []
  const open = new Map<string, AuditEvent>()
  let epoch = 0
  let strayLines = 0
  for (const line of lines) {
    const record = parseRecord(line)
    if (record?.kind === 'epoch') epoch = record.epoch
    else if (record?.kind === 'event') events.push(record.event)
    else if (record?.kind === 'begin') open.set(record.event.uid, record.event)
    else if (record?.kind === 'finish' && open.has(record.uid)) {
      events.push(finished(open.get(record.uid), record))
      open.delete(record.uid)
    } else strayLines++
  }
  return { epoch, events, open, strayLines }
}

export interface Acknowledged {
  readonly epoch: number
  /** How many complete events of the epoch, from its first, the authority holds. */
  readonly events: number
}

/** The latest acknowledgement in the lines; of epoch 0 where there is none. */
export function readAcknowledged(lines: Iterable<string>): Acknowledged {
  let latest: Acknowledged = { epoch: 0, events: 0 }
  for (const line of lines) {
    const record = parseRecord(line)
    if (record?.kind !== 'acknowledged' || record.epoch < latest.epoch) continue
    latest = { epoch: record.epoch, events: record.epoch === latest.epoch ? Math.max(latest.events, record.events) : record.events }
  }
  return latest
}

type Finish = { readonly uid: string; readonly changed: Readonly<Record<string, unknown>>; readonly gone: readonly string[] }

type JournalRecord =
  | { readonly kind: 'epoch'; readonly epoch: number }
  | { readonly kind: 'event' | 'begin'; readonly event: AuditEvent }
  | ({ readonly kind: 'finish' } & Finish)
  | { readonly kind: 'acknowledged'; readonly epoch: number; readonly events: number }

function finished(provisional: AuditEvent | undefined, { changed, gone }: Finish): AuditEvent {
  const event = Object.fromEntries(Object.entries({ ...provisional, ...changed }).filter(([field]) => !gone.includes(field)))
  return event as AuditEvent // It was one when it was written.
}

// The checksum of the group has vouched for the line, so a shape is looked at only as far as kinds must be told apart.
function parseRecord(line: string): JournalRecord | undefined {
  const value = parseJson(line)
  if (!Array.isArray(value)) return undefined
  const [kind, first, second, third] = value as readonly unknown[]
  switch (kind) {
    case 'epoch':
      return { kind, epoch: Number(first) }
    case 'event':
    case 'begin':
      return { kind, event: first as AuditEvent }
    case 'finish':
      return { kind, uid: String(first), changed: second as Finish['changed'], gone: third as Finish['gone'] }
    case 'acknowledged':
      return { kind, epoch: Number(first), events: Number(second) }
    default:
      return undefined
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
