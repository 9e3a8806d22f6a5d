/** The facts of a session, for tests. */
import type { SessionFacts } from '../session-facts.ts'

export function factsOf(
  change: { readonly user?: string; readonly roles?: readonly string[]; readonly sessionId?: string } = {},
): SessionFacts {
  return {
    sessionId: change.sessionId ?? 's1',
    identity: {
      kind: 'user',
      user: change.user ?? 'alice',
      roles: change.roles ?? ['access'],
      traits: { db_users: ['analyst'], db_names: ['dev'] },
      cluster: 'test',
      usage: 'db',
      certificateId: '00000000-0000-4000-8000-000000000001',
    },
    database: {
      kind: 'db',
      version: 'v3',
      metadata: { name: 'my-redshift', labels: {} },
      spec: { protocol: 'postgres', uri: 'localhost:5439', tls: { mode: 'verify-full' }, aws: { redshift: {} } },
    },
    databaseType: 'redshift',
    databaseUser: 'analyst',
    databaseName: 'dev',
    applicationName: undefined,
    startupParameters: new Map(),
    clientAddress: '192.0.2.1:1',
    agentHostId: 'h1',
    startedAt: new Date('2026-11-22T12:00:00Z'),
  }
}
