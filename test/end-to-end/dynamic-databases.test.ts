/** Databases that an administrator registers while everything runs: served by the agents that choose them, used, changed and taken away. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { Daemon } from '../../lab/stage/program.ts'
import { openStage, type Stage } from '../../lab/stage/stage.ts'
import { addPerson, configureAgent, eventually, logIn } from './people.ts'
import { openTunnel } from './tunnel.ts'

let stage: Stage
let cluster: Daemon
let agent: Daemon

before(async () => {
  stage = await openStage()
  cluster = await stage.startCluster()
  const alice = await addPerson(stage, 'alice', ['--roles=access', '--db-users=alice', '--db-names=dev'])
  await configureAgent(stage, 'in-the-file')
  const written = await readFile(stage.agentConfigPath, 'utf8')
  await writeFile(stage.agentConfigPath, written.replace('db_service:\n', 'db_service:\n  resources:\n  - labels:\n      env: dev\n'))
  agent = await stage.startAgent()
  await logIn(stage, alice)
})

after(async () => {
  await agent[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

interface Listed {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly description?: string }
}

async function listed(): Promise<readonly Listed[]> {
  const { stdout } = await stage.run('tsh', ['db', 'ls', '--format=json'], { person: 'alice' })
  const databases: unknown = JSON.parse(stdout)
  assert(Array.isArray(databases))
  return databases
}

async function write(name: string, change: { readonly env?: string; readonly description?: string } = {}): Promise<string> {
  const { redshift, aws } = stage.lab
  const document = {
    kind: 'db',
    version: 'v3',
    metadata: { name, description: change.description ?? 'first', labels: { env: change.env ?? 'dev' } },
    spec: {
      protocol: 'postgres',
      uri: `${redshift.host}:${redshift.port}`,
      tls: { ca_cert: await readFile(redshift.caFile, 'utf8') },
      aws: { region: aws.region, account_id: aws.accountId, redshift: { cluster_id: redshift.clusterId } },
    },
  }
  const path = join(stage.directory, `${name}.yaml`)
  await writeFile(path, JSON.stringify(document))
  return path
}

async function tctl(...args: readonly string[]): Promise<string> {
  const outcome = await stage.run('tctl', args)
  assert.equal(outcome.exitCode, 0, outcome.stderr)
  return outcome.stdout.trim()
}

/** Within how many milliseconds the list is as it should be. */
async function timeUntil(holds: (databases: readonly Listed[]) => boolean): Promise<number> {
  const start = performance.now()
  await eventually(listed, holds)
  return performance.now() - start
}

test('a registered database is announced within seconds, and is connected to like any other', async () => {
  assert.equal(await tctl('create', await write('registered')), 'database "registered" has been created')
  const milliseconds = await timeUntil((databases) => databases.some(({ metadata }) => metadata.name === 'registered'))
  assert(milliseconds < 4_000, `${milliseconds} ms`)
  const origins = Object.fromEntries((await listed()).map(({ metadata }) => [metadata.name, metadata.labels['teleport.dev/origin']]))
  assert.deepEqual(origins, { 'in-the-file': 'config-file', registered: 'dynamic' })
  await using tunnel = await openTunnel(stage, { person: 'alice', database: 'registered', databaseUser: 'alice', databaseName: 'dev' })
  const client = new pg.Client({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev' })
  await client.connect()
  assert.equal((await client.query('select current_user as name')).rows[0]?.name, 'alice')
  await client.end()
})

test('a change reaches the list, and tsh says why one may connect', async () => {
  assert.equal(await tctl('create', '-f', await write('registered', { description: 'second' })), 'database "registered" has been updated')
  const milliseconds = await timeUntil((databases) => databases.some(({ metadata }) => metadata.description === 'second'))
  assert(milliseconds < 4_000, `${milliseconds} ms`)
  const explain = (databaseUser: string) =>
    stage.run('tsh', ['db', 'explain', 'registered', `--db-user=${databaseUser}`, '--db-name=dev', '--format=json'], { person: 'alice' })
  const shown = await explain('alice')
  assert.equal(shown.exitCode, 0, shown.stderr)
  assert.partialDeepStrictEqual(JSON.parse(shown.stdout), { allowed: true, granted_by: 'access', announced: true })
  assert.partialDeepStrictEqual(JSON.parse((await explain('root')).stdout), { allowed: false, dimension: 'database-user' })
})

test('a database that no agent chooses is in no list, and one that is deleted leaves it', async () => {
  assert.equal(await tctl('create', await write('elsewhere', { env: 'prod' })), 'database "elsewhere" has been created')
  assert.equal(await tctl('rm', 'db/registered'), 'database "registered" has been deleted')
  const milliseconds = await timeUntil((databases) => databases.length === 1 && databases[0]?.metadata.name === 'in-the-file')
  assert(milliseconds < 4_000, `${milliseconds} ms`)
  assert.match(await tctl('get', 'db', '--format=text'), /elsewhere +env=prod$/)
})
