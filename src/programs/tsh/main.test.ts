/** Conversations with tsh, against a small cluster with real TLS. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PortunusError } from '#foundation'
import { writePasswordMessage, writeStartupMessage } from '#postgres-protocol'
import { goodCode, goodPassword, openTestCluster } from '../../../test/worlds/small-cluster.ts'
import { speak, type ConversationOptions } from './testing/conversation.ts'

const running = await openTestCluster({ agent: (stream) => stream.pipe(stream) })
after(() => running[Symbol.asyncDispose]())
const proxy = `localhost:${running.port}`

async function newHome(): Promise<ConversationOptions> {
  const homeDirectory = await mkdtemp(join(tmpdir(), 'tsh-'))
  after(() => rm(homeDirectory, { recursive: true }))
  return { homeDirectory }
}

async function loggedIn(): Promise<ConversationOptions> {
  const home = await newHome()
  const login = ['login', `--proxy=${proxy}`, '--user=alice', `--ca-pin=${running.pin}`]
  const { exitCode, stderr } = await speak(login, home, [goodPassword, goodCode])
  assert.equal(exitCode, 0, stderr)
  return home
}

/** The end of a login differs from run to run. */
function masked(text: string, home: ConversationOptions): string {
  return text
    .replaceAll(String(running.port), 'PORT')
    .replaceAll(home.homeDirectory, 'HOME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+]0000 UTC \[valid for [\dhm]+s\]/, 'TIME')
}

test('login asks on stderr, prints the status, and asks nothing the second time', async () => {
  const home = await newHome()
  const args = ['login', '--user=alice', `--ca-pin=${running.pin}`, '--proxy', proxy]
  const first = await speak(args, home, [goodPassword, '123 456'])
  assert.equal(first.stderr, 'Enter password for Teleport user alice: \nEnter an OTP code from a device: \n')
  assert.equal(
    masked(first.stdout, home),
    `> Profile URL:        https://localhost:PORT
  Logged in as:       alice
  Cluster:            test.example.com
  Roles:              access
  Kubernetes:         disabled
  Valid until:        TIME

`,
  )
  assert.equal(first.exitCode, 0)
  for (const again of [['login'], ['login', `--proxy=${proxy}`, '--user=alice'], ['login', '--proxy=localhost']]) {
    const second = await speak(again, home)
    assert.deepEqual({ ...second, stdout: masked(second.stdout, home) }, { ...first, stderr: '', stdout: masked(first.stdout, home) })
  }
})

test('login --force asks again, and another user always is asked', async () => {
  const home = await loggedIn()
  const forced = await speak(['login', '--force'], home, [goodPassword, goodCode])
  assert.equal(forced.exitCode, 0)
  assert.match(forced.stderr, /user alice/)
  const other = await speak(['login', '--user=bob'], home, ['wrong', '000000'])
  assert.equal(other.exitCode, 1)
  assert.match(other.stderr, /user bob: \n/)
})

test('an untrusted proxy is not asked for a password', async () => {
  const { exitCode, stderr } = await speak(['login', `--proxy=${proxy}`, '--user=alice'], await newHome(), [goodPassword, goodCode])
  assert.equal(exitCode, 1)
  assert.match(stderr, /^ERROR: Cannot trust the proxy "localhost:\d+": its certificate is signed by an unknown authority\nHINT: /)
  assert.match(stderr, /--ca-pin=sha256:<hex>.*--insecure/)
})

test('a wrong password is refused; without --user the hint names the user that was assumed', async () => {
  const named = await speak(['login', `--proxy=${proxy}`, '--user=alice', '--insecure'], await newHome(), ['wrong', goodCode])
  assert.equal(named.exitCode, 1)
  assert.match(named.stderr, /ERROR: Cannot log in: user name, password or second factor do not match\nHINT: try again\n$/)
  const assumed = await speak(['login', `--proxy=${proxy}`, '--insecure'], await newHome(), ['wrong', goodCode])
  assert.match(assumed.stderr, /user local-name: \n/)
  assert.match(assumed.stderr, /HINT: choose the user with --user=<name>; "local-name" was assumed/)
})

test('status in all its forms', async () => {
  const home = await newHome()
  assert.deepEqual(await speak(['status'], home), { exitCode: 1, stdout: '', stderr: 'Not logged in.\n' })
  const login = await loggedIn()
  const json = await speak(['status', '--format=json'], { ...login, environment: { TELEPORT_USER: 'alice' } })
  const document = JSON.parse(json.stdout)
  assert.deepEqual(Object.keys(document), ['active', 'profiles', 'environment'])
  assert.equal(document.active.profile_url, `https://${proxy}`)
  assert.deepEqual(document.active.roles, ['access'])
  assert.deepEqual(document.environment, { TELEPORT_USER: 'alice' })
  assert.match((await speak(['status', '-d'], login)).stdout, /Traits: +db_users: \*; db_names: \*/)
})

test('an expired login is shown as such, and its end is what other commands say', async () => {
  const home = await loggedIn()
  const expired = await running.issueUser({ usage: 'login', notAfter: new Date(Date.now() - 1000) })
  await writeFile(join(home.homeDirectory, '.tsh/keys/localhost/alice.crt'), expired.certificatePem)
  await writeFile(join(home.homeDirectory, '.tsh/keys/localhost/alice.key'), expired.privateKeyPem)
  const status = await speak(['status'], home)
  assert.equal(status.exitCode, 1)
  assert.match(status.stdout, /Valid until: {8}\S+ \S+ [+]0000 UTC \[EXPIRED\]\n/)
  assert.equal(status.stderr, 'Active profile expired.\n')
  const list = await speak(['db', 'ls'], home)
  assert.equal(
    masked(list.stderr, home),
    'ERROR: Cannot use the login of "alice" at "localhost:PORT": login expired\nHINT: log in again with: tsh login --proxy=localhost:PORT --user=alice\n',
  )
  const again = await speak(['login'], home, [goodPassword, goodCode])
  assert.equal(again.exitCode, 0, again.stderr)
})

test('db ls prints the table of the guide, with who may connect', async () => {
  const home = await loggedIn()
  const { stdout, stderr, exitCode } = await speak(['db', 'ls'], home)
  assert.equal(stderr, '')
  assert.equal(exitCode, 0)
  assert.deepEqual(
    stdout.split('\n').map((line) => line.trimEnd()),
    [
      'Name        Description Allowed Users Labels  Connect',
      '----------- ----------- ------------- ------- -------',
      'my-redshift rows        [*]           env=dev',
      '',
    ],
  )
  const json = JSON.parse((await speak(['db', 'ls', '-f', 'json'], home)).stdout)
  assert.deepEqual(json[0].users, { allowed: ['*'], denied: [] })
  assert.equal(json[0].metadata.name, 'my-redshift')
  assert.match((await speak(['db', 'ls', '-v'], home)).stdout, /localhost:5439/)
  assert.equal((await speak(['db', 'ls', 'env=prod', '--format=json'], home)).stdout, '[]\n')
  assert.equal((await speak(['db', 'ls', '--search=REDSHIFT,dev', '--format=json'], home)).stdout.length > 3, true)
  assert.equal((await speak(['db', 'ls', '--search=redshift,prod', '--format=json'], home)).stdout, '[]\n')
})

test('db login keeps credentials that ls, env, config and logout know', async () => {
  const home = await loggedIn()
  const login = await speak(['db', 'login', '--db-user=role/my-iam-role', '-n', 'dev', 'my-redshift'], home)
  assert.equal(login.exitCode, 0, login.stderr)
  assert.match(login.stdout, /Connection information for database "my-redshift" has been saved\./)
  assert.match(login.stdout, / {2}tsh db connect --db-user=role\/my-iam-role --db-name=dev my-redshift\n/)
  assert.match(
    await readFile(join(home.homeDirectory, '.pg_service.conf'), 'utf8'),
    /^\[test\.example\.com-my-redshift\]\nhost=localhost\n/,
  )
  const list = await speak(['db', 'ls'], home)
  assert.match(list.stdout, /^> my-redshift \(user: alice, db: dev\) .* tsh db connect --db-user=alice --db-name=dev my-redshift$/m)
  assert.match((await speak(['status'], home)).stdout, /^ {2}Databases: {10}my-redshift$/m)
  const env = await speak(['db', 'env'], home)
  assert.match(env.stdout, /^export PGHOST=localhost\nexport PGPORT=\d+\nexport PGUSER=alice\n/)
  const config = await speak(['db', 'config', 'my-redshift'], home)
  assert.equal(
    masked(config.stdout, home),
    `Name:      my-redshift
Host:      localhost
Port:      PORT
User:      alice
Database:  dev
CA:        HOME/.tsh/keys/localhost/cas/test.example.com.pem
Cert:      HOME/.tsh/keys/localhost/alice-db/test.example.com/my-redshift.crt
Key:       HOME/.tsh/keys/localhost/alice-db/test.example.com/my-redshift.key
`,
  )
  assert.match((await speak(['db', 'config', '--format=cmd'], home)).stdout, /^psql "postgres:\/\/alice@localhost:\d+\/dev\?/)
  assert.equal(JSON.parse((await speak(['db', 'config', '-f', 'json'], home)).stdout).database, 'dev')
  assert.deepEqual(await speak(['db', 'logout', 'my-redshift'], home), {
    exitCode: 0,
    stdout: 'Logged out of database my-redshift\n',
    stderr: '',
  })
  assert.equal(await readFile(join(home.homeDirectory, '.pg_service.conf'), 'utf8'), '')
  const again = await speak(['db', 'logout', 'my-redshift'], home)
  assert.match(again.stderr, /^ERROR: Cannot log out of "my-redshift": Not logged into database "my-redshift"\n/)
  assert.equal(again.exitCode, 1)
  const all = await speak(['db', 'logout'], home)
  assert.match(all.stderr, /^ERROR: Cannot log out of databases: Not logged into any databases\nHINT: /)
  assert.equal(all.exitCode, 1)
})

test('db connect runs psql with one address, and psql decides the exit code', async () => {
  const home = await loggedIn()
  const runs: (readonly string[])[] = []
  const environments: unknown[] = []
  const runChild: NonNullable<ConversationOptions['runChild']> = async (command, args, { environment }) => {
    runs.push([command, ...args])
    environments.push(environment)
    const port = Number(new URL(args.at(-1) ?? '').port)
    assert.match(await exchange(port), /LOCAL_PASSWORD|password is wrong/)
    assert.match(await exchange(port, 'guess'), /password is wrong/)
    const { PGPASSWORD: password } = Object(environment)
    assert.match(password, /^[0-9a-f]{32}$/)
    assert.match(await exchange(port, password), /alice/)
    return { exitCode: 3 }
  }
  const flags = ['db', 'connect', '--db-user=role/my-iam-role', '--db-name=dev', 'my-redshift']
  const { exitCode, stderr } = await speak([...flags, '--', '-c', ' select 1'], { ...home, runChild })
  assert.equal(stderr, '')
  assert.equal(exitCode, 3)
  assert.deepEqual(runs[0]?.slice(0, 3), ['psql', '-c', ' select 1'])
  assert.match(runs[0]?.[3] ?? '', /^postgres:\/\/role%2Fmy-iam-role@localhost:\d+\/dev$/)
  assert.deepEqual(Object(environments[0]).PGHOSTADDR, '127.0.0.1')
  const second = await speak(['db', 'connect'], { ...home, runChild })
  assert.equal(second.exitCode, 3, second.stderr)
  assert.match(runs[1]?.[1] ?? '', /^postgres:\/\/alice@localhost:\d+\/dev$/)
  const loggedOut = await speak(['db', 'logout', 'my-redshift'], home)
  assert.equal(loggedOut.exitCode, 0)
})

test('a missing psql is said with what to install', async () => {
  const home = await loggedIn()
  const runChild = () => Promise.reject(new PortunusError('PROGRAM_NOT_FOUND', 'Cannot run "psql": it is not installed', {}))
  const { exitCode, stderr } = await speak(['db', 'connect', '-u', 'a', '-n', 'b', 'my-redshift'], { ...home, runChild })
  assert.equal(exitCode, 1)
  assert.match(
    stderr,
    /^ERROR: Cannot connect to "my-redshift": psql is not installed or not on PATH\nHINT: install it with "apt-get install/,
  )
})

test('what a connection needs and nobody typed is asked for', async () => {
  const home = await loggedIn()
  const noUser = await speak(['db', 'connect', 'my-redshift'], home)
  assert.match(noUser.stderr, /HINT: please provide the database user using the --db-user flag\n$/)
  const noName = await speak(['db', 'connect', '--db-user=alice', 'my-redshift'], home)
  assert.match(noName.stderr, /HINT: please provide the database name using the --db-name flag\n$/)
  const unknown = await speak(['db', 'connect', '--db-user=alice', '--db-name=dev', 'nothing'], home)
  assert.match(unknown.stderr, /database "nothing" not found\nHINT: use 'tsh db ls' to see registered databases\n$/)
})

test('proxy db opens a port until it is told to stop', async () => {
  const home = await loggedIn()
  const stop = new AbortController()
  let exchanged = ''
  const onAnswer = (text: string): void => {
    const port = Number(/localhost:(\d+)\//.exec(text)?.[1])
    void exchange(port).then((answer) => {
      exchanged = answer
      stop.abort()
    })
  }
  const args = ['proxy', 'db', '--tunnel', '--db-user=alice', '--db-name=dev', 'my-redshift']
  const { exitCode, stdout } = await speak(args, { ...home, terminationSignal: () => stop.signal, onAnswer })
  assert.equal(exitCode, 0)
  assert.match(exchanged, /alice/)
  assert.match(
    stdout,
    /^Started authenticated tunnel for the PostgreSQL database "my-redshift" in cluster "test\.example\.com" on 127\.0\.0\.1:\d+\.\n/,
  )
  assert.match(stdout, /\n {2}\$ psql postgres:\/\/alice@localhost:\d+\/dev\n/)
})

const usage: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ['no command', [], 2, /Usage: tsh/],
  ['an unknown command', ['lgoin'], 2, /unknown command 'lgoin' \(Did you mean login\?\)/],
  ['an unknown flag', ['db', 'ls', '--fromat=json'], 2, /unknown option '--fromat=json'/],
  ['an unknown format', ['status', '--format=xml'], 2, /Allowed choices are text, json, yaml/],
  ['a flag without its value', ['login', '--proxy'], 2, /argument missing/],
  ['one argument too many', ['db', 'logout', 'a', 'b'], 2, /too many arguments/],
  ['arguments for psql where there is none', ['db', 'ls', '--', '-c'], 2, /the command starts no other program/],
  ['a lifetime that is none', ['login', '--ttl=soon'], 1, /duration "soon"/],
  ['no proxy', ['login'], 1, /no proxy was named/],
  ['half a logout', ['logout', '--user=alice'], 1, /only one of --proxy and --user/],
  ['not logged in', ['db', 'ls'], 1, /not logged in\nHINT: log in with: tsh login/],
  ['labels that are none', ['db', 'ls', 'env'], 1, /Cannot read the labels "env"/],
  ['proxy db without --tunnel', ['proxy', 'db', 'x'], 1, /tsh proxy db --tunnel x/],
  ['a port that is none', ['proxy', 'db', '--tunnel', '--port=http', 'x'], 1, /Cannot listen on "http"/],
  ['a public address', ['proxy', 'db', '--tunnel', '--listen=0.0.0.0:5432', 'x'], 1, /--insecure-listen-anywhere/],
]

for (const [sentence, args, code, pattern] of usage) {
  test(`${sentence} is answered with exit code ${code} and no stack`, async () => {
    const { exitCode, stderr } = await speak(args, await newHome())
    assert.equal(exitCode, code, stderr)
    assert.match(stderr, pattern)
    assert.doesNotMatch(stderr, /^ +at /m)
  })
}

test('--debug shows where an error comes from', async () => {
  const { stderr } = await speak(['db', 'ls', '--debug'], await newHome())
  assert.match(stderr, /CODE: NOT_LOGGED_IN/)
})

test('help and version are answers', async () => {
  const home = await newHome()
  const help = await speak(['db', 'connect', '--help'], home)
  assert.equal(help.exitCode, 0)
  assert.match(help.stdout, /^Usage: tsh db connect \[options\] \[database\]/)
  assert.match(help.stdout, /Global Options:/)
  assert.deepEqual(await speak(['version'], home), { exitCode: 0, stdout: 'Portunus v1.2.3 tsh\n', stderr: '' })
})

test('the lines of the guide may be pasted with their backslashes', async () => {
  const home = await loggedIn()
  const { exitCode, stderr } = await speak([' login', ` --proxy=${proxy}`, ' --user=alice'], home)
  assert.equal(exitCode, 0, stderr)
})

test('logout forgets one user, or all', async () => {
  const home = await loggedIn()
  const one = await speak(['logout', '--proxy=localhost', '--user=alice'], home)
  assert.deepEqual(one, { exitCode: 0, stdout: 'Logged out alice from localhost.\n', stderr: '' })
  const again = await speak(['logout', '--proxy=localhost', '--user=alice'], home)
  assert.deepEqual(again, { exitCode: 1, stdout: '', stderr: 'User alice already logged out from localhost.\n' })
  assert.equal((await speak(['logout'], await loggedIn())).stdout, 'All users logged out.\n')
  assert.equal((await speak(['status'], home)).stderr, 'Not logged in.\n')
})

test('a broken profile is reported, and logging out and in mends it', async () => {
  const home = await loggedIn()
  await writeFile(join(home.homeDirectory, '.tsh', 'localhost.yaml'), 'web_proxy_addr: [\n')
  const broken = await speak(['db', 'ls'], home)
  assert.match(broken.stderr, /^ERROR: Cannot read the profile file ".*localhost\.yaml"/)
  const mended = await speak(['login', `--proxy=${proxy}`, '--user=alice', '--insecure'], home, [goodPassword, goodCode])
  assert.equal(mended.exitCode, 0, mended.stderr)
  assert.equal((await speak(['db', 'ls'], home)).exitCode, 0)
})

/** A startup packet for alice through the port; what the agent echoes. */
function exchange(port: number, password?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.once('end', () => resolve(answer))
    socket.once('error', reject)
    socket.write(writeStartupMessage({ major: 3, minor: 0, parameters: new Map([['user', 'alice']]) }))
    socket.end(password === undefined ? '' : writePasswordMessage(password))
  })
}
