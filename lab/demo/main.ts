/**
 * `npm run demo`: the whole guide against the lab, with the real programs as child processes. Exits with 0 only if every
 * step did what the guide says. `npm run demo -- --keep` leaves everything running for another terminal.
 */
import { writeFile } from 'node:fs/promises'
import { databaseConfigurationCommand, openStage, password, type Person, type Stage } from '../stage/stage.ts'
import type { Outcome, ProgramName } from '../stage/program.ts'
import { hasPsql, runSql } from './database-session.ts'
import { DemoFailure, chapter, expectOutcome, remark, showCommand, showOutput } from './narrator.ts'

const words = process.argv.slice(2)
const keep = words.includes('--keep')
const databaseName = 'my-redshift'
const startedAt = performance.now()

// Told to stop in the middle, the demo ends its processes and removes its files like at any other end.
process.once('SIGTERM', () => process.exit(143))
const interrupted = (): void => process.exit(130)
process.on('SIGINT', interrupted)

async function demo(): Promise<void> {
  await using stage = await openStage()
  remark('The lab is up: a stand-in for AWS that checks signatures and policies, and one for Redshift on a real PostgreSQL.')
  if (!hasPsql()) remark('psql is not on PATH: the pg client from npm is used in its place, through tsh proxy db --tunnel.')
  await using _cluster = await startCluster(stage)
  const alice = await createUser(stage, 'alice', ['--roles=access', '--db-users=*', '--db-names=*'])
  const bob = await createUser(stage, 'bob', ['--roles=access,requester', '--db-users=bob', '--db-names=dev'])
  await using _agent = await startDatabaseService(stage)
  await logIn(stage, alice)
  await queryAsDatabaseUser(stage)
  await queryAsIamRole(stage)
  await cancelQuery(stage)
  await refuseBob(stage, bob)
  await readAudit(stage)
  if (keep) await stayUp(stage)
  await logOut(stage)
}

async function show(stage: Stage, person: string, program: ProgramName, args: readonly string[], input?: string): Promise<Outcome> {
  showCommand(person, [program, ...args])
  const outcome = await stage.run(program, args, { person, ...(input === undefined ? {} : { input }) })
  showOutput(outcome)
  return outcome
}

async function startCluster(stage: Stage): Promise<AsyncDisposable> {
  chapter('A cluster: Auth Service and Proxy Service')
  showCommand('admin', ['teleport', 'start', '-c', stage.clusterConfigPath])
  const cluster = await stage.startCluster()
  const status = await show(stage, 'admin', 'tctl', ['status'])
  expectOutcome(status, { says: ['demo.portunus.internal', /CA pin\s+sha256:[0-9a-f]{64}/] })
  return cluster
}

async function createUser(stage: Stage, name: string, flags: readonly string[]): Promise<Person> {
  chapter(`Step 1. Create the user ${name}`)
  const added = await show(stage, 'admin', 'tctl', ['users', 'add', ...flags, name])
  expectOutcome(added, { says: [name, /https:\/\/localhost:\d+\/web\/invite\/[0-9a-f]{32}/] })
  const inviteUrl = /https:\/\/\S+\/web\/invite\/[0-9a-f]{32}/.exec(added.stdout)?.[0] ?? ''
  const person = await stage.signUp(name, inviteUrl)
  remark(`  ${name} opens the link, chooses a password and scans the QR code (here: the same requests the page makes).`)
  return person
}

async function startDatabaseService(stage: Stage): Promise<AsyncDisposable> {
  chapter('Step 2. Create a Database Service configuration')
  const token = await show(stage, 'admin', 'tctl', ['tokens', 'add', '--type=db', '--format=text'])
  expectOutcome(token, { says: [/^[0-9a-f]{32}\n/] })
  await writeFile(stage.tokenPath, token.stdout, { mode: 0o600 })
  remark(`  saved in ${stage.tokenPath}`)
  const created = await show(stage, 'admin', 'teleport', databaseConfigurationCommand(stage, databaseName))
  expectOutcome(created, { says: [stage.agentConfigPath] })

  chapter('Steps 3 to 5. IAM, and start the Database Service')
  remark('  The lab has an IAM user for the Database Service, the role my-iam-role that trusts it, and their policies.')
  showCommand('agent', ['teleport', 'start', '-c', stage.agentConfigPath])
  return await stage.startAgent()
}

async function logIn(stage: Stage, person: Person): Promise<void> {
  chapter(`Step 6. ${person.name} logs in`)
  const status = await stage.run('tctl', ['status'])
  const pin = /sha256:[0-9a-f]{64}/.exec(status.stdout)?.[0] ?? ''
  const args = ['login', `--proxy=${stage.proxyAddress}`, `--user=${person.name}`, `--ca-pin=${pin}`]
  const input = `${password}\n${await person.authenticator.nextCode()}\n`
  const login = await show(stage, person.name, 'tsh', args, input)
  expectOutcome(login, { says: [/Logged in as:\s+/, person.name, 'demo.portunus.internal'] })
  const list = await show(stage, person.name, 'tsh', ['db', 'ls'])
  expectOutcome(list, { says: [databaseName, 'Allowed Users'] })
}

async function queryAsDatabaseUser(stage: Stage): Promise<void> {
  chapter('Connect as a database user (GetClusterCredentials)')
  const login = { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database: databaseName }
  const rows = await runSql(stage, login, 'select current_user; select id, name, attendees from events order by id;')
  expectOutcome(rows, { says: ['alice', 'Spring concert'] })
}

async function queryAsIamRole(stage: Stage): Promise<void> {
  chapter('Connect as an IAM role (AssumeRole, then GetClusterCredentialsWithIAM)')
  const login = { person: 'alice', databaseUser: 'role/my-iam-role', databaseName: 'dev', database: databaseName }
  const rows = await runSql(stage, login, 'select current_user; select id, name, attendees from events order by id;')
  expectOutcome(rows, { says: ['IAMR:my-iam-role', 'Spring concert'] })
}

async function cancelQuery(stage: Stage): Promise<void> {
  chapter('Ctrl-C cancels a running query')
  const login = { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database: databaseName }
  const cancelled = await runSql(stage, login, 'select pg_sleep(60);', { cancels: 'pg_sleep(60)' })
  expectOutcome(cancelled, { exitCode: 'failure', says: ['canceling statement due to user request'] })
}

async function refuseBob(stage: Stage, bob: Person): Promise<void> {
  await logIn(stage, bob)
  chapter('What bob may not do')
  const login = { person: 'bob', databaseUser: 'alice', databaseName: 'dev', database: databaseName }
  const refused = await runSql(stage, login, 'select 1;')
  expectOutcome(refused, { exitCode: 'failure', says: ['database user "alice"', /HINT/i] })
}

async function readAudit(stage: Stage): Promise<void> {
  chapter('Who ran what')
  const expected = [
    /alice.*select id, name, attendees from events/,
    /IAMR:my-iam-role|role\/my-iam-role/,
    /pg_sleep\(60\)/,
    /cancel/i,
    /bob/,
    /denied|refused/i,
  ]
  // The Database Service ships its journal within a second or so.
  for (let attempt = 0; ; attempt++) {
    const listed = await stage.run('tctl', ['audit', 'ls'])
    if (attempt < 20 && !expected.every((part) => part.test(listed.stdout))) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      continue
    }
    showCommand('admin', ['tctl', 'audit', 'ls'])
    showOutput(listed)
    expectOutcome(listed, { says: expected })
    return
  }
}

async function stayUp(stage: Stage): Promise<void> {
  chapter('Everything stays up. In another terminal, as alice:')
  for (const [name, value] of Object.entries(stage.environment('alice'))) {
    if (name === 'HOME') console.log(`  export ${name}='${value}'`)
  }
  console.log(`  export PATH="${process.cwd()}/bin:$PATH"`)
  console.log(`  tsh db ls`)
  console.log(`  tsh db connect --db-user=alice --db-name=dev ${databaseName}`)
  console.log('and as the administrator:')
  console.log(`  export PATH="${process.cwd()}/bin:$PATH"`)
  console.log(`  TELEPORT_CONFIG_FILE='${stage.clusterConfigPath}' tctl audit ls`)
  remark('Ctrl-C here stops it all.')
  await new Promise<void>((resolve) => {
    process.removeListener('SIGINT', interrupted)
    const alive = setInterval(() => {}, 60_000)
    process.once('SIGINT', () => {
      clearInterval(alive)
      resolve()
    })
  })
}

async function logOut(stage: Stage): Promise<void> {
  chapter('Log out')
  expectOutcome(await show(stage, 'alice', 'tsh', ['db', 'logout', databaseName]), { says: [databaseName] })
  expectOutcome(await show(stage, 'alice', 'tsh', ['logout']), {})
  const refused = await show(stage, 'alice', 'tsh', ['db', 'ls'])
  expectOutcome(refused, { exitCode: 'failure' })
}

if (words.some((word) => word !== '--keep')) {
  console.error('Usage: npm run demo [-- --keep]\n  --keep  leave everything running, and say what to try in another terminal')
  process.exit(2)
}
try {
  await demo()
  console.log(`\nEvery step did what the guide says (${Math.round((performance.now() - startedAt) / 1000)} s).`)
  process.exit(0)
} catch (error) {
  console.error(error instanceof DemoFailure ? `\nFAILED: ${error.message}` : error)
  process.exit(1)
}
