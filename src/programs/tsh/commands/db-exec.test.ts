/** `tsh db exec` against a small cluster, with a psql that does as the test says. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { goodCode, goodPassword, openTestCluster } from '../../../../test/worlds/small-cluster.ts'
import { speak, type ConversationOptions } from '../testing/conversation.ts'

const running = await openTestCluster({ agent: (stream) => stream.pipe(stream), moreDatabases: ['orders', 'sales-eu'] })
after(() => running[Symbol.asyncDispose]())

const homeDirectory = await mkdtemp(join(tmpdir(), 'tsh-exec-'))
after(() => rm(homeDirectory, { recursive: true }))
const login = ['login', `--proxy=localhost:${running.port}`, '--user=alice', `--ca-pin=${running.pin}`]
assert.equal((await speak(login, { homeDirectory }, [goodPassword, goodCode])).exitCode, 0)

const asAlice = ['--db-user=alice', '--db-name=dev']

interface Recorder extends ConversationOptions {
  readonly runs: (readonly string[])[]
}

/** A psql whose exit code is the next of the given ones, then 0. */
function recorder(...exitCodes: number[]): Recorder {
  const runs: (readonly string[])[] = []
  return {
    homeDirectory,
    runs,
    runChild: async (command, args) => {
      runs.push([command, ...args])
      return { exitCode: exitCodes.shift() ?? 0 }
    },
    runChildIntoFile: async (command, args, { outputPath }) => {
      runs.push([command, ...args])
      await writeFile(outputPath, 'rows\n', { mode: 0o600, flag: 'wx' })
      return { exitCode: exitCodes.shift() ?? 0 }
    },
  }
}

test('the SQL runs in each named database once, in the order they were named, and failures do not stop the rest', async () => {
  const psql = recorder(0, 1, 0)
  const { exitCode, stdout, stderr } = await speak(
    ['db', 'exec', 'select 1', '--dbs=orders,my-redshift, orders,sales-eu', ...asAlice],
    psql,
  )
  assert.equal(exitCode, 1)
  assert.equal(stdout, 'Summary: 2 of 3 succeeded.\n')
  assert.match(stderr, /The SQL failed in "my-redshift": psql ended with exit code 1\./)
  assert.equal(psql.runs.length, 3)
  for (const run of psql.runs) {
    assert.deepEqual(run.slice(0, 5), ['psql', '--no-psqlrc', '--pset=pager=off', '-c', 'select 1'])
    assert.match(run[5] ?? '', /^postgres:\/\/alice@localhost:\d+\/dev$/)
  }
  assert.equal((await speak(['status', '--format=json'], psql)).stdout.includes('orders'), false)
})

test('a search shows what it found and asks; without an answer that says yes nothing runs', async () => {
  const command = ['db', 'exec', 'select 1', '--labels=env=orders', ...asAlice]
  const no = recorder()
  const refused = await speak(command, no, ['n'])
  assert.equal(refused.exitCode, 1)
  assert.match(refused.stderr, /Found 1 database:\n\nName .*\n-+ .*\norders .*\nRun the SQL there\? \[y\/N\]: \nNothing was run\.\n$/)
  assert.deepEqual(no.runs, [])
  assert.equal((await speak(command, no)).exitCode, 1)
  const yes = recorder()
  assert.equal((await speak(command, yes, ['yes'])).stdout, 'Summary: 1 of 1 succeeded.\n')
  const unasked = recorder()
  assert.equal((await speak(['db', 'exec', 'select 1', '--search=rows', '--no-confirm', ...asAlice], unasked)).exitCode, 0)
  assert.equal(unasked.runs.length, 3)
})

test('an output directory gets a private file for each database, and a summary', async () => {
  const directory = join(homeDirectory, 'outputs')
  const psql = recorder(0, 3)
  const command = ['db', 'exec', 'select 1', '--dbs=orders,sales-eu,my-redshift', '--parallel=2', `--output-dir=${directory}`, ...asAlice]
  const { exitCode, stdout } = await speak(command, psql)
  assert.equal(exitCode, 1)
  assert.equal(stdout, 'Summary: 2 of 3 succeeded.\n')
  for (const name of ['orders.output', 'sales-eu.output', 'my-redshift.output', 'summary.json']) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name)
  }
  const summary = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'))
  assert.deepEqual([summary.total, summary.succeeded, summary.failed], [3, 2, 1])
  assert.deepEqual(
    summary.databases.map((one: { readonly name: string }) => one.name),
    ['orders', 'sales-eu', 'my-redshift'],
  )
  assert.equal(summary.databases[1].output_file, 'sales-eu.output')
  const again = await speak(command, psql)
  assert.match(again.stderr, /^ERROR: Cannot write to the directory ".*outputs": it exists already\nHINT: /)
  assert.equal(psql.runs.length, 3)
})

test('a database whose user cannot be told is a failure of that database', async () => {
  const { exitCode, stdout, stderr } = await speak(['db', 'exec', 'select 1', '--dbs=orders'], recorder())
  assert.equal(exitCode, 1)
  assert.match(stderr, /The SQL failed in "orders": .*no database user given.*--db-user flag\)/)
  assert.equal(stdout, 'Summary: 0 of 1 succeeded.\n')
})

test('an interrupt leaves the databases that have not had their turn', async () => {
  const stop = new AbortController()
  const psql: ConversationOptions = {
    homeDirectory,
    terminationSignal: () => stop.signal,
    runChild: async () => {
      stop.abort()
      return { exitCode: 130 }
    },
  }
  assert.equal(
    (await speak(['db', 'exec', 'select 1', '--dbs=orders,my-redshift', ...asAlice], psql)).stdout,
    'Summary: 0 of 2 succeeded.\n',
  )
})

const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no database', [], /no database was named/],
  ['names and a search', ['--dbs=orders', '--search=rows'], /leave out one or the other/],
  ['names and labels', ['--dbs=orders', '--labels=env=dev'], /leave out one or the other/],
  ['no names', ['--dbs=,'], /--dbs names no database/],
  ['a name that is none', ['--dbs=orders,nothing'], /database "nothing" not found/],
  ['a search without a find', ['--search=nowhere'], /no database fits the search/],
  ['many at once without a directory', ['--dbs=orders', '--parallel=2'], /--output-dir/],
  ['too many at once', ['--dbs=orders', '--parallel=11'], /between 1 and 10/],
]

for (const [sentence, flags, pattern] of refusals) {
  test(`${sentence} is refused before anything runs`, async () => {
    const psql = recorder()
    const { exitCode, stderr } = await speak(['db', 'exec', 'select 1', ...flags, ...asAlice], psql)
    assert.equal(exitCode, 1)
    assert.match(stderr, pattern)
    assert.deepEqual(psql.runs, [])
  })
}

test('a query finds databases for exec, ls and whatever takes one, and a bad one is refused with its position', async () => {
  const query = '--query=labels["env"] == "orders" || hasPrefix(name, "sales")'
  const psql = recorder()
  assert.equal((await speak(['db', 'exec', 'select 1', query, '--no-confirm', ...asAlice], psql)).stdout, 'Summary: 2 of 2 succeeded.\n')
  const listed = JSON.parse((await speak(['db', 'ls', query, '--format=json'], psql)).stdout)
  assert.deepEqual(
    listed.map((one: { readonly metadata: { readonly name: string } }) => one.metadata.name),
    ['orders', 'sales-eu'],
  )
  const spec = await speak(['db', 'ls', '--query=resource.spec.uri == "localhost:5439" && search("env=dev")', '--format=json'], psql)
  assert.equal(JSON.parse(spec.stdout).length, 1)
  const several = await speak(['db', 'connect', query, ...asAlice], psql)
  assert.match(several.stderr, /with query \(labels\["env"\] == .*\) matches multiple databases\nHINT: .*--query/)
  for (const command of [
    ['db', 'ls'],
    ['db', 'connect'],
    ['db', 'login'],
    ['proxy', 'db', '--tunnel'],
    ['db', 'exec', 'select 1'],
  ]) {
    const bad = await speak([...command, '--query=name = "x"'], psql)
    assert.equal(bad.exitCode, 1)
    assert.match(
      bad.stderr,
      /^ERROR: Cannot read the query "name = "x"" at position 6: "=" stands alone, write it twice\nHINT: write it like: --query=/,
    )
  }
})
