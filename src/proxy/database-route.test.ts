/** From a person to an agent: who is refused before anything is dialled, and whether it is remembered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockAgeMillisecondsMax, nothingRevoked, type RevocationState } from '#access'
import type { AuditEventBody } from '#audit-events'
import { nobodyCutOff } from '#authority-api'
import type { UserIdentity } from '#certificates'
import type { Log } from '#foundation'
import { parseDatabaseServer, parseLock, parseRole } from '#resources'
import { memoryPair, nodeClock } from '#world'
import { connectToAgent } from './database-route.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

const server = parseDatabaseServer({
  kind: 'db_server',
  version: 'v3',
  metadata: { name: 'my-redshift' },
  spec: {
    version: '1.2.3',
    hostname: 'agent',
    host_id: 'h1',
    database: { kind: 'db', version: 'v3', metadata: { name: 'my-redshift' }, spec: { protocol: 'postgres', uri: 'localhost:5439' } },
  },
})

const identity: UserIdentity = {
  kind: 'user',
  user: 'alice',
  roles: ['access'],
  traits: {},
  cluster: 'test',
  usage: 'db',
  route: { service: 'my-redshift', protocol: 'postgres' },
  certificateId: '00000000-0000-4000-8000-000000000001',
}

function openRig(change: Partial<RevocationState> = {}, options: { readonly mode?: 'strict' | 'best_effort'; readonly age?: number } = {}) {
  const role = parseRole({
    kind: 'role',
    version: 'v7',
    metadata: { name: 'access' },
    spec: {
      options: options.mode === undefined ? {} : { lock: options.mode },
      allow: { db_labels: { '*': '*' }, db_users: ['analyst'], db_names: ['dev'] },
    },
  })
  const audited: AuditEventBody[] = []
  let dials = 0
  const connect = () =>
    connectToAgent(
      { identity, service: 'my-redshift', databaseUser: 'analyst', databaseName: 'dev', clientAddress: '192.0.2.1:1' },
      {
        directory: {
          serversOf: async () => [server],
          roles: async (names) => (names.includes('access') ? [role] : []),
        },
        hub: {
          isConnected: () => true,
          openConnections: () => 0,
          async dial() {
            dials += 1
            return memoryPair('agent')[0]
          },
          async cancel() {
            return false
          },
          addControlChannel() {},
          acceptDialBack() {},
          async [Symbol.asyncDispose]() {},
        },
        revocations: { ...nobodyCutOff, state: { ...nothingRevoked, ...change }, ageMilliseconds: () => options.age ?? 0 },
        audit: async (event) => void audited.push(event),
        clock: nodeClock,
        log: silent,
      },
    )
  return { connect, audited, dials: () => dials }
}

const lock = parseLock({ kind: 'lock', version: 'v2', metadata: { name: 'l1' }, spec: { target: { user: 'alice' }, message: 'stolen' } })
const stale = lockAgeMillisecondsMax + 1

const refused: readonly (readonly [string, Parameters<typeof openRig>, string])[] = [
  ['somebody who is locked', [{ locks: [lock] }], 'LOCK_IN_FORCE'],
  ['a deleted user', [{ rolesByUser: new Map() }], 'USER_GONE'],
  ['somebody whose role was taken away', [{ rolesByUser: new Map([['alice', []]]) }], 'DATABASE_ACCESS_DENIED'],
  ['anybody under a strict role while locks are stale', [{}, { mode: 'strict', age: stale }], 'LOCKS_STALE'],
  ['somebody who was locked when locks were known', [{ locks: [lock] }, { mode: 'best_effort', age: stale }], 'LOCK_IN_FORCE'],
]

for (const [sentence, args, code] of refused) {
  test(`${sentence} is refused before an agent is dialled, and it is remembered`, async () => {
    const rig = openRig(...args)
    await assert.rejects(rig.connect(), { code, sqlState: '28000', category: 'access-denied' })
    assert.equal(rig.dials(), 0)
    assert.deepEqual(
      rig.audited.map((event) => [event.event, event.code, 'error_code' in event ? event.error_code : undefined]),
      [['db.session.start', 'TDB00W', code]],
    )
  })
}

const letIn: readonly (readonly [string, Parameters<typeof openRig>])[] = [
  ['nobody speaks against', [{ rolesByUser: new Map([['alice', ['access']]]) }]],
  ['a strict role knows fresh locks of', [{}, { mode: 'strict', age: lockAgeMillisecondsMax }]],
  ['a best-effort role knows nothing new of', [{}, { mode: 'best_effort', age: stale }]],
]

for (const [sentence, args] of letIn) {
  test(`somebody ${sentence} is brought to an agent`, async () => {
    const rig = openRig(...args)
    assert.equal((await rig.connect()).hostId, 'h1')
    assert.deepEqual([rig.dials(), rig.audited], [1, []])
  })
}
