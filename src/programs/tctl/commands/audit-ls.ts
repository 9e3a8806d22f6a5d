/** `tctl audit ls`: what happened, oldest first; `tctl audit verify`: whether the log is whole. */
import type { AuditEvent } from '#audit-events'
import { describeEvent } from '#audit-events'
import { PortunusError, parseDuration } from '#foundation'
import { printJson, table } from '#presentation'
import { listFlag, textFlag, withAuthority, type TctlContext } from '../context.ts'

const usualLimit = 100
const limitMax = 10_000

export async function listAuditEvents(context: TctlContext): Promise<number> {
  const { terminal } = context.world
  const request = searchOf(context)
  const { events } = await withAuthority(context, (authority) => authority.searchAuditEvents(request))
  const inOrder = events.toReversed()
  if (textFlag(context, 'format') === 'json') {
    terminal.answer(printJson(inOrder))
    return 0
  }
  if (inOrder.length === 0) terminal.tell('No events found.')
  else terminal.answer(table(['Time (UTC)', 'Code', 'Event', 'Description'], inOrder.map(eventRow)))
  return 0
}

/** The newest are asked for, so that a limit leaves the oldest out. */
function searchOf(context: TctlContext) {
  const types = listFlag(context, 'type')
  return {
    from: timeFlag(context, 'from'),
    to: timeFlag(context, 'to'),
    types: types.length === 0 ? undefined : types,
    user: textFlag(context, 'user'),
    database: textFlag(context, 'db'),
    session: textFlag(context, 'session'),
    limit: limitFlag(context),
    order: 'descending',
  } as const
}

function eventRow(event: AuditEvent): readonly string[] {
  return [event.time.replace('T', ' ').replace(/\.\d+Z$/, ''), event.code, event.event, describeEvent(event)]
}

/** RFC 3339, a date, or a duration back from now such as `2h`. */
function timeFlag(context: TctlContext, name: string): string | undefined {
  const text = textFlag(context, name)
  if (text === undefined) return undefined
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const time = new Date(text)
    if (!Number.isNaN(time.getTime())) return time.toISOString()
  } else if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)/.test(text)) {
    return new Date(context.world.client.clock.now().getTime() - parseDuration(text)).toISOString()
  }
  throw new PortunusError('TIME_MALFORMED', `Cannot read the time "${text}" of --${name}: expected a date, a time, or how long ago`, {
    category: 'bad-input',
    hint: 'write it like 2026-01-31, 2026-01-31T12:00:00Z or 2h',
  })
}

function limitFlag(context: TctlContext): number {
  const text = textFlag(context, 'limit')
  if (text === undefined) return usualLimit
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= limitMax) return limit
  throw new PortunusError('LIMIT_MALFORMED', `Cannot list "${text}" events: expected a number from 1 to ${limitMax}`, {
    category: 'bad-input',
    hint: `use --limit=${usualLimit}`,
  })
}

/** Exit code 1 when the chain is broken, for scripts. */
export async function verifyAudit(context: TctlContext): Promise<number> {
  const { ok, events, brokenAt, hash } = await withAuthority(context, (authority) => authority.verifyAudit({}))
  if (textFlag(context, 'format') === 'json') {
    context.world.terminal.answer(printJson({ ok, events, broken_at: brokenAt, hash }))
    return ok ? 0 : 1
  }
  if (ok) {
    context.world.terminal.answer(`The audit log is whole: ${events} events, chain ends with ${hash}`)
    return 0
  }
  throw new PortunusError(
    'AUDIT_CHAIN_BROKEN',
    `Cannot vouch for the audit log: its chain is broken at event "${brokenAt ?? events + 1}"`,
    {
      category: 'conflict',
      hint: 'compare with a backup, and keep a copy of the file for inquiry',
    },
  )
}
