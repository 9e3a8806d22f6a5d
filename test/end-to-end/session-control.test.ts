/** Locks, ended sessions and deleted users with real processes: live sessions end at once and in words, new ones are refused. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { Daemon } from '../../lab/stage/program.ts'
import { whenRunning } from '../../lab/stage/running-query.ts'
import { openStage, type Stage } from '../../lab/stage/stage.ts'
import { addPerson, auditEvents, configureAgent, eventually, logIn } from './people.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

const database = 'my-redshift'
const hasPsql = spawnSync('psql', ['--version']).status === 0

const briefRole = `kind: role
version: v7
metadata:
  name: brief
spec:
  options:
    client_idle_timeout: 1s
    max_db_connections: 1
  allow:
    db_labels: {'*': '*'}
    db_users: [alice]
    db_names: [dev]
`

let stage: Stage
let cluster: Daemon
let agent: Daemon
const tunnels = new Map<string, Tunnel>()

before(async () => {
  stage = await openStage()
  cluster = await stage.startCluster()
  await tctlCreate(briefRole)
  const persons = []
  for (const name of ['alice', 'bob', 'carol']) {
    persons.push(await addPerson(stage, name, ['--roles=access', '--db-users=*', '--db-names=*']))
  }
  persons.push(await addPerson(stage, 'dave', ['--roles=brief,requester']))
  await configureAgent(stage, database)
  agent = await stage.startAgent()
  for (const person of persons) {
    await logIn(stage, person)
    tunnels.set(person.name, await openTunnel(stage, { person: person.name, databaseUser: 'alice', databaseName: 'dev', database }))
  }
})

after(async () => {
  for (const tunnel of tunnels.values()) await tunnel[Symbol.asyncDispose]()
  await agent[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

interface Ended {
  readonly code: string | undefined
  readonly message: string
  readonly at: number
}

interface LiveSession {
  readonly client: pg.Client
  /** The last words of the server. */
  readonly ended: Promise<Ended>
}

async function openSession(person: string): Promise<LiveSession> {
  const client = new pg.Client({ host: 'localhost', port: tunnels.get(person)?.port ?? 0, user: 'alice', database: 'dev' })
  const ended = new Promise<Ended>((resolve) => {
    client.once('error', (error: Error & { readonly code?: string }) =>
      resolve({ code: error.code, message: error.message, at: performance.now() }),
    )
  })
  client.on('error', () => {})
  await client.connect()
  await client.query('select 1')
  return { client, ended }
}

async function refusalOf(person: string): Promise<string> {
  try {
    const { client } = await openSession(person)
    await client.end()
    return 'let in'
  } catch (error) {
    return `${error instanceof Error && 'code' in error ? String(error.code) : ''} ${String(error)}`
  }
}

async function tctl(...args: string[]): Promise<string> {
  const outcome = await stage.run('tctl', args)
  assert.equal(outcome.exitCode, 0, outcome.stderr)
  return outcome.stdout
}

async function tctlCreate(document: string): Promise<void> {
  const path = `${stage.directory}/resource.yaml`
  await writeFile(path, document)
  await tctl('create', path)
}

async function endsWithinASecond(session: LiveSession, act: () => Promise<unknown>): Promise<Ended> {
  await act()
  const doneAt = performance.now()
  const ended = await session.ended
  assert.ok(ended.at - doneAt < 1000, `it took ${Math.round(ended.at - doneAt)} ms`)
  return ended
}

test('a lock ends a live session within a second and refuses new ones; without it the person is let in again', async () => {
  const session = await openSession('alice')
  const other = await openSession('bob')
  let name = ''
  const ended = await endsWithinASecond(session, async () => {
    name = /"([0-9a-f-]{36})"/.exec(await tctl('lock', '--user=alice', '--message=laptop stolen'))?.[1] ?? ''
  })
  assert.deepEqual(
    [ended.code, ended.message],
    ['57P01', 'Cannot go on with the session: lock targeting user "alice" is in force: laptop stolen'],
  )
  assert.match(await refusalOf('alice'), /28000 .*lock targeting user "alice" is in force: laptop stolen/)
  assert.equal((await other.client.query('select 42 as answer')).rows[0]?.answer, 42)
  await other.client.end()
  await tctl('rm', `lock/${name}`)
  assert.equal(
    await eventually(
      () => refusalOf('alice'),
      (answer) => answer === 'let in',
    ),
    'let in',
  )
  const events = await eventually(
    () => auditEvents(stage),
    (all) => all.some(({ event }) => event === 'client.disconnect'),
  )
  const disconnect = events.find(({ event }) => event === 'client.disconnect')
  const end = events.find(({ event, sid }) => event === 'db.session.end' && sid === disconnect?.['sid'])
  assert.deepEqual([disconnect?.code, disconnect?.['user'], end?.['ended_by']], ['T3006I', 'alice', 'agent'])
  assert.match(String(disconnect?.['reason']), /laptop stolen/)
})

test('a lock on the database ends a running statement, at the database too', async () => {
  const { client, ended } = await openSession('bob')
  const failed = assert.rejects(client.query('select pg_sleep(63)'), { code: '57P01' })
  await whenRunning(stage.lab.superuserDsn, 'pg_sleep(63)')
  const name = /"([0-9a-f-]{36})"/.exec(await tctl('lock', `--db=${database}`, '--ttl=1h'))?.[1]
  await failed
  client.end().catch(() => {})
  void ended
  const superuser = new pg.Client({ connectionString: stage.lab.superuserDsn })
  await superuser.connect()
  const running = async (): Promise<number> => {
    const { rows } = await superuser.query(`select 1 from pg_stat_activity where query = 'select pg_sleep(63)' and state = 'active'`)
    return rows.length
  }
  await eventually(running, (count) => count === 0)
  await superuser.end()
  await tctl('rm', `lock/${name}`)
})

test('psql is told in the middle of a statement', { skip: hasPsql ? false : 'psql is not on PATH' }, async () => {
  const running = stage.run('tsh', ['db', 'connect', '--db-user=alice', '--db-name=dev', database], {
    person: 'bob',
    input: 'select pg_sleep(64);\n',
  })
  await whenRunning(stage.lab.superuserDsn, 'pg_sleep(64)')
  const name = /"([0-9a-f-]{36})"/.exec(await tctl('lock', '--role=access', '--message=all hands'))?.[1]
  const outcome = await running
  assert.match(outcome.stderr, /FATAL: +Cannot go on with the session: lock targeting role "access" is in force: all hands/)
  assert.notEqual(outcome.exitCode, 0)
  await tctl('rm', `lock/${name}`)
})

test('live sessions are listed, to everybody their own, and one is ended by its id', async () => {
  const session = await openSession('alice')
  const bystander = await openSession('bob')
  interface Listed {
    readonly id: string
    readonly user: string
    readonly db_user: string
  }
  const list = async (): Promise<readonly Listed[]> => JSON.parse(await tctl('sessions', 'ls', '--format=json'))
  const sessions = await eventually(list, (all) => all.some(({ user }) => user === 'alice') && all.some(({ user }) => user === 'bob'))
  const own = await stage.run('tsh', ['sessions', 'ls'], { person: 'bob' })
  assert.match(own.stdout, /^ID +User +Database[\s\S]*bob +my-redshift +alice +dev/)
  assert.ok(!own.stdout.includes(sessions.find(({ user }) => user === 'alice')?.id ?? '?'))
  const id = sessions.find(({ user }) => user === 'alice')?.id ?? ''
  const ended = await endsWithinASecond(session, () => tctl('sessions', 'kill', id, '--reason=maintenance'))
  assert.deepEqual([ended.code, ended.message], ['57P01', 'Cannot go on with the session: an administrator ended the session: maintenance'])
  assert.equal((await bystander.client.query('select 1 as one')).rows.length, 1)
  await bystander.client.end()
  await eventually(list, (all) => all.length === 0)
})

test('deleting a user ends the sessions and invalidates the certificates', async () => {
  const session = await openSession('carol')
  const ended = await endsWithinASecond(session, () => tctl('users', 'rm', 'carol'))
  assert.equal(ended.code, '57P01')
  assert.match(ended.message, /the user "carol" does not exist any more/)
  assert.match(await refusalOf('carol'), /carol/)
  assert.notEqual((await stage.run('tsh', ['db', 'ls'], { person: 'carol' })).exitCode, 0)
})

test('an idle session is cut in words, a long statement is not, and a person has no more sessions than allowed', async () => {
  const session = await openSession('dave')
  assert.match(await refusalOf('dave'), /^53300 .*no more than 1 are allowed/)
  assert.equal((await session.client.query('select pg_sleep(3), 42 as answer')).rows[0]?.answer, 42)
  const ended = await session.ended
  assert.deepEqual([ended.code, ended.message], ['57P05', 'Cannot keep the session: nothing happened in it for 1s'])
})

test('a role that is taken away ends the session it opened', async () => {
  const session = await openSession('dave')
  const failed = assert.rejects(session.client.query('select pg_sleep(60)'), { code: '57P01', message: /a role was taken away/ })
  await endsWithinASecond(session, () => tctl('users', 'update', 'dave', '--set-roles=requester'))
  await failed
  assert.match(await refusalOf('dave'), /28000|42501|no role/)
})

test('after the Auth Service was away, an agent follows the locks again', async () => {
  cluster.kill('SIGTERM')
  await cluster.ended
  cluster = await stage.startCluster()
  await agent.says('locks are followed again')
  await eventually(
    () => refusalOf('bob'),
    (answer) => answer === 'let in',
  )
  const session = await openSession('bob')
  const ended = await endsWithinASecond(session, () => tctl('lock', '--user=bob', '--ttl=1m'))
  assert.match(ended.message, /lock targeting user "bob" is in force$/)
})

test('an agent that stops lets sessions go on for a while, and then tells them', async () => {
  const session = await openSession('alice')
  agent.kill('SIGTERM')
  await eventually(
    async () => agent.output(),
    (output) => output.includes('live sessions may go on'),
  )
  assert.equal((await session.client.query('select 42 as answer')).rows[0]?.answer, 42)
  const ended = await session.ended
  assert.deepEqual([ended.code, ended.message], ['57P01', 'Cannot go on with the session: the Database Service stops'])
  await agent.ended
})
