/** An Auth Service for the tests of this room, which answers, refuses or keeps silent as the test says. */
import type { AgentAuthority } from '../agent-options.ts'
import type { Database, Role } from '#resources'

export type AuthorityMood = 'answers' | 'refuses' | 'keeps silent'

export interface FakeAuthority extends AgentAuthority {
  mood: AuthorityMood
  roles: readonly Role[]
  /** Registered in the cluster. */
  databases: readonly Database[]
  /** What was asked, such as `announce my-redshift` or `roles access,auditor`. */
  readonly asked: string[]
  /** Answers, late, what was met with silence. */
  answerLate(): void
}

export function fakeAuthority(roles: readonly Role[] = []): FakeAuthority {
  const asked: string[] = []
  const unanswered: (() => void)[] = []
  const answer = async <T>(question: string, value: () => T): Promise<T> => {
    asked.push(question)
    if (authority.mood === 'refuses') throw new Error('connection refused')
    if (authority.mood === 'keeps silent') await new Promise<void>((resolve) => unanswered.push(resolve))
    return value()
  }
  const authority: FakeAuthority = {
    mood: 'answers',
    roles,
    databases: [],
    asked,
    answerLate() {
      for (const answerNow of unanswered.splice(0)) answerNow()
    },
    upsertDatabaseServer: ({ server }) => answer(`announce ${server.metadata.name}`, () => ({ expires: '2026-11-22T12:10:00.000Z' })),
    deleteDatabaseServer: ({ name }) => answer(`withdraw ${name}`, () => ({})),
    getDatabasesForAgent: ({ known }) => {
      const { databases } = authority
      const version = JSON.stringify(databases)
      return answer('databases', () => (version === known ? { version } : { version, databases }))
    },
    getRolesForAgent: ({ names }) => answer(`roles ${names.join(',')}`, () => ({ roles: authority.roles })),
    appendAuditEvents: () => answer('audit', () => ({})),
    reportSessions: ({ sessions }) => answer(`sessions ${sessions.length}`, () => ({})),
  }
  return authority
}
