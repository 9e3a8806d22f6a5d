/** tsh for people with several databases: SQL in all of them, queries that find them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { programPath, runCommand, startDaemon, type Daemon, type Outcome } from '../../lab/stage/program.ts'
import { whenRunning } from '../../lab/stage/running-query.ts'
import { openStage, type Stage } from '../../lab/stage/stage.ts'
import { addPerson, auditEvents, configureAgent, eventually, logIn } from './people.ts'

const hasPsql = spawnSync('psql', ['--version']).status === 0
const withPsql = { skip: hasPsql ? false : 'psql is not on PATH' }

let stage: Stage
let cluster: Daemon
let agent: Daemon

before(async () => {
  stage = await openStage()
  cluster = await stage.startCluster()
  const alice = await addPerson(stage, 'alice', ['--roles=access', '--db-users=*', '--db-names=*'])
  await configureAgent(stage, 'my-redshift')
  await addSecondDatabase()
  agent = await stage.startAgent()
  await logIn(stage, alice)
  await eventually(
    () => tsh('db', 'ls', '--format=json'),
    ({ stdout }) => stdout.includes('my-redshift') && stdout.includes('reports'),
  )
})

after(async () => {
  await agent[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

/** The same Redshift cluster under another name, with another label. */
async function addSecondDatabase(): Promise<void> {
  const configuration = parse(await readFile(stage.agentConfigPath, 'utf8'))
  const [first] = configuration.db_service.databases
  configuration.db_service.databases.push({ ...first, name: 'reports', static_labels: { team: 'finance' } })
  await writeFile(stage.agentConfigPath, stringify(configuration), { mode: 0o600 })
}

function tsh(...args: string[]): Promise<Outcome> {
  return stage.run('tsh', args, { person: 'alice' })
}

test('tsh db exec runs SQL in several databases, keeps each output, and leaves the rest alone when one fails', withPsql, async () => {
  const asAlice = ['--db-user=alice', '--db-name=dev']
  const plain = await tsh('db', 'exec', 'select name from events where id = 2', '--dbs=my-redshift,reports', ...asAlice)
  assert.equal(plain.exitCode, 0, plain.stderr)
  assert.equal(plain.stdout.match(/Chamber evening/g)?.length, 2)
  assert.match(plain.stdout, /Summary: 2 of 2 succeeded\.\n$/)

  const directory = join(stage.directory, 'outputs')
  const apart = [`--output-dir=${directory}`, '--parallel=2', '--search=redshift', '--no-confirm']
  const kept = await tsh('db', 'exec', 'select 1/(case when current_user = $$alice$$ then 0 end)', ...apart, ...asAlice)
  assert.equal(kept.exitCode, 1)
  assert.match(kept.stdout, /^Summary: 0 of \d succeeded\.\n$/)
  assert.match(await readFile(join(directory, 'my-redshift.output'), 'utf8'), /division by zero/)
  assert.equal((await stat(join(directory, 'my-redshift.output'))).mode & 0o777, 0o600)
  assert.equal(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')).succeeded, 0)
  await eventually(
    () => auditEvents(stage),
    (events) => events.filter((event) => event.event === 'db.session.query' && String(event['db_query']).includes('id = 2')).length === 2,
  )
})

test('tsh db ls --query and tsh db connect --query find a database by a predicate', withPsql, async () => {
  const listed = await tsh('db', 'ls', '--query=labels["team"] == "finance" && resource.spec.protocol == "postgres"', '--format=json')
  assert.deepEqual(
    JSON.parse(listed.stdout).map((one: { readonly metadata: { readonly name: string } }) => one.metadata.name),
    ['reports'],
  )
  const bad = await tsh('db', 'ls', '--query=labels[team] == "finance"')
  assert.equal(bad.exitCode, 1)
  assert.match(bad.stderr, /at position 8: /)
  const connected = await stage.run('tsh', ['db', 'connect', '--query=hasPrefix(name, "rep")', '--db-user=alice', '--db-name=dev'], {
    person: 'alice',
    input: 'select current_user;\n',
  })
  assert.match(connected.stdout, /alice/, connected.stderr)
})

test('a proxy in the background outlives its command, serves on the same port after a restart, and is listed and stopped', async () => {
  const command = ['proxy', 'db', '--tunnel', '--background', '--db-user=alice', '--db-name=dev', '--format=json', 'reports']
  const ports: number[] = []
  for (const name of ['reports', 'reports']) {
    const started = await tsh(...command)
    assert.equal(started.exitCode, 0, started.stderr)
    const { port, pid } = JSON.parse(started.stdout)
    ports.push(port)
    const client = new pg.Client({ host: 'localhost', port, user: 'alice', database: 'dev' })
    await client.connect()
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
    await client.end()
    const listed = await tsh('proxy', 'ls', '--format=json')
    assert.deepEqual([JSON.parse(listed.stdout)[0].name, JSON.parse(listed.stdout)[0].pid], [name, pid])
    const stopped = await tsh('proxy', 'stop', name)
    assert.equal(stopped.stdout, `Stopped the local proxy "${name}".\n`, stopped.stderr)
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    )
  }
  assert.equal(ports[0], ports[1])
})

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch {
    return false
  }
}

test('psql connects through a Unix socket that only its owner may open, and cancels there', withPsql, async () => {
  const path = join(stage.directory, '.s.PGSQL.6000')
  const args = ['proxy', 'db', '--tunnel', `--listen-unix=${path}`, '--db-user=alice', '--db-name=dev', 'reports']
  await using daemon = startDaemon(programPath('tsh'), args, stage.environment('alice'))
  await daemon.says('Started')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const uri = /postgres:\/\/[^'\s]+/.exec(daemon.output())?.[0] ?? ''
  const psql = await runCommand('psql', ['-At', '-c', 'select current_user', uri], { environment: stage.environment('alice') })
  assert.equal(psql.stdout, 'alice\n', psql.stderr)
  const cancelled = await runCommand('psql', ['-c', 'select pg_sleep(90)', uri], {
    environment: stage.environment('alice'),
    interruptWhen: () => whenRunning(stage.lab.superuserDsn, 'pg_sleep(90)'),
  })
  assert.match(cancelled.stderr, /canceling statement due to user request/)
})
