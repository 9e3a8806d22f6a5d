/** What happens when processes die: the agent by kill -9 in the middle of work, the proxy by a restart, the agent in order. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { Daemon } from '../../lab/stage/program.ts'
import { openStage, type Stage } from '../../lab/stage/stage.ts'
import { addPerson, auditEvents, configureAgent, eventually, logIn } from './people.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

const database = 'my-redshift'

let stage: Stage
let cluster: Daemon
let agent: Daemon
let tunnel: Tunnel

before(async () => {
  stage = await openStage()
  cluster = await stage.startCluster()
  const alice = await addPerson(stage, 'alice', ['--roles=access', '--db-users=*', '--db-names=*'])
  await configureAgent(stage, database)
  agent = await stage.startAgent()
  await rm(stage.tokenPath)
  await logIn(stage, alice)
  tunnel = await openTunnel(stage, { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database })
  await asSuperuser('create table markers (marker text); grant all on markers to public;')
})

after(async () => {
  await tunnel[Symbol.asyncDispose]()
  await agent[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

async function asSuperuser(sql: string): Promise<readonly Record<string, unknown>[]> {
  const dsn = new URL(stage.lab.superuserDsn)
  dsn.pathname = '/dev'
  const client = new pg.Client({ connectionString: dsn.toString() })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function openClient(): Promise<pg.Client> {
  const client = new pg.Client({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev' })
  client.on('error', () => {}) // the agent is about to be killed
  await client.connect()
  return client
}

/** Inserts markers on several connections until the connections break. */
async function insertUntilBroken(round: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 4 }, openClient))
  await Promise.all(
    clients.map(async (client, index) => {
      for (let count = 0; count < 100_000; count++) {
        await client.query(`insert into markers values ('marker-${round}-${index}-${count}')`)
      }
    }),
  ).catch(() => {})
  for (const client of clients) client.end().catch(() => {})
}

test('kill -9 of the agent loses no record of a statement that reached the database, and it comes back without a token', async () => {
  for (let round = 0; round < 3; round++) {
    const working = insertUntilBroken(round)
    await eventually(
      () => asSuperuser(`select count(*)::int as count from markers where marker like 'marker-${round}-%'`),
      ([row]) => Number(row?.['count']) > 20,
    )
    agent.kill('SIGKILL')
    await agent.ended
    await working
    agent = await stage.startAgent()
  }
  const reached = (await asSuperuser('select marker from markers')).map((row) => String(row['marker']))
  assert.ok(reached.length > 60)
  const isRecorded = (events: readonly { readonly [field: string]: unknown }[]): string[] => {
    const recorded = new Set(events.map((event) => /marker-\d+-\d+-\d+/.exec(String(event['db_query']))?.[0]))
    return reached.filter((marker) => !recorded.has(marker))
  }
  const missing = await eventually(
    async () => isRecorded(await auditEvents(stage)),
    (markers) => markers.length === 0,
  )
  assert.deepEqual(missing, [])
  const client = await openClient()
  assert.equal((await client.query('select 42 as answer')).rows[0]?.answer, 42)
  await client.end()
})

test('a restarted proxy is found again by the agent and by a waiting tunnel', async () => {
  cluster.kill('SIGTERM')
  await cluster.ended
  cluster = await stage.startCluster()
  await eventually(
    async () => {
      try {
        const client = await openClient()
        const { rows } = await client.query('select 1 as one')
        await client.end()
        return rows.length
      } catch {
        return 0
      }
    },
    (rows) => rows === 1,
  )
})

test('an agent that stops in order takes its databases off the list at once', async () => {
  await agent[Symbol.asyncDispose]()
  const listed = await stage.run('tsh', ['db', 'ls', '--format=json'], { person: 'alice' })
  assert.deepEqual(JSON.parse(listed.stdout), [])
  const tryToConnect = (): Promise<string> =>
    openClient().then(
      () => 'connected',
      (error: unknown) => String(error),
    )
  // The proxy's view is a second old at most; until then it says that nobody serves the database.
  await eventually(tryToConnect, (refusal) => refusal.includes('no Database Service announces such a database now'))
})
