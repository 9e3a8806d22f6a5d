/** Local proxies that are known to every tsh of the person: listed, stopped, in the background, on ports that stay. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeStartupMessage } from '#postgres-protocol'
import { goodCode, goodPassword, openTestCluster } from '../../../../test/worlds/small-cluster.ts'
import { speak, type ConversationOptions, type Spoken } from '../testing/conversation.ts'

const running = await openTestCluster({ agent: (stream) => stream.pipe(stream), moreDatabases: ['orders'] })
after(() => running[Symbol.asyncDispose]())

async function loggedIn(): Promise<ConversationOptions> {
  const homeDirectory = await mkdtemp(join(tmpdir(), 'tsh-proxy-'))
  after(() => rm(homeDirectory, { recursive: true }))
  const login = ['login', `--proxy=localhost:${running.port}`, '--user=alice', `--ca-pin=${running.pin}`]
  assert.equal((await speak(login, { homeDirectory }, [goodPassword, goodCode])).exitCode, 0)
  return { homeDirectory }
}

const asAlice = ['--db-user=alice', '--db-name=dev']

interface Started {
  readonly port: number
  readonly stop: () => void
  readonly ended: Promise<Spoken>
}

/** Runs `tsh proxy db` until it listens. */
function start(home: ConversationOptions, ...args: string[]): Promise<Started> {
  const stopping = new AbortController()
  return new Promise((resolve, reject) => {
    const onAnswer = (text: string): void => {
      resolve({ port: Number(/:(\d+)\./.exec(text)?.[1]), stop: () => stopping.abort(), ended })
    }
    const options = { ...home, onAnswer, terminationSignal: () => stopping.signal }
    const ended = speak(['proxy', 'db', '--tunnel', ...asAlice, ...args], options)
    ended.then((spoken) => reject(new Error(spoken.stderr)), reject)
  })
}

test('proxies are listed while they run, and stopped by name or all at once', async () => {
  const home = await loggedIn()
  assert.equal((await speak(['proxy', 'ls', '--format=json'], home)).stdout, '[]\n')
  const first = await start(home, 'my-redshift')
  const second = await start(home, 'orders')
  const third = await start(home, 'orders', '--port=0')
  const listed = await speak(['proxy', 'ls', '--format=json'], home)
  assert.deepEqual(
    JSON.parse(listed.stdout).map((one: Readonly<Record<string, unknown>>) => [one['name'], one['database'], one['user'], one['port']]),
    [
      ['my-redshift', 'my-redshift', 'alice', first.port],
      ['orders', 'orders', 'alice', second.port],
      ['orders-2', 'orders', 'alice', third.port],
    ],
  )
  assert.doesNotMatch(listed.stdout, /secret/)
  assert.match((await speak(['proxy', 'ls'], home)).stdout, /^Name +Database +Database User +Database Name +Address +Process +Started/)
  assert.equal((await speak(['proxy', 'stop', 'orders'], home)).stdout, 'Stopped the local proxy "orders".\n')
  assert.equal((await second.ended).exitCode, 0)
  const unknown = await speak(['proxy', 'stop', 'orders'], home)
  assert.equal(unknown.exitCode, 1)
  assert.match(unknown.stderr, /it is not running\nHINT: choose one of "my-redshift", "orders-2"/)
  first.stop()
  await first.ended
  assert.equal((await speak(['proxy', 'stop', '--all'], home)).stdout, 'Stopped the local proxy "orders-2".\n')
  await third.ended
  assert.equal((await speak(['proxy', 'stop', '--all'], home)).stderr, 'No local proxy is running.\n')
  assert.equal((await speak(['proxy', 'stop'], home)).exitCode, 1)
  assert.equal((await speak(['proxy', 'stop', 'orders', '--all'], home)).exitCode, 1)
})

test('the record of a proxy that died is cleared away, and one that others hold its port answers for nobody', async () => {
  const home = await loggedIn()
  const echo = net.createServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  after(() => echo.close())
  const proxy = await start(home, 'orders')
  const folder = join(home.homeDirectory, '.tsh', 'local-proxies')
  const path = join(folder, 'orders.json')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const record = JSON.parse(await readFile(path, 'utf8'))
  const address = echo.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  await writeFile(join(folder, 'dead.json'), JSON.stringify({ ...record, name: 'dead', control: { port, secret: 'x' } }))
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ ...record, name: 'wrong', control: { ...record.control, secret: 'x' } }))
  await writeFile(join(folder, 'broken.json'), '{')
  assert.equal(JSON.parse((await speak(['proxy', 'ls', '--format=json'], home)).stdout).length, 1)
  assert.deepEqual(await readdir(folder), ['orders.json'])
  proxy.stop()
  await proxy.ended
  assert.deepEqual(await readdir(folder), [])
})

test('a database keeps its port from one run to the next; when it is taken there is another for once', async () => {
  const home = await loggedIn()
  const first = await start(home, 'orders')
  const meanwhile = await start(home, 'orders')
  assert.notEqual(meanwhile.port, first.port)
  for (const proxy of [first, meanwhile]) {
    proxy.stop()
    assert.equal((await proxy.ended).exitCode, 0)
  }
  assert.match((await meanwhile.ended).stderr, /^The usual port \d+ of "orders" is in use; this proxy has another\.\n$/)
  const again = await start(home, 'orders')
  assert.equal(again.port, first.port)
  again.stop()
  await again.ended
})

/** The background is this process; what is passed on is as the real one would get it. */
function background(home: ConversationOptions, runs: Promise<unknown>[]): NonNullable<ConversationOptions['startItselfInBackground']> {
  return (args, { logPath }) => {
    const ended = speak(args, home).then(async (spoken) => {
      await writeFile(logPath, spoken.stdout + spoken.stderr)
      return spoken.exitCode
    })
    runs.push(ended)
    return { processId: process.pid, ended }
  }
}

test('in the background a proxy is up when the command returns, and its failure is told', async () => {
  const home = await loggedIn()
  const runs: Promise<unknown>[] = []
  const options = { ...home, startItselfInBackground: background(home, runs) }
  const command = ['proxy', 'db', '--tunnel', '--background', ...asAlice, 'orders']
  const { exitCode, stdout, stderr } = await speak(command, options)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^Started authenticated tunnel "orders" for the PostgreSQL database "orders" .* on 127\.0\.0\.1:(\d+)\.\n/)
  assert.match(stdout, /\n {2}\$ tsh proxy stop orders\n/)
  const [only] = JSON.parse((await speak(['proxy', 'ls', '--format=json'], home)).stdout)
  assert.equal(only.background, true)
  assert.equal(only.log, join(home.homeDirectory, '.tsh', 'local-proxies', 'orders.log'))
  assert.equal((await stat(only.log)).mode & 0o777, 0o600)
  const taken = await speak([...command, `--port=${only.port}`], options)
  assert.equal(taken.exitCode, 1)
  assert.match(taken.stderr, /^ERROR: Cannot open a local port for "orders" in the background: Cannot listen on .*in use by another/)
  const unknown = await speak(['proxy', 'db', '--tunnel', '--background', 'nothing'], options)
  assert.match(unknown.stderr, /database "nothing" not found/)
  assert.equal((await speak(['proxy', 'stop', '--all'], home)).exitCode, 0)
  await Promise.all(runs)
})

test('a proxy on a Unix socket is for the person alone, and leaves nothing behind', async () => {
  const home = await loggedIn()
  const directory = await mkdtemp(join(tmpdir(), 'socket-'))
  after(() => rm(directory, { recursive: true }))
  const path = join(directory, '.s.PGSQL.5432')
  const stopping = new AbortController()
  let said = ''
  const onAnswer = (text: string): void => {
    said = text
    void stat(path)
      .then(({ mode }) => (said += `mode ${(mode & 0o777).toString(8)}\n`))
      .then(() => echoed(path))
      .then((answer) => (said += answer))
      .finally(() => stopping.abort())
  }
  const command = ['proxy', 'db', '--tunnel', ...asAlice, `--listen-unix=${directory}`, 'orders']
  const { exitCode, stderr } = await speak(command, { ...home, onAnswer, terminationSignal: () => stopping.signal })
  assert.equal(exitCode, 0, stderr)
  assert.ok(said.includes(` on ${path}.\n`), said)
  assert.ok(said.includes(`psql 'postgres://alice@/dev?host=${directory}&port=5432'`), said)
  assert.match(said, /mode 600\n[^]*alice/)
  await assert.rejects(stat(path))
  const both = await speak([...command, '--port=1'], home)
  assert.match(both.stderr, /neither --port nor --listen/)
  await writeFile(path, '')
  const file = await speak(command, home)
  assert.match(file.stderr, /^ERROR: Cannot listen on ".*5432": another file is there\n/)
})

/** A startup packet for alice; what the agent echoes. */
function echoed(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path, allowHalfOpen: true })
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.once('end', () => resolve(answer)).once('error', reject)
    socket.end(writeStartupMessage({ major: 3, minor: 0, parameters: new Map([['user', 'alice']]) }))
  })
}
