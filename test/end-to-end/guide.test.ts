/** The guide's main path with real processes: cluster, Database Service, tsh and psql, against the lab. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import pg from 'pg'
import postgres from 'postgres'
import type { Daemon } from '../../lab/stage/program.ts'
import { runCommand } from '../../lab/stage/program.ts'
import { whenRunning } from '../../lab/stage/running-query.ts'
import { openStage, type Stage } from '../../lab/stage/stage.ts'
import { addPerson, auditEvents, configureAgent, eventually, logIn } from './people.ts'
import { openTunnel } from './tunnel.ts'

const database = 'my-redshift'
const hasPsql = spawnSync('psql', ['--version']).status === 0
const hasPgbench = spawnSync('pgbench', ['--version']).status === 0
const withPsql = { skip: hasPsql ? false : 'psql is not on PATH' }

let stage: Stage
let cluster: Daemon
let agent: Daemon

before(async () => {
  stage = await openStage()
  cluster = await stage.startCluster()
  const alice = await addPerson(stage, 'alice', ['--roles=access', '--db-users=*', '--db-names=*'])
  const bob = await addPerson(stage, 'bob', ['--roles=access,requester', '--db-users=bob', '--db-names=dev'])
  await configureAgent(stage, database)
  agent = await stage.startAgent()
  await rm(stage.tokenPath) // needed once; every later start goes without it
  await logIn(stage, alice)
  await logIn(stage, bob)
})

after(async () => {
  await agent[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

function connect(person: string, databaseUser: string, sql: string, options: { readonly cancels?: string } = {}) {
  return stage.run('tsh', ['db', 'connect', `--db-user=${databaseUser}`, '--db-name=dev', database], {
    person,
    input: `${sql}\n`,
    ...(options.cancels === undefined ? {} : { interruptWhen: () => whenRunning(stage.lab.superuserDsn, options.cancels ?? '') }),
  })
}

test('tsh db ls shows the database and who one may be there', async () => {
  const listed = await stage.run('tsh', ['db', 'ls'], { person: 'alice' })
  assert.match(listed.stdout, /^Name +Description +Allowed Users +Labels/)
  assert.match(listed.stdout, /my-redshift +\[\*\]/)
  const json = await stage.run('tsh', ['db', 'ls', '--format=json'], { person: 'bob' })
  const [only]: { metadata: { name: string }; users: { allowed: string[] } }[] = JSON.parse(json.stdout)
  assert.equal(only?.metadata.name, database)
  assert.deepEqual(only?.users.allowed, ['bob'])
})

test('alice gets rows as a database user', withPsql, async () => {
  const outcome = await connect('alice', 'alice', 'select current_user; select name from events order by id;')
  assert.equal(outcome.exitCode, 0, outcome.stderr)
  assert.match(outcome.stdout, /alice[\s\S]*Spring concert/)
})

test('alice gets rows as an IAM role', withPsql, async () => {
  const outcome = await connect('alice', 'role/my-iam-role', 'select current_user; select name from events order by id;')
  assert.equal(outcome.exitCode, 0, outcome.stderr)
  assert.match(outcome.stdout, /IAMR:my-iam-role[\s\S]*Spring concert/)
})

test('Ctrl-C in psql cancels the running query', withPsql, async () => {
  const startedAt = performance.now()
  const outcome = await connect('alice', 'alice', 'select pg_sleep(120);', { cancels: 'pg_sleep(120)' })
  assert.match(outcome.stderr, /canceling statement due to user request/)
  assert.ok(performance.now() - startedAt < 60_000)
})

test('bob is refused another database user, with the dimension and the way out', withPsql, async () => {
  const outcome = await connect('bob', 'alice', 'select 1;')
  assert.notEqual(outcome.exitCode, 0)
  assert.match(outcome.stderr, /database user "alice"/)
  assert.match(outcome.stderr, /HINT/i)
})

test('bob is refused another database name', withPsql, async () => {
  const outcome = await stage.run('tsh', ['db', 'connect', '--db-user=bob', '--db-name=analytics', database], {
    person: 'bob',
    input: 'select 1;\n',
  })
  assert.notEqual(outcome.exitCode, 0)
  assert.match(outcome.stderr, /database name "analytics"/)
})

test('a role that does not trust the Database Service is refused with the policy to add', withPsql, async () => {
  const outcome = await connect('alice', stage.lab.aws.untrustingRole.databaseUser, 'select 1;')
  assert.match(outcome.stderr, /sts:AssumeRole/)
  assert.match(outcome.stderr, /"Action": "sts:AssumeRole"/)
})

test('a database user that does not exist is named, with the statement that makes it', withPsql, async () => {
  const outcome = await connect('alice', 'ghost', 'select 1;')
  assert.match(outcome.stderr, /user "ghost" does not exist/)
  assert.match(outcome.stderr, /CREATE USER "ghost"/)
})

test('stock clients work through tsh proxy db --tunnel: pg and postgres', async () => {
  await using tunnel = await openTunnel(stage, { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database })
  const client = new pg.Client({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev' })
  await client.connect()
  const rows = await client.query('select name from events where id = $1', [2])
  assert.deepEqual(rows.rows, [{ name: 'Chamber evening' }])
  await client.end()

  const sql = postgres({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev', max: 3, fetch_types: false })
  const answers = await Promise.all([1, 2, 3].map((id) => sql`select id, attendees from events where id = ${id}`))
  assert.deepEqual(
    answers.map(([row]) => row?.['id']),
    [1, 2, 3],
  )
  await sql.end()
})

test(
  'psql, with COPY both ways, and pgbench work through the tunnel',
  { skip: hasPsql && hasPgbench ? false : 'psql or pgbench is not on PATH' },
  async () => {
    await using tunnel = await openTunnel(stage, { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database })
    const environment = { ...stage.environment('alice') }
    const dsn = `postgres://alice@localhost:${tunnel.port}/dev`
    const psql = await runCommand('psql', [dsn, '-At', '-c', 'select count(*) from generate_series(1, 100000)'], { environment })
    assert.equal(psql.stdout.trim(), '100000', psql.stderr)
    const copied = await runCommand('psql', [dsn, '-Atq', '-v', 'ON_ERROR_STOP=1'], {
      environment,
      input:
        'create temp table copies (line text);\ncopy copies from stdin;\nfirst\nsecond\n\\.\ncopy (select line from copies order by line) to stdout;\n',
    })
    assert.equal(copied.stdout, 'first\nsecond\n', copied.stderr)
    const script = `${stage.directory}/select.sql`
    const { writeFile } = await import('node:fs/promises')
    await writeFile(script, 'select 1;\n')
    const pgbench = await runCommand('pgbench', ['-n', '-M', 'prepared', '-c', '4', '-t', '200', '-f', script, dsn], { environment })
    assert.equal(pgbench.exitCode, 0, pgbench.stderr)
    assert.match(pgbench.stdout, /processed: 800\/800/)
  },
)

test('large results and long parameters pass unchanged', async () => {
  await using tunnel = await openTunnel(stage, { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database })
  const client = new pg.Client({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev' })
  await client.connect()
  const large = await client.query(`select md5(i::text) as digest from generate_series(1, 50000) i order by i`)
  assert.equal(large.rows.length, 50_000)
  const long = 'x'.repeat(3_000_000)
  const echoed = await client.query('select length($1::text) as length', [long])
  assert.equal(echoed.rows[0]?.length, long.length)
  await client.end()
})

test('the audit log holds every session, statement, refusal and cancel, with who and where', async () => {
  const events = await eventually(
    () => auditEvents(stage),
    (all) => all.some(({ event, db_query }) => event === 'db.session.query' && String(db_query).includes('generate_series(1, 50000)')),
  )
  const query = events.find(({ event, db_query }) => event === 'db.session.query' && db_query === 'select name from events where id = $1')
  assert.ok(query)
  assert.deepEqual(
    [query['user'], query['db_service'], query['db_user'], query['db_name'], query['db_actual_user'], query['rows'], query['outcome']],
    ['alice', database, 'alice', 'dev', 'IAM:alice', 1, 'ok'],
  )
  assert.deepEqual(query['db_query_parameters'], ['2'])
  const names = new Set(events.map(({ event, code }) => `${event} ${code}`))
  const expected = [
    'user.login T1000I',
    'user.create T1002I',
    'join TJ001I',
    'db.session.start TDB00I',
    'db.session.query TDB02I',
    'db.session.end TDB01I',
  ]
  for (const name of hasPsql
    ? [...expected, 'db.session.start TDB00W', 'db.session.cancel TDB11I', 'db.session.connect.failed TDB12W']
    : expected) {
    assert.ok(names.has(name), `${name} is missing from ${[...names].join(', ')}`)
  }
  const text = await stage.run('tctl', ['audit', 'ls', '--user=bob'])
  assert.match(text.stdout, /bob/)
  assert.ok(!text.stdout.includes('alice@'))
})

test('logging out of a database removes its keys, and logging out ends the login', async () => {
  assert.equal((await stage.run('tsh', ['db', 'login', '--db-user=bob', '--db-name=dev', database], { person: 'bob' })).exitCode, 0)
  const out = await stage.run('tsh', ['db', 'logout', database], { person: 'bob' })
  assert.equal(out.exitCode, 0, out.stderr)
  assert.match(out.stdout + out.stderr, /my-redshift/)
  assert.equal((await stage.run('tsh', ['logout'], { person: 'bob' })).exitCode, 0)
  assert.notEqual((await stage.run('tsh', ['db', 'ls'], { person: 'bob' })).exitCode, 0)
})
