/** Answers about live database sessions. */
import type { Handlers } from '#authority-api'
import { actorOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'
import { hostOf, personOf } from './callers.ts'

type SessionHandlers = Pick<Handlers, 'reportSessions' | 'listSessions' | 'listOwnSessions' | 'killSession'>

export function sessionHandlers({ sessionPresence, audit }: AuthorityParts): SessionHandlers {
  return {
    async reportSessions({ sessions }, caller) {
      await sessionPresence.report(hostOf(caller), sessions)
      return {}
    },
    async listSessions() {
      return { sessions: await sessionPresence.list() }
    },
    async listOwnSessions(_request, caller) {
      const { user } = personOf(caller).identity
      return { sessions: (await sessionPresence.list()).filter((session) => session.user === user) }
    },
    async killSession({ id, reason }, caller) {
      const actor = actorOf(caller)
      const said =
        reason === undefined || reason === '' ? 'an administrator ended the session' : `an administrator ended the session: ${reason}`
      await sessionPresence.end(id, said)
      await audit.record({ event: 'session.kill', code: 'TPS01I', ...actor, sid: id, reason: reason ?? '' })
      return {}
    },
  }
}
