/** Operations about live database sessions: who tells of them, who sees them, who may end them. */
import * as z from 'zod'
import { anyUser, host, rule, type Operation } from '../operation.ts'
import { nothing, shortText, time } from '../schemas.ts'

const text = z.string().max(512)

const liveSession = z.object({
  id: z.uuid(),
  user: text,
  database: text,
  databaseUser: text,
  databaseName: text,
  clientAddress: text,
  started: time,
})

const sessions = z.array(liveSession.extend({ hostId: z.string(), hostname: z.string() })).readonly()

export const sessionOperations = {
  /** All live sessions of the calling agent, instead of those it told before; good for three minutes. */
  reportSessions: {
    method: 'POST',
    path: '/v1/sessions/report',
    needs: [host('Db')],
    request: z.object({ sessions: z.array(liveSession).max(50_000).readonly() }),
    response: nothing,
    requestBytesMax: 32 * 1024 * 1024,
  },
  listSessions: {
    method: 'GET',
    path: '/v1/sessions',
    needs: [rule('lock', 'create'), rule('session_tracker', 'list')],
    request: nothing,
    response: z.object({ sessions }),
  },
  /** The caller's own. */
  listOwnSessions: {
    method: 'GET',
    path: '/v1/sessions/own',
    needs: [anyUser],
    request: nothing,
    response: z.object({ sessions }),
  },
  /** Its agent is told within a second, closes the session with the reason, and records that it did. */
  killSession: {
    method: 'POST',
    path: '/v1/sessions/kill',
    needs: [rule('lock', 'create')],
    request: z.object({ id: shortText, reason: z.string().max(1024).optional() }),
    response: nothing,
  },
} as const satisfies Record<string, Operation>
