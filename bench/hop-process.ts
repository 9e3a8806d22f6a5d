/**
 * The Database Service alone: one process that speaks TLS with clients and with the database, audits, and has no proxy or
 * authority near it. Its configuration is the JSON of one HopConfiguration on standard input; it says its port when it is ready.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { HostIdentity } from '#certificates'
import type { AgentAuthority, RedshiftLogins } from '#database-agent'
import type { Database, Role } from '#resources'

export interface HopConfiguration {
  readonly host: { readonly certificatePem: string; readonly privateKeyPem: string }
  readonly identity: HostIdentity
  readonly userAuthorityPem: string
  readonly database: Database
  readonly roles: readonly Role[]
  readonly login: { readonly user: string; readonly password: string }
  readonly journalDirectory: string
  readonly isAudited: boolean
}

const dayMilliseconds = 86_400_000
const sslRequestBytes = 8

const configuration = JSON.parse(await text(process.stdin)) as HopConfiguration
if (!configuration.isAudited) {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === './session-recorder.ts'
        ? { url: new URL('silent-recorder.ts', import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  })
}
const { openAuditJournal } = await import('#audit-log')
const { nobodyCutOff } = await import('#authority-api')
const { openDatabaseAgent } = await import('#database-agent')
const { Secret } = await import('#foundation')
const { atEndOfTurn, nodeClock, nodeNetwork, nodeRandomness, nodeTls, openJournalFile } = await import('#world')
const { silentLog } = await import('./silent-log.ts')

const path = (name: string): string => join(configuration.journalDirectory, name)
const journal = openAuditJournal({
  file: openJournalFile(path('journal')),
  spareFile: openJournalFile(path('spare')),
  acknowledgedFile: openJournalFile(path('acknowledged')),
  log: silentLog,
})
const authority: AgentAuthority = {
  upsertDatabaseServer: async () => ({ expires: new Date(Date.now() + dayMilliseconds).toISOString() }),
  deleteDatabaseServer: async () => ({}),
  getRolesForAgent: async () => ({ roles: [...configuration.roles] }),
  appendAuditEvents: async () => ({}),
  getDatabasesForAgent: async () => ({ version: '' }),
  reportSessions: async () => ({}),
}
const redshiftLogins: RedshiftLogins = {
  issue: async () => ({
    user: configuration.login.user,
    password: new Secret(configuration.login.password),
    expires: new Date(Date.now() + dayMilliseconds),
  }),
}
const agent = openDatabaseAgent({
  identity: configuration.identity,
  version: 'bench',
  databases: [configuration.database],
  credentials: { host: () => configuration.host, userAuthoritiesPem: () => [configuration.userAuthorityPem] },
  authority,
  revocations: nobodyCutOff,
  redshiftLogins,
  journal,
  atEndOfTurn,
  createHash() {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
  },
  md5Hex: (bytes) => createHash('md5').update(bytes).digest('hex'),
  network: nodeNetwork,
  tls: nodeTls,
  clock: nodeClock,
  randomness: nodeRandomness,
  log: silentLog,
})
const stopping = new AbortController()
// What shipping costs an agent is mostly to say it in JSON; that is done, and the text dropped.
const send = async (events: readonly unknown[]): Promise<void> => void JSON.stringify({ events })
void journal.ship(send, { signal: stopping.signal, clock: nodeClock, randomness: nodeRandomness })
// libpq asks before it speaks TLS; between a proxy and an agent nobody asks.
const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, ({ stream, remoteAddress }) => {
  const answer = (): void => {
    const request: unknown = stream.read(sslRequestBytes)
    if (request === null) return
    stream.removeListener('readable', answer)
    stream.write('S')
    agent.accept({ stream, remoteAddress })
  }
  stream.on('readable', answer)
})
process.once('SIGTERM', () => process.exit(0))
process.stdout.write(`listening on ${listener.address.port} until ${new X509Certificate(configuration.host.certificatePem).validTo}\n`)
