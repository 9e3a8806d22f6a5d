/** Which database sessions are alive, as the agents tell it, and which of them an administrator has ended. */
import * as z from 'zod'
import { PortunusError, type Clock } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'

export const endedSessionPrefix = 'ended-sessions'

const liveSessionSchema = z.object({
  id: z.string(),
  user: z.string(),
  database: z.string(),
  databaseUser: z.string(),
  databaseName: z.string(),
  clientAddress: z.string(),
  started: z.string(),
})

export type LiveSession = Readonly<z.output<typeof liveSessionSchema>>

/** A session with the agent that serves it. */
export interface PresentSession extends LiveSession {
  readonly hostId: string
  readonly hostname: string
}

const pageSchema = z.object({ hostId: z.string(), hostname: z.string(), sessions: z.array(liveSessionSchema) })
export const endedSessionSchema = z.object({ id: z.string(), reason: z.string() })

/** Agents tell it again every minute. */
const announcementMilliseconds = 3 * 60_000
/** Longer than any agent can be away and still have the session. */
const endedMilliseconds = 60 * 60_000
const pageSessions = 500

export interface SessionPresence {
  /** All live sessions of a host, instead of those it told before. */
  report(host: { readonly hostId: string; readonly hostname: string }, sessions: readonly LiveSession[]): Promise<void>
  /** The oldest first. */
  list(): Promise<readonly PresentSession[]>
  /** Throws SESSION_UNKNOWN. */
  end(id: string, reason: string): Promise<PresentSession>
}

export function openSessionPresence(store: Store, clock: Clock): SessionPresence {
  const pages = openCollection(store, { prefix: 'live-sessions', parse: (input) => pageSchema.parse(input), print: (value) => value })
  const ended = openCollection(store, {
    prefix: endedSessionPrefix,
    parse: (input) => endedSessionSchema.parse(input),
    print: (value) => value,
  })
  const list = async (): Promise<readonly PresentSession[]> => {
    const all = (await pages.list()).flatMap(({ hostId, hostname, sessions }) =>
      sessions.map((session) => ({ ...session, hostId, hostname })),
    )
    return all.toSorted((left, right) => (left.started < right.started ? -1 : 1))
  }
  return {
    async report({ hostId, hostname }, sessions) {
      const expires = later(clock, announcementMilliseconds)
      let page = 0
      for (; page * pageSessions < sessions.length; page++) {
        const part = sessions.slice(page * pageSessions, (page + 1) * pageSessions)
        await pages.put(`${hostId}/${page}`, { hostId, hostname, sessions: part }, { expires })
      }
      while (await pages.delete(`${hostId}/${page}`)) page += 1
    },
    list,
    async end(id, reason) {
      const session = (await list()).find((candidate) => candidate.id === id)
      if (session === undefined) throw sessionUnknown(id)
      await ended.put(id, { id, reason }, { expires: later(clock, endedMilliseconds) })
      return session
    },
  }
}

function sessionUnknown(id: string): PortunusError {
  return new PortunusError('SESSION_UNKNOWN', `Cannot end the session "${id}": no live session has that id`, {
    category: 'not-found',
    hint: 'see the sessions with: tctl sessions ls',
  })
}
